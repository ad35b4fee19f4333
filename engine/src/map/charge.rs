//! Swap accounting (rules 1.5 and 6.6).

use super::{Body, VmMap};
use crate::flags::{CowFlags, EntryFlags, Prot};

/// Swap that cannot be reserved: what was there, and what the limit is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short {
    pub(crate) reserved: u64,
    pub(crate) limit: u64,
}

/// What an insertion does about swap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Charge {
    /// Not charged.
    None,
    /// Charged, and the caller has reserved the swap.
    Paid,
    /// Charged, and to be reserved.
    Reserve,
}

impl Charge {
    /// Rule 6.6: `acc_no_charge` and `nofault` win over `acc_charged`.
    pub(super) fn of(flags: CowFlags, prot: Prot, anonymous: bool) -> Self {
        if flags.intersects(CowFlags::ACC_NO_CHARGE | CowFlags::NOFAULT) {
            Self::None
        } else if flags.contains(CowFlags::ACC_CHARGED) {
            Self::Paid
        } else if prot.contains(Prot::WRITE) && (anonymous || flags.contains(CowFlags::COW)) {
            Self::Reserve
        } else {
            Self::None
        }
    }

    pub(super) fn flag(self) -> EntryFlags {
        if self == Self::None { EntryFlags::NONE } else { EntryFlags::CHARGED }
    }
}

impl<O: Clone + PartialEq, const B: usize> VmMap<O, B> {
    /// Could `bytes` of swap be reserved? Rule 1.5: no wrapping here.
    pub(crate) fn can_reserve(&self, bytes: u64) -> Result<(), Short> {
        match self.reserved.checked_add(bytes) {
            Some(sum) if sum <= self.swap_limit => Ok(()),
            _ => Err(Short { reserved: self.reserved, limit: self.swap_limit }),
        }
    }

    /// Reserves what [`can_reserve`](Self::can_reserve) allowed.
    pub(crate) fn reserve(&mut self, bytes: u64) {
        self.reserved = self.reserved.wrapping_add(bytes);
    }

    /// Takes an entry, or a part of one, out of the totals: it is about to go (rule 7.2).
    pub(super) fn discount(&mut self, body: &Body<O>, range: crate::AddrRange) {
        let length = range.len().get();
        self.size = self.size.wrapping_sub(length);
        if body.has(EntryFlags::CHARGED) {
            // 15.2: an `acc_charged` entry may hold more than was ever reserved.
            self.reserved = self.reserved.saturating_sub(length);
        }
        if body.wired > 0 {
            self.uncount_wired(range);
        }
    }

    /// Takes the pages of a range off the wired ones; never below zero (rule 16.3).
    pub(super) fn uncount_wired(&mut self, range: crate::AddrRange) {
        self.wired_pages = self.wired_pages.saturating_sub(range.pages());
    }
}
