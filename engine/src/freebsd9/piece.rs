//! The piece that a stack grows down by, as an insertion (rules 13.12 and 13.13).
//!
//! By the rules it is inserted like any mapping: an equal lower neighbour is extended by it,
//! merged with the entry below that if they are equal too, and split at the old boundary again.
//! What is left of all that is the merge of the two lower ones, and the offset of the piece.

use super::insert::{Place, Placement};
use crate::attr::Inherit;
use crate::flags::{EntryFlags, Prot};
use crate::map::{Body, Charge, Freebsd9, Mapping, VmMap};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Plans a piece from `start` up to the stack at `at`, which starts at `end`: the piece has the
    /// growth flag, and `avail` left. `below` is where the lower neighbour ends.
    #[inline(always)]
    pub(crate) fn plan_piece(
        &self,
        at: &Cursor,
        (start, end): (u64, u64),
        below: Option<u64>,
        (prot, max): (Prot, Prot),
        charge: Charge,
        avail: u64,
    ) -> Placement<O::Object> {
        let flags = EntryFlags::GROWS_DOWN | charge.flag();
        let mut body = Body::new(prot, max, Inherit::Copy, flags, None, 0);
        body.avail = avail;
        // The lower neighbour hardly ever ends where the piece starts. Else there is nothing to merge.
        let place = if below == Some(start) {
            self.place_touching(at, start, end, &mut body)
        } else {
            Place::Alone
        };
        Placement { start, end, body, below, charge, place }
    }

    /// The place of a piece that touches the lower neighbour, and its offset, by what an insertion
    /// would make of it.
    #[cold]
    fn place_touching(
        &self,
        at: &Cursor,
        start: u64,
        end: u64,
        piece: &mut Body<O::Object>,
    ) -> Place {
        let mapping = Mapping { max: piece.max(), ..Mapping::anonymous(piece.prot()) };
        let placement = self.place(at, start, end, mapping);
        let mut lower = at.clone();
        match (placement.place, self.tree.item_below(at)) {
            (Place::Extend, Some(below)) => {
                if self.tree.retreat(&mut lower) && self.lower_to_merge(&lower).is_some() {
                    return Place::InPlaceOfLower;
                }
                piece.offset = below.value.offset.wrapping_add(below.end - below.start);
            }
            _ => piece.offset = placement.body.offset,
        }
        Place::Alone
    }

    /// Puts the piece below the stack at `at`, which goes on in it: the flag moves to the piece, and
    /// what was left to grow stays in the stack as `left` (13.13). Without room in the index its swap is
    /// given back, and nothing changes.
    #[inline(always)]
    pub(crate) fn apply_piece(
        &mut self,
        at: &mut Cursor,
        piece: Placement<O::Object>,
        left: u64,
    ) -> Result<(), Refusal> {
        let Placement { start, end, body, below, charge, place } = piece;
        let hand_on = |stack: &mut Body<O::Object>| {
            stack.avail = left;
            stack.flags = stack.flags.difference(EntryFlags::GROWS_DOWN);
        };
        if place == Place::InPlaceOfLower {
            self.tree.predict_none();
            hand_on(self.body_mut(at)?);
            self.insert_in_place_of_lower(at, start, end, body)?;
        } else {
            self.tree.predict_one(at);
            if let Err(out) = self.tree.insert_and_edit(at, (start, end), body, below, hand_on) {
                self.pay_back(charge, end - start);
                return Err(out.into());
            }
        }
        // Cannot overflow: entries are disjoint.
        self.size = self.size.wrapping_add(end - start);
        Ok(())
    }

    /// The lower neighbour merges with the one below it, so that its place in the index becomes
    /// free, and the piece takes it: no node is needed.
    #[cold]
    pub(super) fn insert_in_place_of_lower(
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
