//! Swap accounting (rules 1.5 and 6.6).

use super::{Body, VmMap};
use crate::flags::{EntryFlags, MapFlags, Prot};
use crate::num::Size;
use crate::objects::Objects;
use crate::range::AddrRange;

/// What an insertion does about swap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Charge {
    /// Not charged.
    None,
    /// Charged, and the caller has reserved the swap.
    Paid,
    /// Charged, and to be reserved.
    Reserve,
}

impl Charge {
    /// Rule 6.6: `acc_no_charge` and `nofault` win over `acc_charged`.
    pub(crate) fn of(flags: MapFlags, prot: Prot, anonymous: bool) -> Self {
        if flags.intersects(MapFlags::ACC_NO_CHARGE | MapFlags::NOFAULT) {
            Self::None
        } else if flags.contains(MapFlags::ACC_CHARGED) {
            Self::Paid
        } else if prot.contains(Prot::WRITE) && (anonymous || flags.contains(MapFlags::COW)) {
            Self::Reserve
        } else {
            Self::None
        }
    }

    pub(super) fn flag(self) -> EntryFlags {
        if self == Self::None { EntryFlags::NONE } else { EntryFlags::CHARGED }
    }
}

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Takes an entry, or a part of one, out of the totals: it is gone (rule 7.2).
    pub(super) fn discount(&mut self, body: Body<O::Object>, range: AddrRange) {
        self.size = self.size.wrapping_sub(range.len().get());
        if body.has(EntryFlags::CHARGED) {
            self.objects.release(range.len());
        }
        if body.wired > 0 {
            self.uncount_wired(range);
        }
        if let Some(object) = body.object {
            self.objects.unmapped(object, body.offset, range.len());
        }
    }

    /// Takes the pages of a range off the wired ones; never below zero (rule 16.3).
    pub(super) fn uncount_wired(&mut self, range: AddrRange) {
        self.wired_pages = self.wired_pages.saturating_sub(O::PAGE.count(range));
    }
}

impl<O: Clone + PartialEq> Body<O> {
    /// Is the memory of an entry charged, in the entry or in its object (17.9b)?
    pub(super) fn counts_as_charged(&self, objects: &impl Objects<Object = O>) -> bool {
        let by_object = || !self.has(EntryFlags::NEEDS_COPY) && self.object_is_charged(objects);
        self.has(EntryFlags::CHARGED) || by_object()
    }

    /// Is the object of an entry charged?
    #[inline]
    pub(crate) fn object_is_charged(&self, objects: &impl Objects<Object = O>) -> bool {
        self.object.as_ref().is_some_and(|object| objects.is_charged(object))
    }

    /// Takes the charge off an entry of which the object is charged now (17.5).
    pub(super) fn charge_moved(&mut self, objects: &impl Objects<Object = O>) {
        if self.object_is_charged(objects) {
            self.flags = self.flags.difference(EntryFlags::CHARGED);
        }
    }

    /// Puts an object over the one of an entry, so that it needs no copy any more (17.5).
    pub(super) fn shadow(&mut self, objects: &mut impl Objects<Object = O>, length: Size) {
        let charged = self.has(EntryFlags::CHARGED);
        if let Some(object) = &mut self.object {
            objects.shadow(object, &mut self.offset, length, charged);
            self.charge_moved(objects);
        }
        self.flags = self.flags.difference(EntryFlags::NEEDS_COPY);
    }
}
