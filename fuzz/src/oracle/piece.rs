//! One entry of the oracle, in plain numbers.

use growstack::{Access, Addr, AddrRange, EntryFlags, Inherit, Prot, Size};

use crate::answer::Row;

use super::objects::Backing;

pub(super) const PAGE: u64 = 4096;

/// `round_up(x, u)` of the rule book: `((x + u - 1) / u) * u`, wrapping. `unit` is not 0.
pub(super) const fn round_up(x: u64, unit: u64) -> u64 {
    (x.wrapping_add(unit).wrapping_sub(1) / unit).wrapping_mul(unit)
}

/// The range, which the caller knows not to be empty.
pub(super) fn range(start: u64, end: u64) -> AddrRange {
    AddrRange::new(Addr::new(start), Addr::new(end)).expect("entries and their parts are not empty")
}

/// An entry with everything that rule 1.3 lists.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) prot: Prot,
    pub(super) max: Prot,
    pub(super) inherit: Inherit,
    pub(super) access: Access,
    pub(super) wired: u32,
    pub(super) flags: EntryFlags,
    pub(super) object: Option<Backing>,
    pub(super) offset: u64,
    pub(super) avail: u64,
    /// Taken by pass one of a wire or unwire, and not yet reached by pass two (rule 9.3).
    pub(super) pending: bool,
}

impl Piece {
    pub(super) fn has(&self, flags: EntryFlags) -> bool {
        self.flags.intersects(flags)
    }

    pub(super) fn set(&mut self, flags: EntryFlags) {
        self.flags = self.flags.union(flags);
    }

    pub(super) fn clear(&mut self, flags: EntryFlags) {
        self.flags = self.flags.difference(flags);
    }

    pub(super) fn holds(&self, addr: u64) -> bool {
        self.start <= addr && addr < self.end
    }

    pub(super) fn len(&self) -> u64 {
        self.end - self.start
    }

    /// Pages as rule 16.2 counts them. An end in the last page of all rounds up to 0, so that the
    /// difference wraps back to what it should be, but for an entry of (nearly) all there is.
    pub(super) fn pages(&self) -> u64 {
        let first = self.start / PAGE * PAGE;
        round_up(self.end, PAGE).wrapping_sub(first) / PAGE
    }

    /// Pages that this entry should stand for in the count of wired pages.
    pub(super) fn wired_pages(&self) -> u64 {
        if self.wired > 0 { self.pages() } else { 0 }
    }

    /// Not 0 if the entry is empty or its parts contradict each other. By arithmetic, because under
    /// a fuzzer compares cost most of what the time goes into.
    pub(super) fn contradiction(&self) -> u64 {
        let empty = 1_u64.saturating_sub(self.end.saturating_sub(self.start));
        let no_wiring = self.flag(EntryFlags::USER_WIRED).saturating_sub(u64::from(self.wired));
        // 17.5 takes needs_copy away and leaves cow.
        let half_cow = self.flag(EntryFlags::NEEDS_COPY).saturating_sub(self.flag(EntryFlags::COW));
        empty | no_wiring | half_cow | u64::from(self.pending)
    }

    /// 1 if the single `flag` is set, and else 0.
    pub(super) fn flag(&self, flag: EntryFlags) -> u64 {
        u64::from(self.flags.bits() / flag.bits() % 2)
    }

    /// What the entry itself is charged.
    pub(super) fn charge(&self) -> u64 {
        self.audited_len() * self.flag(EntryFlags::CHARGED)
    }

    /// [`len`](Self::len) of an entry that is known not to be reversed.
    pub(super) fn audited_len(&self) -> u64 {
        self.end.wrapping_sub(self.start)
    }

    /// What the entry adds to the size of the map: guards, which only FreeBSD 14.2 has, add nothing.
    pub(super) fn counted_len(&self) -> u64 {
        self.audited_len() * (1 - self.flag(EntryFlags::GUARD))
    }

    pub(super) fn can_be_wired(&self) -> bool {
        self.prot.intersects(Prot::RX)
    }

    pub(super) fn system_wired(&self) -> u32 {
        self.wired - u32::from(self.has(EntryFlags::USER_WIRED))
    }

    pub(super) fn range(&self) -> AddrRange {
        range(self.start, self.end)
    }

    pub(super) fn row(&self) -> Row {
        Row {
            range: self.range(),
            prot: self.prot,
            max: self.max,
            inherit: self.inherit,
            access: self.access,
            wired: self.wired,
            flags: self.flags,
            object: self.object.map(Backing::id),
            offset: self.offset,
            avail: Size::new(self.avail),
        }
    }
}
