//! Addresses and sizes: unsigned 64-bit numbers of bytes that cannot be mixed up.
//!
//! The rules compute with unsigned 64-bit numbers that wrap, and add no overflow check that is not
//! stated. So there is no `+` here: an addition is spelled `wrapping_add` or `checked_add`.

use core::fmt;
use core::num::NonZeroU64;

/// Bytes in a page of 4 KiB, the default of [`Objects::PAGE`](crate::Objects::PAGE).
pub const PAGE_SIZE: u64 = 4096;

/// An address in a map, in bytes.
///
/// ```
/// use growstack::{Addr, Size};
/// let a = Addr::new(0x1000);
/// assert_eq!(a.checked_add(Size::new(0x10)), Some(Addr::new(0x1010)));
/// assert_eq!(Addr::new(0x3000).wrapping_sub(a), Size::new(0x2000));
/// assert_eq!(format!("{a}"), "0x1000");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Addr(u64);

/// A number of bytes.
///
/// ```
/// use growstack::Size;
/// assert_eq!(Size::pages(2), Size::new(8192));
/// assert_eq!(Size::new(5000).round_up_page(), Size::pages(2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Size(u64);

impl Addr {
    /// This address plus `size`, or `None` past 2^64 - 1.
    #[inline]
    #[must_use]
    pub const fn checked_add(self, size: Size) -> Option<Self> {
        match self.0.checked_add(size.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The distance from `lower` up to this address, modulo 2^64.
    #[inline]
    #[must_use]
    pub const fn wrapping_sub(self, lower: Self) -> Size {
        Size(self.0.wrapping_sub(lower.0))
    }

    /// The address `size` bytes below this one, modulo 2^64.
    #[inline]
    #[must_use]
    pub const fn wrapping_back(self, size: Size) -> Self {
        Self(self.0.wrapping_sub(size.0))
    }
}

impl Size {
    /// One page of 4 KiB.
    pub const PAGE: Self = Self(PAGE_SIZE);

    /// `count` pages of 4 KiB, modulo 2^64 bytes.
    #[inline]
    #[must_use]
    pub const fn pages(count: u64) -> Self {
        Self(count.wrapping_mul(PAGE_SIZE))
    }

    /// The difference, modulo 2^64.
    #[inline]
    #[must_use]
    pub const fn wrapping_sub(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    /// Rounded up to a multiple of `unit`, with the wrapping arithmetic of the rule book
    /// (`((x + u - 1) / u) * u`, any unit).
    ///
    /// ```
    /// use core::num::NonZeroU64;
    /// use growstack::Size;
    /// assert_eq!(Size::new(10).round_up(NonZeroU64::new(7).unwrap()), Size::new(14));
    /// ```
    #[inline]
    #[must_use]
    pub const fn round_up(self, unit: NonZeroU64) -> Self {
        let unit = unit.get();
        let sum = self.0.wrapping_add(unit).wrapping_sub(1);
        // A growth hardly ever takes more than one step, and a division takes long.
        let one = sum >= unit && sum - unit < unit;
        let quotient = if one { 1 } else { sum / unit };
        Self(quotient.wrapping_mul(unit))
    }
}

/// Defines what addresses and sizes have in common.
macro_rules! numbers {
    ($($name:ident: $highest:literal;)*) => {$(
        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);
            #[doc = $highest]
            pub const MAX: Self = Self(u64::MAX);

            /// The value of this number.
            #[inline]
            #[must_use]
            pub const fn new(bytes: u64) -> Self {
                Self(bytes)
            }

            /// The value as a number.
            #[inline]
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// This plus `size`, modulo 2^64.
            #[inline]
            #[must_use]
            pub const fn wrapping_add(self, size: Size) -> Self {
                Self(self.0.wrapping_add(size.0))
            }

            /// Rounded up to a page of 4 KiB, modulo 2^64.
            #[inline]
            #[must_use]
            pub const fn round_up_page(self) -> Self {
                Self(self.0.wrapping_add(PAGE_SIZE - 1) & !(PAGE_SIZE - 1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }
        debug_is_display!($name);
        in_base!($name: LowerHex, UpperHex, Octal, Binary);

        impl From<u64> for $name {
            fn from(bytes: u64) -> Self {
                Self(bytes)
            }
        }
        impl From<$name> for u64 {
            fn from(x: $name) -> u64 {
                x.0
            }
        }
    )*};
}

macro_rules! in_base {
    ($name:ident: $($base:ident),*) => {$(
        impl fmt::$base for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::$base::fmt(&self.0, f)
            }
        }
    )*};
}

numbers! {
    Addr: "The highest address, 2^64 - 1.";
    Size: "2^64 - 1 bytes: `inf` for swap. For other limits that is [`Limits::INFINITY`](crate::Limits::INFINITY).";
}
