//! What a map keeps of its entries and counters, and what it leaves out.

use growstack::{Access, EntryFlags, Inherit, Prot, Size};

use crate::answer::{Row, Summary};

/// The columns of a dump that mean something for a map. Two maps are compared in what both keep.
///
/// Leave out a column only together with the operations that depend on it: entries merge only
/// where all attributes are equal (rule 3.1), so a map that has no offsets and yet maps objects
/// has other entries than one that has them, whatever is compared.
///
/// ```
/// use growstack_fuzz::keeps::Keeps;
/// let mine = Keeps { offset: false, reserved: false, ..Keeps::ALL };
/// assert!(mine.and(Keeps::ALL) == mine);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keeps {
    /// The list of entries and their number. Without it no other column of an entry counts.
    pub entries: bool,
    /// The protection in force.
    pub prot: bool,
    /// The most protection.
    pub max: bool,
    /// What a child gets at fork.
    pub inherit: bool,
    /// The access pattern.
    pub access: bool,
    /// How often an entry is wired.
    pub wired: bool,
    /// Those of the other flags that are kept.
    pub flags: EntryFlags,
    /// The backing object.
    pub object: bool,
    /// The offset into it.
    pub offset: bool,
    /// How much further a stack may grow.
    pub avail: bool,
    /// The counter of bytes mapped.
    pub size: bool,
    /// The counter of pages that the main stack has grown by.
    pub ssize: bool,
    /// The counter of swap reserved.
    pub reserved: bool,
    /// The counter of pages wired.
    pub wired_pages: bool,
}

impl Keeps {
    /// Everything: what the engine and the reference keep.
    pub const ALL: Self = Self {
        entries: true,
        prot: true,
        max: true,
        inherit: true,
        access: true,
        wired: true,
        flags: EntryFlags::ALL,
        object: true,
        offset: true,
        avail: true,
        size: true,
        ssize: true,
        reserved: true,
        wired_pages: true,
    };

    /// The bounds of entries and nothing else: a start for a list of what a map does keep.
    pub const BOUNDS: Self = Self {
        entries: true,
        prot: false,
        max: false,
        inherit: false,
        access: false,
        wired: false,
        flags: EntryFlags::NONE,
        object: false,
        offset: false,
        avail: false,
        size: false,
        ssize: false,
        reserved: false,
        wired_pages: false,
    };

    /// Nothing at all: such a map is compared by its answers.
    pub const NOTHING: Self = Self { entries: false, ..Self::BOUNDS };

    /// What both keep.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            entries: self.entries && other.entries,
            prot: self.prot && other.prot,
            max: self.max && other.max,
            inherit: self.inherit && other.inherit,
            access: self.access && other.access,
            wired: self.wired && other.wired,
            flags: self.flags.and(other.flags),
            object: self.object && other.object,
            offset: self.offset && other.offset,
            avail: self.avail && other.avail,
            size: self.size && other.size,
            ssize: self.ssize && other.ssize,
            reserved: self.reserved && other.reserved,
            wired_pages: self.wired_pages && other.wired_pages,
        }
    }

    /// `row` with everything that is not kept at one value.
    #[must_use]
    pub fn row(&self, row: &Row) -> Row {
        Row {
            range: row.range,
            prot: if self.prot { row.prot } else { Prot::NONE },
            max: if self.max { row.max } else { Prot::NONE },
            inherit: if self.inherit { row.inherit } else { Inherit::Copy },
            access: if self.access { row.access } else { Access::Normal },
            wired: if self.wired { row.wired } else { 0 },
            flags: row.flags.and(self.flags),
            object: row.object.filter(|_| self.object),
            offset: if self.offset { row.offset } else { 0 },
            avail: if self.avail { row.avail } else { Size::ZERO },
        }
    }

    /// `summary` with everything that is not kept at one value.
    #[must_use]
    pub const fn summary(&self, summary: Summary) -> Summary {
        Summary {
            size: if self.size { summary.size } else { Size::ZERO },
            entries: if self.entries { summary.entries } else { 0 },
            ssize: if self.ssize { summary.ssize } else { 0 },
            reserved: if self.reserved { summary.reserved } else { Size::ZERO },
            wired: if self.wired_pages { summary.wired } else { 0 },
            maxsaddr: summary.maxsaddr,
        }
    }
}
