//! Alignment of addresses.

use crate::num::{Addr, Size};
use crate::page::PageSize;

/// The addresses that a search may answer: those that leave the same remainder, 0 at first, when
/// divided by a power of two.
///
/// ```
/// use growstack::{Addr, Alignment, Size};
/// let large = Alignment::new(Size::new(2 << 20)).expect("a power of two");
/// assert_eq!(large.up(Addr::new(0x20_0001)), Some(Addr::new(0x40_0000)));
/// assert_eq!(large.down(Addr::new(0x3f_ffff)), Some(Addr::new(0x20_0000)));
/// assert_eq!(large.up(Addr::MAX), None);
/// assert!(Alignment::new(Size::new(3)).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Alignment {
    /// The power of two, less one.
    mask: u64,
    /// The remainder, which is not above it.
    remainder: u64,
}

impl Alignment {
    /// Any address.
    pub const BYTE: Self = Self { mask: 0, remainder: 0 };

    /// The multiples of `bytes`; `None` if that is not a power of two.
    #[must_use]
    pub const fn new(bytes: Size) -> Option<Self> {
        if bytes.get().is_power_of_two() {
            Some(Self { mask: bytes.get() - 1, remainder: 0 })
        } else {
            None
        }
    }

    /// The starts of pages.
    #[must_use]
    pub const fn page(page: PageSize) -> Self {
        Self { mask: page.size().get() - 1, remainder: 0 }
    }

    /// Instead, the addresses that leave the remainder that `offset` does.
    ///
    /// A file mapped from `offset` on can have large pages if its address is as far past a large
    /// page as the offset is. Linux calls this `align_offset`; FreeBSD does it for
    /// `VMFS_OPTIMAL_SPACE`.
    ///
    /// ```
    /// use growstack::{Addr, Alignment, Size};
    /// let large = Alignment::new(Size::new(2 << 20)).expect("a power of two");
    /// assert_eq!(large.like(0x60_3000).up(Addr::ZERO), Some(Addr::new(0x3000)));
    /// ```
    #[must_use]
    pub const fn like(self, offset: u64) -> Self {
        Self { mask: self.mask, remainder: offset & self.mask }
    }

    /// The lowest such address at or above `addr`; `None` if 2^64 comes before it.
    #[inline]
    #[must_use]
    pub const fn up(self, addr: Addr) -> Option<Addr> {
        let short = self.remainder.wrapping_sub(addr.get()) & self.mask;
        addr.checked_add(Size::new(short))
    }

    /// The highest such address at or below `addr`; `None` if there is none.
    #[inline]
    #[must_use]
    pub const fn down(self, addr: Addr) -> Option<Addr> {
        let beyond = addr.get().wrapping_sub(self.remainder) & self.mask;
        match addr.get().checked_sub(beyond) {
            Some(down) => Some(Addr::new(down)),
            None => None,
        }
    }
}
