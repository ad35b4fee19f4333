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
        if self.below_swallows(at, piece) { Ok(()) } else { self.ensure_one(at) }
    }

    /// Inserts the piece below the stack at `at`. The nodes must have been made sure of.
    pub(crate) fn insert_piece(
        &mut self,
        at: &mut Cursor,
        piece: Placement<O>,
    ) -> Result<(), Refusal> {
        let swallows = self.below_swallows(at, &piece);
        let Placement { start, end, mut body, charge, place } = piece;
        if swallows {
            self.insert_in_place_of_below(at, start, end, body);
        } else {
            if let (Place::Extend, Some(below)) = (place, self.tree.item_below(at)) {
                body.offset = below.value.offset.wrapping_add(below.end - below.start);
            }
            self.tree.insert(at, start, end, body)?;
        }
        self.count(end - start, charge);
        Ok(())
    }

    /// Does the lower neighbour of the stack merge with the one below it when the piece extends
    /// it?
    fn below_swallows(&self, at: &Cursor, piece: &Placement<O>) -> bool {
        if piece.place != Place::Extend {
            return false;
        }
        let mut lower = at.clone();
        self.tree.retreat(&mut lower) && self.lower_to_merge(&lower).is_some()
    }

    /// The lower neighbour merges with the one below it, so that its place in the index becomes
    /// free, and the piece takes it: no node is needed.
    fn insert_in_place_of_below(&mut self, at: &Cursor, start: u64, end: u64, body: Body<O>) {
        let mut lower = at.clone();
        self.tree.retreat(&mut lower);
        let mut lowest = lower.clone();
        self.tree.retreat(&mut lowest);
        let (Some(below), Some(swallowed)) = (self.tree.item(&lower), self.tree.item(&lowest))
        else {
            return;
        };
        let (bottom, offset) = (swallowed.start, swallowed.value.offset);
        let merged = below.value.clone().with_offset(offset);
        self.tree.set_bounds(&lower, start, end);
        // Where the offsets of the two do not go on, that of the merged one counts.
        self.replace(&lower, body.with_offset(offset.wrapping_add(start - bottom)));
        self.tree.set_bounds(&lowest, bottom, start);
        self.replace(&lowest, merged);
    }
}
