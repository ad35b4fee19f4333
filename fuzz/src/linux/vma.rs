//! A VMA as `/proc/PID/smaps` shows it.

use std::fmt;

use bitflags::bitflags;
use growstack::{AddrRange, Prot};

use super::words::write_flags;

bitflags! {
    /// Attributes of a VMA, by their names in the line `VmFlags` of smaps. The numbers are our own.
    ///
    /// `mr`, `mw` and `me` are not among them: mappings have them nearly always, and rules L73 and L87
    /// say which do not.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
    pub struct VmaFlags: u32 {
        /// It may be read.
        const RD = 1;
        /// It may be written.
        const WR = 1 << 1;
        /// It may be executed.
        const EX = 1 << 2;
        /// It is shared, and may be written.
        const SH = 1 << 15;
        /// It is shared.
        const MS = 1 << 16;
        /// It grows down.
        const GD = 1 << 3;
        /// Its pages are not the kernel's to count.
        const PF = 1 << 17;
        /// It is locked.
        const LO = 1 << 4;
        /// Its pages are no memory.
        const IO = 1 << 18;
        /// Advice: sequential.
        const SR = 1 << 5;
        /// Advice: random.
        const RR = 1 << 6;
        /// Not copied on fork.
        const DC = 1 << 7;
        /// It does not get longer.
        const DE = 1 << 19;
        /// Locked page by page as they are touched.
        const LF = 1 << 8;
        /// Accounted: what it may need is charged.
        const AC = 1 << 9;
        /// No reserve: never accounted.
        const NR = 1 << 10;
        /// Wiped on fork.
        const WF = 1 << 11;
        /// Not dumped.
        const DD = 1 << 12;
        /// With huge pages.
        const HG = 1 << 20;
        /// Without huge pages.
        const NH = 1 << 13;
        /// It may have guard pages.
        const GU = 1 << 14;
    }
}

impl VmaFlags {
    /// Any access.
    pub const ACCESS: Self = Self::RD.union(Self::WR).union(Self::EX);

    /// What only the kernel's own mappings have.
    pub const SPECIAL: Self = Self::PF.union(Self::IO).union(Self::DE);

    /// What `/proc/PID/maps` shows of them.
    pub const IN_MAPS: Self = Self::ACCESS;

    /// The flags that stand for a protection.
    #[must_use]
    pub const fn of(prot: Prot) -> Self {
        Self::from_bits_truncate(prot.bits() as u32)
    }

    /// The protection that they stand for.
    #[must_use]
    pub const fn prot(self) -> Prot {
        #[allow(clippy::cast_possible_truncation)] // Three bits.
        Prot::from_bits_truncate(self.intersection(Self::ACCESS).bits() as u8)
    }
}

impl fmt::Display for VmaFlags {
    /// As smaps has them, with blanks between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_flags(self, " ", f)
    }
}

/// A VMA: what anyone can see of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Vma {
    /// Where it is.
    pub range: AddrRange,
    /// Its attributes.
    pub flags: VmaFlags,
    /// Its protection key; 0 is the key of everything that has none of its own.
    pub key: u8,
}

impl fmt::Display for Vma {
    /// As traces have it: `START END FLAGS`, and the key if it is not 0.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { range, flags, key } = self;
        write!(f, "{} {} {flags}", range.start(), range.end())?;
        if *key == 0 { Ok(()) } else { write!(f, " pkey={key}") }
    }
}

/// What a map shows of its VMAs. Ranges and the protection are always shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The flags.
    pub flags: VmaFlags,
    /// The protection key?
    pub key: bool,
    /// Where one VMA ends and the next one, with the same flags, begins?
    pub bounds: bool,
}

impl Shown {
    /// Everything.
    pub const ALL: Self = Self { flags: VmaFlags::all(), key: true, bounds: true };

    /// What `/proc/PID/maps` and `PROCMAP_QUERY` show.
    pub const MAPS: Self = Self { flags: VmaFlags::IN_MAPS, key: false, bounds: true };

    /// What both show.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            flags: self.flags.intersection(other.flags),
            key: self.key && other.key,
            bounds: self.bounds && other.bounds,
        }
    }

    /// The VMA as far as it is shown.
    #[must_use]
    pub const fn of(self, vma: Vma) -> Vma {
        let key = if self.key { vma.key } else { 0 };
        Vma { range: vma.range, flags: vma.flags.intersection(self.flags), key }
    }
}
