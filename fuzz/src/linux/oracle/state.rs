//! The state of a process: its VMAs with what nobody can see of them, limits, and guard pages (L1 to L4).

use std::collections::BTreeSet;

use growstack::{Addr, AddrRange};

use super::PAGE;
use crate::linux::config::{LinuxConfig, LinuxLimits};
use crate::linux::op::FileTraits;
use crate::linux::vma::{Vma, VmaFlags};

/// The identity that the pages of a VMA have once one of them has been written: VMAs of two
/// identities never merge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Anon(u64);

/// What a VMA shows that is not private and anonymous (L72).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Object {
    /// A file, as it was opened.
    File {
        /// Which one.
        number: u64,
        /// What is to be known of it.
        traits: FileTraits,
    },
    /// Shared anonymous memory, each mapping its own.
    Shared(u64),
}

/// A VMA with what nobody can see of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) flags: VmaFlags,
    /// None, if it has never been written.
    pub(super) anon: Option<Anon>,
    /// The number of its first page: that of its address, unless it was moved.
    /// That of an object is numbered from where the object begins.
    pub(super) pgoff: u64,
    pub(super) object: Option<Object>,
}

impl Area {
    /// How many pages it has.
    pub(super) const fn pages(&self) -> u64 {
        (self.end - self.start) / PAGE
    }

    /// The number of the page at `addr`.
    pub(super) const fn pgoff_at(&self, addr: u64) -> u64 {
        self.pgoff.wrapping_add(addr.wrapping_sub(self.start) / PAGE)
    }

    pub(super) const fn has(&self, flags: VmaFlags) -> bool {
        self.flags.contains(flags)
    }

    pub(super) const fn holds(&self, addr: u64) -> bool {
        self.start <= addr && addr < self.end
    }

    /// Is any access allowed?
    pub(super) const fn is_accessible(&self) -> bool {
        self.flags.intersects(VmaFlags::ACCESS)
    }

    /// L72: are its pages its own, and not those of an object?
    pub(super) const fn is_anonymous(&self) -> bool {
        self.object.is_none()
    }

    /// L87: is it one of the kernel's own?
    pub(super) const fn is_special(&self) -> bool {
        self.flags.intersects(VmaFlags::SPECIAL)
    }

    /// L73, L87: may it become writable?
    pub(super) const fn may_be_written(&self) -> bool {
        let shared = self.flags.intersection(VmaFlags::MS.union(VmaFlags::SH));
        shared.bits() != VmaFlags::MS.bits() && !self.has(VmaFlags::IO)
    }

    /// L4: growable VMAs are no data, whatever may be done with them.
    pub(super) const fn is_data(&self) -> bool {
        is_data(self.flags)
    }

    /// As smaps shows it; with protection keys or without.
    pub(super) fn shown(&self, keys: bool) -> Vma {
        let (start, end) = (Addr::new(self.start), Addr::new(self.end));
        // A VMA is never empty.
        let range = AddrRange::new(start, end).unwrap_or(AddrRange::ALL);
        Vma { range, flags: self.flags, key: if keys { key(self.flags) } else { 0 } }
    }
}

/// L4, L74.
pub(super) const fn is_data(flags: VmaFlags) -> bool {
    flags.contains(VmaFlags::WR) && !flags.intersects(VmaFlags::GD.union(VmaFlags::SH))
}

/// L2: the protection key of memory that may be executed and nothing else, where there are keys.
pub(super) fn key(flags: VmaFlags) -> u8 {
    u8::from(flags & VmaFlags::ACCESS == VmaFlags::EX)
}

#[derive(Clone, Debug)]
pub(super) struct State {
    /// Sorted, without overlap.
    pub(super) list: Vec<Area>,
    pub(super) soft: LinuxLimits,
    /// L3: flags that every new mapping gets.
    pub(super) def_flags: VmaFlags,
    /// L70: addresses of guard pages.
    pub(super) guards: BTreeSet<u64>,
    /// L66: locked pages that are counted and are no longer there.
    pub(super) leaked: u64,
    /// L81: where the heap ends.
    pub(super) brk: u64,
    anons: u64,
    objects: u64,
}

impl State {
    pub(super) fn new(config: &LinuxConfig) -> Self {
        Self {
            list: Vec::new(),
            soft: config.soft,
            def_flags: VmaFlags::empty(),
            guards: BTreeSet::new(),
            leaked: 0,
            brk: config.program.map_or(0, |program| program.brk.get()),
            anons: 0,
            objects: 0,
        }
    }

    /// An identity that no VMA has.
    pub(super) fn new_anon(&mut self) -> Anon {
        self.anons += 1;
        Anon(self.anons)
    }

    /// Shared anonymous memory that no VMA has.
    pub(super) fn new_object(&mut self) -> Object {
        self.objects += 1;
        Object::Shared(self.objects)
    }

    /// The first VMA that ends above `addr`; the number of VMAs, if there is none.
    pub(super) fn first_above(&self, addr: u64) -> usize {
        self.list.iter().position(|area| addr < area.end).unwrap_or(self.list.len())
    }

    /// The VMA that holds `addr`.
    pub(super) fn holder(&self, addr: u64) -> Option<usize> {
        self.list.iter().position(|area| area.holds(addr))
    }

    /// Is nothing mapped in the range?
    pub(super) fn is_free(&self, start: u64, end: u64) -> bool {
        self.list.iter().all(|area| area.end <= start || end <= area.start)
    }

    /// The pages of a range that VMAs for which `counts` holds have.
    pub(super) fn pages_in(&self, start: u64, end: u64, counts: impl Fn(&Area) -> bool) -> u64 {
        let overlap = |area: &Area| area.end.min(end).saturating_sub(area.start.max(start)) / PAGE;
        self.list.iter().filter(|area| counts(area)).map(overlap).sum()
    }

    /// The same of all addresses.
    pub(super) fn pages(&self, counts: impl Fn(&Area) -> bool) -> u64 {
        self.pages_in(0, u64::MAX, counts)
    }

    /// The first guard page in the range, or else its end.
    pub(super) fn first_guard(&self, start: u64, end: u64) -> u64 {
        self.guards.range(start..end).next().copied().unwrap_or(end)
    }
}

/// Pages of `length`, rounded up to a whole one, in bytes; `None` where there is no such number.
pub(super) const fn whole_pages(length: u64) -> Option<u64> {
    length.checked_next_multiple_of(PAGE)
}

/// The page of `addr`.
pub(super) const fn page_of(addr: u64) -> u64 {
    addr & !(PAGE - 1)
}

pub(super) const fn is_aligned(addr: u64) -> bool {
    addr.is_multiple_of(PAGE)
}
