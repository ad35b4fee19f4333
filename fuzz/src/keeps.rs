//! Which columns of a map are compared, and how.

use growstack::{Access, EntryFlags, Inherit, Prot, Size};

use crate::answer::{Row, Summary};

/// How the entries of two maps are compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Entries {
    /// Not at all; then no column of an entry counts.
    Ignored,
    /// Page by page: whether a page is mapped, and its attributes. How many entries a stretch of
    /// equal pages is made of does not count, nor does their number. For maps that merge more or
    /// less than FreeBSD does (rules 3.2 to 3.4).
    ///
    /// `lookup` is compared only in whether the address is mapped. The offset counts for pages of
    /// an object, and only if the object does; `avail`, which belongs to an entry and not to a page,
    /// never counts.
    Stretches,
    /// Entry by entry.
    Exact,
}

/// The columns that mean something for a map. Two maps are compared in what both keep.
///
/// With [`Entries::Exact`], leave out a column only together with the operations that depend on it:
/// entries merge only where all attributes are equal (rule 3.1), so a map that has no offsets and
/// yet maps objects has other entries than one that has them, whatever is compared.
///
/// More columns may come, so start from a constant and change it:
///
/// ```
/// use growstack_fuzz::keeps::Keeps;
/// let mine = Keeps::ALL.with(|keeps| {
///     keeps.offset = false;
///     keeps.reserved = false;
/// });
/// assert!(mine.and(Keeps::ALL) == mine);
/// assert_eq!(mine.missing().collect::<Vec<_>>(), ["offset", "reserved"]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Keeps {
    /// How the list of entries is compared.
    pub entries: Entries,
    /// Which code a refusal has. Without it, answers are compared by class: some refusal, or
    /// success.
    pub codes: bool,
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
    /// Everything: what the engine and the oracle keep.
    pub const ALL: Self = Self {
        entries: Entries::Exact,
        codes: true,
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
        entries: Entries::Exact,
        codes: true,
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

    /// What a map of your own most likely has: which pages are mapped, their protection in force,
    /// how many bytes that is, and whether an operation succeeds.
    pub const PAGES: Self =
        Self { entries: Entries::Stretches, codes: false, prot: true, size: true, ..Self::BOUNDS };

    /// Nothing but the answers.
    pub const NOTHING: Self = Self { entries: Entries::Ignored, ..Self::BOUNDS };

    /// The same with some columns changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// What both keep.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        let entries = if (self.entries as u8) < other.entries as u8 { self } else { other }.entries;
        Self {
            entries,
            codes: self.codes && other.codes,
            prot: self.prot && other.prot,
            max: self.max && other.max,
            inherit: self.inherit && other.inherit,
            access: self.access && other.access,
            wired: self.wired && other.wired,
            flags: self.flags.intersection(other.flags),
            object: self.object && other.object,
            offset: self.offset && other.offset,
            avail: self.avail && other.avail,
            size: self.size && other.size,
            ssize: self.ssize && other.ssize,
            reserved: self.reserved && other.reserved,
            wired_pages: self.wired_pages && other.wired_pages,
        }
    }

    /// The names of what is not compared, for a person to read.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        let rows = self.entries != Entries::Ignored;
        let exact = self.entries == Entries::Exact;
        [
            ("entries", rows),
            ("how entries merge", exact || !rows),
            ("codes of refusals", self.codes),
            ("prot", self.prot && rows),
            ("max", self.max && rows),
            ("inherit", self.inherit && rows),
            ("access", self.access && rows),
            ("wired", self.wired && rows),
            ("some flags", self.flags == EntryFlags::ALL && rows),
            ("object", self.object && rows),
            ("offset", self.offset && rows),
            ("avail", self.avail && exact),
            ("size", self.size),
            ("ssize", self.ssize),
            ("reserved", self.reserved),
            ("wired pages", self.wired_pages),
        ]
        .into_iter()
        .filter_map(|(name, kept)| (!kept).then_some(name))
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
            flags: row.flags.intersection(self.flags),
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
            entries: if matches!(self.entries, Entries::Exact) { summary.entries } else { 0 },
            ssize: if self.ssize { summary.ssize } else { 0 },
            reserved: if self.reserved { summary.reserved } else { Size::ZERO },
            wired: if self.wired_pages { summary.wired } else { 0 },
            maxsaddr: summary.maxsaddr,
        }
    }
}
