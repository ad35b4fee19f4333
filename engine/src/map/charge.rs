//! Swap accounting (rules 1.5 and 6.6).

use super::{Body, Kernel, VmMap, corrupt};
use crate::change::Change;
use crate::flags::{EntryFlags, MapFlags, Prot};
use crate::num::Size;
use crate::objects::{Objects, Swap};
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

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

    pub(crate) fn flag(self) -> EntryFlags {
        if self == Self::None { EntryFlags::NONE } else { EntryFlags::CHARGED }
    }
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// Takes an entry, or a part of one, that is gone out of the totals, and reports that; of a guard
    /// nothing is reported, since it was never mapped.
    #[inline(always)]
    pub(crate) fn forget(
        &mut self,
        body: Body<O::Object>,
        gone: AddrRange,
        tell: &mut impl FnMut(Change),
    ) {
        let silent = K::GUARDS && body.has(EntryFlags::GUARD);
        self.discount(body, gone);
        if !silent {
            tell(Change::Unmapped(gone));
        }
    }

    /// Takes an entry, or a part of one, out of the totals: it is gone (rule 7.2).
    fn discount(&mut self, body: Body<O::Object>, range: AddrRange) {
        K::deleted(&mut self.of_map, range);
        if K::GUARDS && body.has(EntryFlags::GUARD) {
            return; // D7.1
        }
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

    /// Rules 5.4b and 17.20: reserves the swap for an entry that becomes writable, if it has none.
    pub(crate) fn charge_entry(&mut self, at: &Cursor) -> Result<(), Refusal> {
        let entry = self.tree.item(at).ok_or_else(corrupt)?;
        let (body, wanted) = (entry.value, Size::new(entry.end - entry.start));
        if body.prot().contains(Prot::WRITE) || body.counts_as_charged(&self.objects) {
            return Ok(());
        }
        let short =
            |(wanted, Swap { reserved, limit })| Refusal::ProtectSwap { wanted, reserved, limit };
        if let Some(object) = &body.object
            && !body.has(EntryFlags::NEEDS_COPY)
        {
            return self.objects.charge(object).map_err(short); // 17.20
        }
        self.objects.reserve(wanted).map_err(|swap| short((wanted, swap)))?;
        self.body_mut(at)?.flags |= EntryFlags::CHARGED;
        Ok(())
    }

    /// Takes the pages of a range off the wired ones; never below zero (rule 16.3).
    pub(crate) fn uncount_wired(&mut self, range: AddrRange) {
        self.wired_pages = self.wired_pages.saturating_sub(O::PAGE.count(range));
    }
}

impl<O: Clone + PartialEq> Body<O> {
    /// Is the memory of an entry charged, in the entry or in its object (17.9b)?
    pub(crate) fn counts_as_charged(&self, objects: &impl Objects<Object = O>) -> bool {
        let by_object = || !self.has(EntryFlags::NEEDS_COPY) && self.object_is_charged(objects);
        self.has(EntryFlags::CHARGED) || by_object()
    }

    /// Is the object of an entry charged?
    #[inline]
    pub(crate) fn object_is_charged(&self, objects: &impl Objects<Object = O>) -> bool {
        self.object.as_ref().is_some_and(|object| objects.is_charged(object))
    }

    /// Takes the charge off an entry of which the object is charged now (17.5).
    pub(crate) fn charge_moved(&mut self, objects: &impl Objects<Object = O>) {
        if self.object_is_charged(objects) {
            self.flags = self.flags.difference(EntryFlags::CHARGED);
        }
    }

    /// Puts an object over the one of an entry, so that it needs no copy any more (17.5).
    pub(crate) fn shadow(&mut self, objects: &mut impl Objects<Object = O>, length: Size) {
        let charged = self.has(EntryFlags::CHARGED);
        if let Some(object) = &mut self.object {
            objects.shadow(object, &mut self.offset, length, charged);
            self.charge_moved(objects);
        }
        self.flags = self.flags.difference(EntryFlags::NEEDS_COPY);
    }
}
