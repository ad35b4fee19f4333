//! A new mapping in a place that is free (L34, L39, L46).

use super::modify::Join;
use crate::attr::Inherit;
use crate::change::Change;
use crate::flags::{EntryFlags, MapFlags};
use crate::map::{Body, Charge, Clamped, Linux, Mapping, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// Flags of a mapping that Linux has nothing like.
const FOREIGN: MapFlags = MapFlags::NOFAULT
    .union(MapFlags::NOSYNC)
    .union(MapFlags::GROWS_UP)
    .union(MapFlags::GUARD)
    .union(MapFlags::REMAP);

impl<T> Mapping<T> {
    /// What is asked for, as far as Linux has it (L34).
    pub(super) fn check_for_linux(&self) -> Result<(), Refusal> {
        if self.flags.intersects(FOREIGN) {
            return Err(Refusal::NotInLinux);
        }
        if self.flags.contains(MapFlags::GROWS_DOWN) && self.object.is_some() {
            return Err(Refusal::StackObject);
        }
        self.check_object()
    }

    pub(super) fn charge_for_linux(&self) -> Charge {
        Charge::of(self.flags, self.prot, self.object.is_none())
    }

    /// The body of a mapping at an address. Anonymous memory is known by where it was mapped at first.
    fn into_body_of_linux(self, start: u64, charge: Charge, locked: bool) -> Body<T> {
        let (asked, anonymous) = (self.flags, self.object.is_none());
        let mut body = self.into_body(charge);
        for (given, flag) in [
            (asked.contains(MapFlags::GROWS_DOWN), EntryFlags::GROWS_DOWN),
            (asked.contains(MapFlags::ACC_NO_CHARGE), EntryFlags::NORESERVE),
            (locked, EntryFlags::USER_WIRED),
        ] {
            if given {
                body.flags |= flag;
            }
        }
        body.wired = u32::from(locked);
        if anonymous {
            body.offset = start;
            body.flags = body.flags - (EntryFlags::COW | EntryFlags::NEEDS_COPY);
        }
        body
    }
}

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// No limit is asked for.
    pub(super) fn run_insert(
        &mut self,
        start: Addr,
        end: Addr,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let range = Clamped { start: start.get(), end: end.get() };
        let mut at = Cursor::default();
        self.seek_vacant(range.start, range.end, &mut at)?;
        mapping.check_for_linux()?;
        let charge = mapping.charge_for_linux();
        self.pay(charge, range.end - range.start)?;
        self.ensure_one(&at).inspect_err(|_| self.pay_back(charge, range.end - range.start))?;
        self.insert_paid(&mut at, range, mapping, charge, tell)
    }

    /// The same where limits are asked for, if the state has any.
    pub(super) fn insert_within(
        &mut self,
        state: Option<&StackState<Linux>>,
        start: Addr,
        end: Addr,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        mapping.check_for_linux()?;
        self.seek_vacant(start.get(), end.get(), &mut Cursor::default())?;
        if let Some(state) = state {
            let length = end.wrapping_sub(start);
            self.may_lock(state, length)?; // L32
            state.may_expand(self.size(), length)?; // L33
        }
        self.run_insert(start, end, mapping, tell)
    }

    /// L32: may a new mapping be locked, if it would be?
    pub(super) fn may_lock(&self, state: &StackState<Linux>, length: Size) -> Result<(), Refusal> {
        if self.wire_future { state.may_lock(self.totals(), length) } else { Ok(()) }
    }

    /// Inserts what has been paid for before a cursor, in a place that is free, with a node if it takes
    /// one. L46, then L39.
    pub(super) fn insert_paid(
        &mut self,
        at: &mut Cursor,
        range: Clamped,
        mapping: Mapping<O::Object>,
        charge: Charge,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let Clamped { start, end } = range;
        let (prot, locked) = (mapping.prot, self.wire_future);
        let body = mapping.into_body_of_linux(start, charge, locked);
        let below = self.tree.end_below(at);
        let lower = if below == Some(start) { self.tree.item_below(at) } else { None };
        let upper = self.tree.item(at).filter(|upper| upper.start == end);
        match Join::of(&body, end - start, lower, upper) {
            Join::Alone => self.tree.insert_predicted(at, (start, end), body, below)?,
            Join::Lower => self.extend_lower(at, end)?,
            Join::Upper => self.extend_upper(at, start, &body)?,
            Join::Both => {
                self.extend_upper(at, start, &body)?;
                self.close(at)?;
            }
        }
        // Cannot overflow: entries are disjoint.
        self.size = self.size.wrapping_add(end - start);
        let mapped = AddrRange::between(start, end);
        tell(Change::Mapped(mapped, prot));
        if locked {
            self.wired_pages = self.wired_pages.wrapping_add(O::PAGE.count(mapped));
            // L39: that nothing may be done with it is no reason to refuse.
            let _ = self.populate(at, range, &mut tell);
        }
        Ok(())
    }
}

impl<T> Body<T> {
    /// Is it private memory, of which a child gets a copy?
    pub(super) fn is_copied(&self) -> bool {
        self.inherit() == Inherit::Copy
    }
}
