//! Edits through a range, entry by entry (L56, L59, L60, L67).

use crate::map::{Clamped, Linux, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What a hole in a range does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AtHole {
    /// It ends the walk, which is refused (L56, L67).
    Stop,
    /// It is passed over, and the walk is refused at its end (L60).
    Report,
    /// It is passed over.
    Ignore,
}

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// Room for the splits at both ends of a range. Where entries merge, less is needed.
    pub(super) fn ensure_clips(&mut self, range: Clamped) -> Result<(), Refusal> {
        let (front, back) = (self.tree.seek(range.start), self.tree.seek(range.end));
        let front = self.is_inside(&front, range.start).then_some(&front);
        let back = self.is_inside(&back, range.end).then_some(&back);
        Ok(self.tree.ensure_for([front, back])?)
    }

    /// Is an address inside the entry at a cursor?
    pub(super) fn is_inside(&self, at: &Cursor, addr: u64) -> bool {
        self.tree.item(at).is_some_and(|entry| entry.start < addr && addr < entry.end)
    }

    /// Splits the entry at a cursor, if an address is inside it; the cursor is then on the upper part. The
    /// node has been made sure of.
    pub(super) fn clip_start(&mut self, at: &mut Cursor, addr: u64) -> Result<(), Refusal> {
        if self.is_inside(at, addr) {
            self.split(at, addr)?;
            self.tree.advance(at);
        }
        Ok(())
    }

    /// Calls `step` for each part of an entry in the range, with a cursor that must be on the entry that
    /// holds the part afterwards: the walk goes on at its end (L59). What was done stays if a step, or a
    /// hole, refuses.
    pub(super) fn walk(
        &mut self,
        range: Clamped,
        holes: AtHole,
        mut step: impl FnMut(&mut Self, &mut Cursor, Clamped) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut at = self.tree.seek(range.start);
        let mut reached = range.start;
        let mut hole = None;
        while reached < range.end {
            let next = self.tree.item(&at).map(|entry| (entry.start, entry.end));
            let next = next.filter(|&(start, _)| start < range.end);
            if next.is_none_or(|(start, _)| start > reached) {
                hole = hole.or(Some(Refusal::Hole { at: Addr::new(reached) }));
                if let (AtHole::Stop, Some(hole)) = (holes, hole) {
                    return Err(hole);
                }
            }
            let Some((start, end)) = next else { break };
            let part = Clamped { start: start.max(reached), end: end.min(range.end) };
            step(self, &mut at, part)?;
            reached = self.entry(&at)?.end;
            self.tree.advance(&mut at);
        }
        hole.filter(|_| holes == AtHole::Report).map_or(Ok(()), Err)
    }
}
