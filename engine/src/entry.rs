//! An entry: a stretch of addresses mapped in one way.

use crate::attr::{Access, Inherit};
use crate::flags::{EntryFlags, Prot};
use crate::num::Size;
use crate::range::AddrRange;

/// One entry of a map, with everything that rule 1.3 says it carries.
///
/// This is a view: maps hand it out by value, and nothing changes when it is edited. `O` is the
/// handle of the backing object, or a reference to it.
///
/// The `Display` of a map prints one line for each of these.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Entry<O> {
    /// Where it is.
    pub range: AddrRange,
    /// The protection in force.
    pub prot: Prot,
    /// The most protection that may be asked for.
    pub max: Prot,
    /// What a child gets at fork.
    pub inherit: Inherit,
    /// The access pattern to expect.
    pub access: Access,
    /// How often it is wired; the user's wiring counts once.
    pub wired: u32,
    /// All else that is on or off.
    pub flags: EntryFlags,
    /// The backing object; anonymous memory has none.
    pub object: Option<O>,
    /// The offset into the object, in bytes; kept for anonymous entries too (rule 4.1).
    pub offset: u64,
    /// How much further a stack may grow, in bytes (`avail_ssize`). Kept, and of no effect, when
    /// no growth flag is set; see [`shown_avail`](Self::shown_avail). In FreeBSD 14.2 the gap of a
    /// stack has its guard bytes here; in Linux it is the number of the entry's anonymous memory, or 0.
    pub avail: Size,
}

impl<O> Entry<O> {
    /// Can it grow in any direction?
    #[must_use]
    pub const fn is_stack(&self) -> bool {
        self.flags.intersects(EntryFlags::GROWTH)
    }

    /// `avail` as dumps show it: 0 unless a growth flag is set (rule 1.3) or it is a stack's gap.
    #[must_use]
    pub const fn shown_avail(&self) -> Size {
        let shows = EntryFlags::GROWTH.union(EntryFlags::STACK_GAP);
        if self.flags.intersects(shows) { self.avail } else { Size::ZERO }
    }
}

impl<O: Clone> Entry<&O> {
    /// The same with a handle of its own.
    #[must_use]
    pub fn cloned(self) -> Entry<O> {
        let Self { range, prot, max, inherit, access, wired, flags, object, offset, avail } = self;
        let object = object.cloned();
        Entry { range, prot, max, inherit, access, wired, flags, object, offset, avail }
    }
}
