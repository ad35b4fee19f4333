//! The size of a page.

use crate::num::Size;
use crate::range::AddrRange;

/// The size of a page, in bytes: a power of two.
///
/// Growth, wiring and the stack limit count in pages; a map takes the size from its
/// [`Objects`](crate::Objects). Sums wrap modulo 2^64, as the rules say.
///
/// ```
/// use growstack::{Addr, AddrRange, PageSize, Size};
/// let page = PageSize::KIB_16;
/// assert_eq!(page.round_up(Size::new(0x4001)), Size::new(0x8000));
/// let range = AddrRange::new(Addr::new(0x3fff), Addr::new(0x4001)).unwrap();
/// assert_eq!(page.count(range), 2);
/// assert!(PageSize::new(Size::new(0x3000)).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PageSize {
    shift: u32,
}

impl PageSize {
    /// 4 KiB: amd64 and most others.
    pub const KIB_4: Self = Self { shift: 12 };
    /// 16 KiB: arm64, as Apple and Android have it.
    pub const KIB_16: Self = Self { shift: 14 };
    /// 64 KiB: arm64 and POWER servers.
    pub const KIB_64: Self = Self { shift: 16 };

    /// A page of `bytes`; `None` if that is not a power of two.
    #[must_use]
    pub const fn new(bytes: Size) -> Option<Self> {
        if bytes.get().is_power_of_two() {
            Some(Self { shift: bytes.get().trailing_zeros() })
        } else {
            None
        }
    }

    /// One page.
    #[inline]
    #[must_use]
    pub const fn size(self) -> Size {
        Size::new(1 << self.shift)
    }

    /// `count` pages, modulo 2^64 bytes.
    #[inline]
    #[must_use]
    pub const fn pages(self, count: u64) -> Size {
        Size::new(count.wrapping_mul(1 << self.shift))
    }

    /// `size` rounded up to whole pages, modulo 2^64: 0 in the last page of all.
    #[inline]
    #[must_use]
    pub const fn round_up(self, size: Size) -> Size {
        self.round_down(Size::new(size.get().wrapping_add(self.mask())))
    }

    /// `size` rounded down to whole pages.
    #[inline]
    #[must_use]
    pub const fn round_down(self, size: Size) -> Size {
        Size::new(size.get() & !self.mask())
    }

    /// Whole pages in `size`.
    #[inline]
    #[must_use]
    pub const fn whole(self, size: Size) -> u64 {
        size.get() >> self.shift
    }

    /// Pages that hold `size` bytes from the start of one on.
    #[inline]
    #[must_use]
    pub const fn to_hold(self, size: Size) -> u64 {
        size.get().div_ceil(1 << self.shift)
    }

    /// Pages that a range touches (rule 16.2): from its start rounded down to its end rounded up, so
    /// that one from the first page of all to the last counts 0.
    #[inline]
    #[must_use]
    pub const fn count(self, range: AddrRange) -> u64 {
        let first = self.round_down(Size::new(range.start().get()));
        let past = self.round_up(Size::new(range.end().get()));
        self.whole(past.wrapping_sub(first))
    }

    const fn mask(self) -> u64 {
        (1 << self.shift) - 1
    }
}
