//! `madvise` and `inherit` (D5.1 to D5.5).

use crate::attr::{Advice, Inherit};
use crate::flags::EntryFlags;
use crate::map::{Body, Freebsd14, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;

/// Does the first entry of a range join the one below the range?
#[derive(Clone, Copy, PartialEq, Eq)]
enum LowerEdge {
    Joins,
    /// D5.2.
    Stays,
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// D5.1.
    pub(super) fn run_advise(
        &mut self,
        start: Addr,
        end: Addr,
        advice: Advice,
    ) -> Result<(), Refusal> {
        self.edit_range(start, end, LowerEdge::Joins, |body| body.advise(advice))
    }

    /// D5.2 and D5.3. Where the split at the end comes first or when the walk gets there, the outcome is
    /// the same.
    pub(super) fn run_inherit(
        &mut self,
        start: Addr,
        end: Addr,
        inherit: Inherit,
    ) -> Result<(), Refusal> {
        let edge = if inherit == Inherit::Copy { LowerEdge::Stays } else { LowerEdge::Joins };
        self.edit_range(start, end, edge, |body| {
            // D5.5.
            if inherit != Inherit::Zero || !body.has(EntryFlags::GUARD) {
                body.set_inherit(inherit);
            }
        })
    }

    /// Clips the range out and edits entry by entry; each joins the one below as it is left, and what is
    /// above the range joins the last.
    fn edit_range(
        &mut self,
        start: Addr,
        end: Addr,
        edge: LowerEdge,
        edit: impl Fn(&mut Body<O::Object>),
    ) -> Result<(), Refusal> {
        let range = self.clamp(start, end);
        if start == end || self.heals(range) {
            return Ok(()); // 2.4, D5.4
        }
        self.ensure_clips(range)?;
        let mut at = self.begin_walk(range.start)?;
        let mut stays = edge == LowerEdge::Stays;
        while self.tree.item(&at).is_some_and(|entry| entry.start < range.end) {
            self.back_split(&mut at, range.end)?;
            edit(self.body_mut(&at)?);
            if !stays {
                self.join(&mut at)?;
            }
            stays = false;
            self.tree.advance(&mut at);
        }
        self.join(&mut at)
    }
}
