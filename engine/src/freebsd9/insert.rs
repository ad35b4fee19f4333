//! `insert`: a new mapping at a given place (section 6).

use crate::attr::Access;
use crate::change::Change;
use crate::flags::{EntryFlags, MapFlags};
use crate::map::{Body, Charge, Freebsd9, Mapping, VmMap, corrupt};
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::{Cursor, Item};

/// Where and how an insertion goes into the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// A new entry of its own.
    Alone,
    /// 6.7a: the lower neighbour becomes longer.
    Extend,
    /// 6.9: it merges with the lower neighbour.
    MergeLower,
    /// 6.9: it merges with the upper neighbour, and its offset is kept.
    MergeUpper,
    /// 6.9: it closes the gap between two entries that it merges with.
    MergeBoth,
    /// 13.12: the lower neighbour merges with the one below it, which sets a place free.
    InPlaceOfLower,
}

/// An insertion that passed the checks and has its place: first its swap and its nodes are reserved,
/// then it is [applied](VmMap::apply).
pub(crate) struct Placement<O> {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) body: Body<O>,
    /// Where the lower neighbour ends, if there is one.
    pub(super) below: Option<u64>,
    pub(super) charge: Charge,
    pub(super) place: Place,
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Section 6.
    pub(super) fn run_insert(
        &mut self,
        start: Addr,
        end: Addr,
        mapping: Mapping<O::Object>,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let (start, end) = (start.get(), end.get());
        let mut at = Cursor::default();
        self.seek_vacant(start, end, &mut at)?;
        mapping.check_object()?;
        let prot = mapping.prot;
        let placement = self.place(&at, start, end, mapping);
        self.tree.predict_one(&at);
        self.pay_and_apply(&mut at, placement)?;
        tell(Change::Mapped(AddrRange::between(start, end), prot));
        Ok(())
    }

    /// Decides what an insertion into a vacant place becomes (6.4 and 6.6 to 6.9).
    pub(crate) fn place(
        &self,
        at: &Cursor,
        start: u64,
        end: u64,
        mapping: Mapping<O::Object>,
    ) -> Placement<O::Object> {
        let charge = Charge::of(mapping.flags, mapping.prot, mapping.object.is_none());
        let mut body = mapping.into_body(charge);
        // What does not touch is known without reading another leaf.
        let below = self.tree.end_below(at);
        let lower = if below == Some(start) { self.tree.item_below(at) } else { None };
        let upper = self.tree.item(at).filter(|upper| upper.start == end);
        let place = Place::of(&mut body, end - start, lower, upper);
        Placement { start, end, body, below, charge, place }
    }

    /// Reserves the swap for an insertion whose nodes have been predicted, and makes it.
    pub(crate) fn pay_and_apply(
        &mut self,
        at: &mut Cursor,
        placement: Placement<O::Object>,
    ) -> Result<(), Refusal> {
        self.pay(placement.charge, placement.length())?;
        self.apply(at, placement)
    }

    /// Makes the insertion, whose swap is reserved and whose nodes have been predicted. If it lacks
    /// nodes all the same, the swap is given back, and nothing changes. Afterwards the cursor is on the
    /// entry that holds the new range; above it, where that took the lower neighbour's place.
    #[inline(always)]
    pub(crate) fn apply(
        &mut self,
        at: &mut Cursor,
        placement: Placement<O::Object>,
    ) -> Result<(), Refusal> {
        let Placement { start, end, charge, .. } = placement;
        if placement.place == Place::Alone {
            let Placement { body, below, .. } = placement;
            if let Err(out) = self.tree.insert_predicted(at, (start, end), body, below) {
                self.pay_back(charge, end - start);
                return Err(out.into());
            }
        } else {
            self.apply_to_neighbours(at, placement)?;
        }
        // Cannot overflow: entries are disjoint.
        self.size = self.size.wrapping_add(end - start);
        Ok(())
    }

    fn apply_to_neighbours(
        &mut self,
        at: &mut Cursor,
        placement: Placement<O::Object>,
    ) -> Result<(), Refusal> {
        let Placement { start, end, body, place, .. } = placement;
        match place {
            Place::Alone => return Err(corrupt()),
            Place::Extend => {
                self.extend_lower(at, end)?;
                self.simplify(at)?;
            }
            // The `avail` that survives is that of the new entry (rule 3.3), which has none; nor has
            // the lower neighbour. Stacks and their pieces are anonymous, and where two anonymous
            // entries merge, 6.7 extends the lower one instead.
            Place::MergeLower => self.extend_lower(at, end)?,
            Place::MergeUpper => {
                let top = self.entry(at)?.end;
                self.tree.set_bounds(at, start, top);
                self.replace(at, body)?;
            }
            Place::MergeBoth => {
                let top = self.entry(at)?.end;
                self.tree.remove(at);
                self.extend_lower(at, top)?;
            }
            Place::InPlaceOfLower => self.insert_in_place_of_lower(at, start, end, body)?,
        }
        Ok(())
    }
}

impl Place {
    /// 6.7 to 6.9, given the neighbours that touch the new range. Where an offset is taken over
    /// from the lower neighbour (6.7b), `body` gets it.
    fn of<O: Clone + PartialEq>(
        body: &mut Body<O>,
        length: u64,
        below: Option<Item<'_, Body<O>>>,
        above: Option<Item<'_, Body<O>>>,
    ) -> Self {
        if let Some(below) = below.filter(|below| extends(below.value, body)) {
            if below.value.same_modes(body) {
                return Self::Extend;
            }
            body.offset = below.value.offset.wrapping_add(below.end - below.start);
        }
        let lower = below.is_some_and(|b| b.value.merges_with(b.end - b.start, body));
        // A merge with the lower neighbour gives the new entry its offset; for objects that is
        // the same number seen from further below, and anonymous ones do not look at it.
        let upper = above.is_some_and(|a| body.merges_with(length, a.value));
        match (lower, upper) {
            (false, false) => Self::Alone,
            (true, false) => Self::MergeLower,
            (false, true) => Self::MergeUpper,
            (true, true) => Self::MergeBoth,
        }
    }
}

/// Rule 6.7: is the lower neighbour such that an anonymous insertion goes on where it ends? The
/// charged state is among the flags.
fn extends<O>(below: &Body<O>, new: &Body<O>) -> bool {
    new.object.is_none()
        && below.object.is_none()
        && below.wired == 0
        && below.access == Access::Normal
        && below.flags == new.flags
}

impl<O> Placement<O> {
    /// Bytes to map.
    pub(super) const fn length(&self) -> u64 {
        self.end.wrapping_sub(self.start)
    }

    /// For a stack, which merges with nothing (rule 12.10): growth flags and what is left to
    /// grow.
    pub(crate) fn into_stack(mut self, asked: MapFlags, avail: u64) -> Self {
        if asked.contains(MapFlags::GROWS_DOWN) {
            self.body.flags |= EntryFlags::GROWS_DOWN;
        }
        if asked.contains(MapFlags::GROWS_UP) {
            self.body.flags |= EntryFlags::GROWS_UP;
        }
        self.body.avail = avail;
        self.body.offset = 0;
        self.place = Place::Alone;
        self
    }
}
