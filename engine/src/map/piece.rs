//! The piece that a stack grows down by, as an insertion (rules 13.12 and 13.13).
//!
//! By the rules it is inserted like any mapping: an equal lower neighbour is extended by it,
//! merged with the entry below that if they are equal too, and split at the old boundary again.
//! What is left of all that is the merge of the two lower ones, and the offset of the piece.

use super::insert::{Place, Placement};
use super::{Body, VmMap};
use crate::flags::EntryFlags;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O> Placement<O> {
    /// For the piece that a stack grows down by (13.13): it has the growth flag now, and `avail`
    /// left.
    pub(crate) fn into_piece(mut self, avail: u64) -> Self {
        self.body.flags |= EntryFlags::GROWS_DOWN;
        self.body.avail = avail;
        self
    }
}

impl<O: Clone + PartialEq, const B: usize> VmMap<O, B> {
    /// Room for the piece that a stack at `at` grows down by.
    pub(crate) fn ensure_piece(
        &mut self,
        at: &Cursor,
        piece: &Placement<O>,
    ) -> Result<(), Refusal> {
        if self.swallowed_below(at, piece).is_some() { Ok(()) } else { self.ensure_one(at) }
    }

    /// Inserts the piece below the stack at `at`. The nodes must have been made sure of.
    pub(crate) fn insert_piece(
        &mut self,
        at: &mut Cursor,
        piece: Placement<O>,
    ) -> Result<(), Refusal> {
        let swallowed = self.swallowed_below(at, &piece);
        let Placement { start, end, mut body, charge, place, .. } = piece;
        let mut lower = at.clone();
        if place == Place::Extend && self.tree.retreat(&mut lower) {
            let lowest = swallowed.as_ref().unwrap_or(&lower);
            if let Some(lowest) = self.tree.item(lowest) {
                // Where the offsets of the two differ, that of the merged one counts.
                body.offset = lowest.value.offset.wrapping_add(start - lowest.start);
            }
        }
        match swallowed {
            Some(lowest) => self.insert_over(&lower, &lowest, start, end, body),
            None => self.tree.insert(at, start, end, body)?,
        }
        self.count(end - start, charge);
        Ok(())
    }

    /// The lower neighbour merges with the one below it, so that its place in the index becomes
    /// free, and the piece takes it: no node is needed.
    fn insert_over(
        &mut self,
        lower: &Cursor,
        lowest: &Cursor,
        start: u64,
        end: u64,
        body: Body<O>,
    ) {
        let (Some(below), Some(swallowed)) = (self.tree.item(lower), self.tree.item(lowest)) else {
            return;
        };
        let bottom = swallowed.start;
        let merged = below.value.clone().with_offset(swallowed.value.offset);
        self.tree.set_bounds(lower, start, end);
        self.replace(lower, body);
        self.tree.set_bounds(lowest, bottom, start);
        self.replace(lowest, merged);
    }

    /// The entry that the lower neighbour of a stack swallows when the piece extends it.
    fn swallowed_below(&self, at: &Cursor, piece: &Placement<O>) -> Option<Cursor> {
        let mut lower = at.clone();
        (piece.place == Place::Extend && self.tree.retreat(&mut lower))
            .then(|| self.lower_to_merge(&lower))?
    }
}
