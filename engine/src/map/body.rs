//! What the index keeps for an entry beside its bounds: 32 bytes with an 8-byte object handle.

use crate::attr::{Access, Advice, Inherit};
use crate::entry::Entry;
use crate::flags::{EntryFlags, Prot};
use crate::num::Size;
use crate::range::AddrRange;

/// An entry without its bounds, packed; [`Entry`] is the unpacked view.
#[derive(Clone, Debug)]
pub struct Body<O> {
    pub(crate) object: Option<O>,
    pub(crate) offset: u64,
    pub(crate) avail: u64,
    pub(crate) wired: u32,
    pub(crate) flags: EntryFlags,
    pub(crate) access: Access,
    /// Protection, maximum and inheritance: three bits, three bits, two bits.
    modes: u8,
}

const fn pack(prot: Prot, max: Prot, inherit: Inherit) -> u8 {
    prot.bits() | max.bits() << 3 | (inherit as u8) << 6
}

// Not derived: a derive would ask for `O: Default`.
impl<O> Default for Body<O> {
    fn default() -> Self {
        Self {
            object: None,
            offset: 0,
            avail: 0,
            wired: 0,
            flags: EntryFlags::NONE,
            access: Access::Normal,
            modes: 0,
        }
    }
}

impl<O> Body<O> {
    /// A body that is not wired and has nothing left to grow (rule 6.8).
    pub(crate) fn new(
        prot: Prot,
        max: Prot,
        inherit: Inherit,
        flags: EntryFlags,
        object: Option<O>,
        offset: u64,
    ) -> Self {
        let modes = pack(prot, max, inherit);
        Self { object, offset, flags, modes, ..Self::default() }
    }

    /// The same body at another offset.
    pub(crate) fn with_offset(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    pub(crate) const fn prot(&self) -> Prot {
        Prot::from_bits_truncate(self.modes)
    }

    pub(crate) const fn max(&self) -> Prot {
        Prot::from_bits_truncate(self.modes >> 3)
    }

    pub(crate) fn inherit(&self) -> Inherit {
        const KINDS: [Inherit; 4] = [Inherit::Share, Inherit::Copy, Inherit::None, Inherit::Zero];
        // Two bits are left, so that there always is one.
        KINDS.get(usize::from(self.modes >> 6)).copied().unwrap_or(Inherit::None)
    }

    pub(crate) fn set_prot(&mut self, prot: Prot) {
        self.modes = pack(prot, self.max(), self.inherit());
    }

    pub(crate) fn set_max(&mut self, max: Prot) {
        self.modes = pack(self.prot(), max, self.inherit());
    }

    pub(crate) fn set_inherit(&mut self, inherit: Inherit) {
        self.modes = pack(self.prot(), self.max(), inherit);
    }

    pub(crate) const fn has(&self, flags: EntryFlags) -> bool {
        self.flags.contains(flags)
    }

    pub(crate) const fn has_any(&self, flags: EntryFlags) -> bool {
        self.flags.intersects(flags)
    }

    /// Wirings that are not the user's (rule 10.1).
    pub(crate) const fn system_wired(&self) -> u32 {
        self.wired.saturating_sub(self.has(EntryFlags::USER_WIRED) as u32)
    }

    /// Takes advice (rule 5.2).
    pub(crate) fn advise(&mut self, advice: Advice) {
        match advice {
            Advice::Normal => self.access = Access::Normal,
            Advice::Sequential => self.access = Access::Sequential,
            Advice::Random => self.access = Access::Random,
            Advice::NoSync => self.flags |= EntryFlags::NOSYNC,
            Advice::AutoSync => self.flags = self.flags.difference(EntryFlags::NOSYNC),
            Advice::NoCore => self.flags |= EntryFlags::NOCOREDUMP,
            Advice::Core => self.flags = self.flags.difference(EntryFlags::NOCOREDUMP),
        }
    }

    /// The same protection, maximum and inheritance?
    pub(crate) fn same_modes(&self, other: &Self) -> bool {
        self.modes == other.modes
    }
}

impl<O: Clone + PartialEq> Body<O> {
    /// May this body, of an entry of `length` bytes, and `upper`, which touches it from above,
    /// become one (rule 3.1)?
    pub(crate) fn merges_with(&self, length: u64, upper: &Self) -> bool {
        self.flags == upper.flags
            && self.modes == upper.modes
            && self.access == upper.access
            && self.wired == upper.wired
            && self.object == upper.object
            // Wraps, as offsets do in the rules.
            && (self.object.is_none() || self.offset.wrapping_add(length) == upper.offset)
    }

    /// The public view of an entry with this body.
    pub(crate) fn view(&self, start: u64, end: u64) -> Entry<&O> {
        Entry {
            range: AddrRange::between(start, end),
            prot: self.prot(),
            max: self.max(),
            inherit: self.inherit(),
            access: self.access,
            wired: self.wired,
            flags: self.flags,
            object: self.object.as_ref(),
            offset: self.offset,
            avail: Size::new(self.avail),
        }
    }
}

// The memory of a map is mostly bodies; see the budget in the README.
const _: () = assert!(size_of::<Body<core::num::NonZeroU64>>() == 32);
