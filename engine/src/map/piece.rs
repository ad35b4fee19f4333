//! The piece that a stack grows down by, as an insertion (rules 13.12 and 13.13).
//!
//! By the rules it is inserted like any mapping: an equal lower neighbour is extended by it,
//! merged with the entry below that if they are equal too, and split at the old boundary again.
//! What is left of all that is the merge of the two lower ones, and the offset of the piece.

use super::charge::Charge;
use super::insert::{Place, Placement};
use super::{Body, Mapping, VmMap};
use crate::attr::Inherit;
use crate::flags::{CowFlags, EntryFlags, Prot};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// Anonymous memory to go below a stack.
pub(crate) struct Piece {
    pub(crate) start: u64,
    /// Where the stack starts.
    pub(crate) end: u64,
    pub(crate) prot: Prot,
    pub(crate) max: Prot,
}

impl Piece {
    fn charge(&self) -> Charge {
        Charge::of(CowFlags::NONE, self.prot, true)
    }

    fn length(&self) -> u64 {
        self.end.wrapping_sub(self.start)
    }
}

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Rules 6.1 and 6.6: reserves the swap for it, if it is within the map.
    #[inline(always)]
    pub(crate) fn pay_for_piece(&mut self, piece: &Piece) -> Result<(), Refusal> {
        self.check_bounds(piece.start, piece.end)?;
        self.pay(piece.charge(), piece.length())
    }

    /// Room for a piece below the stack at `at`; without, its swap is given back.
    #[inline(always)]
    pub(crate) fn ensure_piece(&mut self, at: &Cursor, piece: &Piece) -> Result<(), Refusal> {
        let ensured = if self.touches(at, piece) && self.below_swallows(at, piece) {
            self.tree.ensure_for([None, None]).map_err(Refusal::from)
        } else {
            self.ensure_one(at)
        };
        ensured.inspect_err(|_| self.pay_back(piece.charge(), piece.length()))
    }

    /// Inserts a piece below the stack at `at`: the piece has the growth flag from now on, and
    /// `avail` left. The nodes must have been made sure of.
    #[inline(always)]
    pub(crate) fn insert_piece(
        &mut self,
        at: &mut Cursor,
        piece: &Piece,
        avail: u64,
    ) -> Result<(), Refusal> {
        let (length, charge) = (piece.length(), piece.charge());
        if self.touches(at, piece) {
            self.insert_touching(at, piece, avail)?;
        } else {
            let flags = EntryFlags::GROWS_DOWN | charge.flag();
            let mut body = Body::new(piece.prot, piece.max, Inherit::Copy, flags, None, 0);
            body.avail = avail;
            self.tree.insert_predicted(at, piece.start, piece.end, body)?;
        }
        // Cannot overflow: entries are disjoint.
        self.size = self.size.wrapping_add(length);
        Ok(())
    }

    /// Does the lower neighbour of the stack end where the piece starts? Hardly ever, and else
    /// there is nothing to merge with.
    #[inline(always)]
    fn touches(&self, at: &Cursor, piece: &Piece) -> bool {
        self.tree.end_below(at) == Some(piece.start)
    }

    #[cold]
    fn insert_touching(
        &mut self,
        at: &mut Cursor,
        piece: &Piece,
        avail: u64,
    ) -> Result<(), Refusal> {
        let swallows = self.below_swallows(at, piece);
        let Placement { start, end, mut body, place, .. } = self.as_mapping(at, piece);
        body.flags |= EntryFlags::GROWS_DOWN;
        body.avail = avail;
        if swallows {
            return self.insert_in_place_of_below(at, start, end, body);
        }
        if let (Place::Extend, Some(below)) = (place, self.tree.item_below(at)) {
            body.offset = below.value.offset.wrapping_add(below.end - below.start);
        }
        Ok(self.tree.insert_predicted(at, start, end, body)?)
    }

    /// What an insertion would make of the piece.
    fn as_mapping(&self, at: &Cursor, piece: &Piece) -> Placement<O::Object> {
        let mapping = Mapping { max: piece.max, ..Mapping::anonymous(piece.prot) };
        self.place(at, piece.start, piece.end, mapping)
    }

    /// Does the lower neighbour of the stack merge with the one below it when the piece extends
    /// it?
    #[cold]
    fn below_swallows(&self, at: &Cursor, piece: &Piece) -> bool {
        let mut lower = at.clone();
        self.as_mapping(at, piece).place == Place::Extend
            && self.tree.retreat(&mut lower)
            && self.lower_to_merge(&lower).is_some()
    }

    /// The lower neighbour merges with the one below it, so that its place in the index becomes
    /// free, and the piece takes it: no node is needed.
    fn insert_in_place_of_below(
        &mut self,
        at: &Cursor,
        start: u64,
        end: u64,
        body: Body<O::Object>,
    ) -> Result<(), Refusal> {
        let mut lower = at.clone();
        self.tree.retreat(&mut lower);
        let mut lowest = lower.clone();
        self.tree.retreat(&mut lowest);
        let (below, swallowed) = (self.entry(&lower)?, self.entry(&lowest)?);
        let (bottom, offset) = (swallowed.start, swallowed.value.offset);
        let merged = below.value.clone().with_offset(offset);
        self.tree.set_bounds(&lower, start, end);
        // Where the offsets of the two do not go on, that of the merged one counts.
        self.replace(&lower, body.with_offset(offset.wrapping_add(start - bottom)))?;
        self.tree.set_bounds(&lowest, bottom, start);
        self.replace(&lowest, merged)
    }
}
