//! A stretch of addresses that is never empty.

use core::fmt;

use crate::num::{Addr, Size};
use crate::page::PageSize;

/// The addresses from `start` up to, and without, `end`; never empty.
///
/// ```
/// use growstack::{Addr, AddrRange};
/// let r = AddrRange::new(Addr::new(0x1000), Addr::new(0x3000)).unwrap();
/// assert!(r.contains(Addr::new(0x2fff)) && !r.contains(r.end()));
/// assert_eq!(r.len().get(), 0x2000);
/// assert!(AddrRange::new(r.end(), r.start()).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddrRange {
    start: Addr,
    end: Addr,
}

impl AddrRange {
    /// Every address but the last, 2^64 - 1, which no range holds.
    pub const ALL: Self = Self { start: Addr::ZERO, end: Addr::MAX };

    /// The range, or `None` if it would be empty or reversed.
    #[inline]
    #[must_use]
    pub const fn new(start: Addr, end: Addr) -> Option<Self> {
        if start.get() < end.get() { Some(Self { start, end }) } else { None }
    }

    /// The range between two bounds that the caller knows to be in order.
    #[inline]
    pub(crate) const fn between(start: u64, end: u64) -> Self {
        debug_assert!(start < end);
        Self { start: Addr::new(start), end: Addr::new(end) }
    }

    /// The first address.
    #[inline]
    #[must_use]
    pub const fn start(self) -> Addr {
        self.start
    }

    /// The first address past the range.
    #[inline]
    #[must_use]
    pub const fn end(self) -> Addr {
        self.end
    }

    /// Length in bytes; never zero, hence no `is_empty`.
    #[inline]
    #[must_use]
    #[allow(clippy::len_without_is_empty)]
    pub const fn len(self) -> Size {
        self.end.wrapping_sub(self.start)
    }

    /// Does the range hold `addr`?
    #[inline]
    #[must_use]
    pub const fn contains(self, addr: Addr) -> bool {
        self.start.get() <= addr.get() && addr.get() < self.end.get()
    }

    /// Pages of 4 KiB that the range touches; for others, [`PageSize::count`].
    #[inline]
    #[must_use]
    pub const fn pages(self) -> u64 {
        PageSize::KIB_4.count(self)
    }
}

impl fmt::Display for AddrRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.start, self.end)
    }
}
debug_is_display!(AddrRange);
