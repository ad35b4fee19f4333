//! `insert`: a new mapping, or guard, at a given place (D6).

use super::gap::Kept;
use crate::attr::Access;
use crate::change::Change;
use crate::flags::{EntryFlags, MapFlags, Prot};
use crate::map::{Body, Charge, Freebsd14, Mapping, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::{Cursor, Item};

/// How an insertion goes into the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// As an entry of its own.
    Alone,
    /// The entry below becomes longer: it is extended (D6.4), or the new one joins it (D6.5).
    Below,
    /// The entry above joins it, and it keeps its own offset (D3.2).
    Above,
    /// The entry below becomes longer, and the one above joins that.
    Between,
}

/// An insertion that has its place.
pub(super) struct Placement<O> {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) body: Body<O>,
    /// Where the entry below ends.
    below: Option<u64>,
    pub(super) place: Place,
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// Section 6 with D6.1 to D6.5.
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
        mapping.check()?;
        mapping.check_guard()?;
        let (prot, guard) = (mapping.prot, mapping.is_guard());
        let charge = mapping.charge();
        self.pay(charge, end - start)?;
        let placement = self.place(&at, start, end, mapping.into_body_14(charge));
        self.ensure_placement(&at, &placement)
            .inspect_err(|_| self.pay_back(charge, end - start))?;
        self.apply(&mut at, placement)?;
        if !guard {
            tell(Change::Mapped(AddrRange::between(start, end), prot));
        }
        Ok(())
    }

    /// D6.3 to D6.5: the place of an entry in a vacant stretch, before the cursor.
    pub(super) fn place(
        &self,
        at: &Cursor,
        start: u64,
        end: u64,
        mut body: Body<O::Object>,
    ) -> Placement<O::Object> {
        let below = self.tree.end_below(at);
        let lower = if below == Some(start) { self.tree.item_below(at) } else { None };
        let upper = self.tree.item(at).filter(|upper| upper.start == end);
        let upper = upper.filter(|upper| upper.value.may_join_lower());
        let place = Place::of(&mut body, end - start, lower, upper);
        Placement { start, end, body, below, place }
    }

    /// Room for an insertion before the cursor.
    pub(super) fn ensure_placement(
        &mut self,
        at: &Cursor,
        placement: &Placement<O::Object>,
    ) -> Result<(), Refusal> {
        let alone = placement.place == Place::Alone;
        Ok(self.tree.ensure_for([alone.then_some(at), None])?)
    }

    /// Makes an insertion for which there is room. The cursor is then on the entry that holds it.
    pub(super) fn apply(
        &mut self,
        at: &mut Cursor,
        placement: Placement<O::Object>,
    ) -> Result<(), Refusal> {
        let Placement { start, end, body, below, place } = placement;
        if !body.has(EntryFlags::GUARD) {
            // Cannot overflow: entries are disjoint.
            self.size = self.size.wrapping_add(end - start);
        }
        match place {
            Place::Alone => self.tree.insert_predicted(at, (start, end), body, below)?,
            Place::Below => self.extend_lower(at, end)?,
            Place::Above => {
                let top = self.entry(at)?.end;
                self.tree.set_bounds(at, start, top);
                self.replace(at, body)?;
            }
            Place::Between => {
                let top = self.entry(at)?.end;
                self.tree.remove(at);
                self.extend_lower(at, top)?;
            }
        }
        Ok(())
    }

    /// Makes the insertion of a gap, which keeps what growth needs, also where it extends another one
    /// (D12.7).
    pub(super) fn apply_gap(
        &mut self,
        at: &mut Cursor,
        mut gap: Placement<O::Object>,
        guard: u64,
        kept: Kept,
    ) -> Result<(), Refusal> {
        gap.body.keep(guard, kept);
        self.apply(at, gap)?;
        self.body_mut(at)?.keep(guard, kept);
        Ok(())
    }
}

impl Place {
    /// Given the neighbours that touch, and of which the upper one may join. Where an offset goes on from
    /// the lower one (D6.4), `body` gets it.
    fn of<O: Clone + PartialEq>(
        body: &mut Body<O>,
        length: u64,
        lower: Option<Item<'_, Body<O>>>,
        upper: Option<Item<'_, Body<O>>>,
    ) -> Self {
        let mut joins_lower = false;
        if let Some(lower) = lower {
            let long = lower.end - lower.start;
            if continues(lower.value, body) {
                if lower.value.is_extended_by(body) {
                    let joins = |upper: Item<'_, Body<O>>| {
                        lower.value.merges_with(long.wrapping_add(length), upper.value)
                    };
                    return if upper.is_some_and(joins) { Self::Between } else { Self::Below };
                }
                body.offset = lower.value.offset.wrapping_add(long);
            }
            joins_lower = body.may_join_lower() && lower.value.merges_with(long, body);
        }
        // With an object the offset goes on whether seen from the lower entry or from the new one.
        let joins_upper = upper.is_some_and(|upper| body.merges_with(length, upper.value));
        match (joins_lower, joins_upper) {
            (false, false) => Self::Alone,
            (true, false) => Self::Below,
            (false, true) => Self::Above,
            (true, true) => Self::Between,
        }
    }
}

/// D6.4: does an insertion go on where the entry below ends? The charged state is among the flags, and
/// the user's wiring does not count.
fn continues<O>(lower: &Body<O>, new: &Body<O>) -> bool {
    new.object.is_none()
        && lower.object.is_none()
        && !new.has_any(EntryFlags::GROWTH)
        && lower.flags.difference(EntryFlags::USER_WIRED) == new.flags
        && lower.access == Access::Normal
}

impl<O> Mapping<O> {
    pub(super) const fn is_guard(&self) -> bool {
        self.flags.contains(MapFlags::GUARD)
    }

    /// What the real kernel asserts (P1, P5, D6.1), and a stack with an object (D7.8).
    pub(super) fn check(&self) -> Result<(), Refusal> {
        self.check_object()?;
        let Self { prot, max, flags, ref object, .. } = *self;
        if !max.contains(prot) {
            return Err(Refusal::ProtAboveMax { prot, max });
        }
        if object.is_some() && flags.intersects(MapFlags::GROWTH) {
            return Err(Refusal::StackObject);
        }
        Ok(())
    }

    /// D6.2.
    pub(super) fn check_guard(&self) -> Result<(), Refusal> {
        if self.is_guard() && (self.object.is_some() || self.max != Prot::NONE) {
            return Err(Refusal::GuardAllows);
        }
        Ok(())
    }

    /// 6.6; a guard is never charged (D6.2).
    pub(super) fn charge(&self) -> Charge {
        if self.is_guard() {
            return Charge::None;
        }
        Charge::of(self.flags, self.prot, self.object.is_none())
    }

    /// 6.4 with D6.2 and D6.3.
    pub(super) fn into_body_14(self, charge: Charge) -> Body<O> {
        let asked = self.flags;
        let mut body = self.into_body(charge);
        for (ask, give) in [
            (MapFlags::GROWS_DOWN, EntryFlags::GROWS_DOWN),
            (MapFlags::GROWS_UP, EntryFlags::GROWS_UP),
            (MapFlags::GUARD, EntryFlags::GUARD),
        ] {
            if asked.contains(ask) {
                body.flags |= give;
            }
        }
        body
    }
}

impl<O: Clone + PartialEq> Body<O> {
    /// D6.4: does an anonymous insertion that touches this entry from above make it longer?
    pub(super) fn is_extended_by(&self, new: &Self) -> bool {
        continues(self, new) && self.same_modes(new) && self.wired == 0
    }
}
