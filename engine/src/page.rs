//! The size of a page.

use core::num::NonZeroU64;

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
    /// One bit.
    bytes: NonZeroU64,
}

impl PageSize {
    /// 4 KiB: amd64 and most others.
    pub const KIB_4: Self = Self::of(0x1000);
    /// 16 KiB: arm64, as Apple and Android have it.
    pub const KIB_16: Self = Self::of(0x4000);
    /// 64 KiB: arm64 and POWER servers.
    pub const KIB_64: Self = Self::of(0x1_0000);

    /// A page of `bytes`; `None` if that is not a power of two.
    #[must_use]
    pub const fn new(bytes: Size) -> Option<Self> {
        match NonZeroU64::new(bytes.get()) {
            Some(bytes) if bytes.is_power_of_two() => Some(Self { bytes }),
            _ => None,
        }
    }

    /// A page of a constant number of bytes: what is no power of two does not compile.
    pub(crate) const fn of(bytes: u64) -> Self {
        match Self::new(Size::new(bytes)) {
            Some(page) => page,
            None => panic!("a page whose size is no power of two"),
        }
    }

    /// One page.
    #[inline]
    #[must_use]
    pub const fn size(self) -> Size {
        Size::new(self.bytes.get())
    }

    /// The bytes of one page, as a step of growth.
    #[must_use]
    pub const fn bytes(self) -> NonZeroU64 {
        self.bytes
    }

    /// `count` pages, modulo 2^64 bytes.
    #[inline]
    #[must_use]
    pub const fn pages(self, count: u64) -> Size {
        Size::new(count.wrapping_mul(self.bytes.get()))
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
        size.get() / self.bytes.get()
    }

    /// Pages that hold `size` bytes from the start of one on.
    #[inline]
    #[must_use]
    pub const fn to_hold(self, size: Size) -> u64 {
        size.get().div_ceil(self.bytes.get())
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
        self.bytes.get() - 1
    }
}
