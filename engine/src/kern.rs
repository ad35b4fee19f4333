//! The return codes of the Mach VM interface, which FreeBSD kept.

use core::fmt;

/// A `KERN_*` return code, with the kernel's own number.
///
/// ```
/// use growstack::KernReturn;
/// assert_eq!(KernReturn::NoSpace.name(), "KERN_NO_SPACE");
/// assert_eq!(KernReturn::NoSpace.code(), 3);
/// assert_eq!(KernReturn::from_name("KERN_NO_SPACE"), Some(KernReturn::NoSpace));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[repr(u8)]
pub enum KernReturn {
    /// It was done.
    Success = 0,
    /// An address is outside the map, or not mapped where it must be.
    InvalidAddress = 1,
    /// More protection was asked for than the entry's maximum allows.
    ProtectionFailure = 2,
    /// The space is taken, or a limit forbids it.
    NoSpace = 3,
    /// The arguments contradict each other.
    InvalidArgument = 4,
    /// An object cannot be extended (17.19), or the index is broken (16.8).
    Failure = 5,
    /// Swap or memory is short.
    ResourceShortage = 6,
    /// A protection goes beyond the maximum given with it. FreeBSD 14.2 alone.
    OutOfBounds = 9,
}

impl KernReturn {
    /// Every code, in the order of its number.
    pub const ALL: &'static [Self] = &[
        Self::Success,
        Self::InvalidAddress,
        Self::ProtectionFailure,
        Self::NoSpace,
        Self::InvalidArgument,
        Self::Failure,
        Self::ResourceShortage,
        Self::OutOfBounds,
    ];

    /// The kernel's number for it.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kernel's name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "KERN_SUCCESS",
            Self::InvalidAddress => "KERN_INVALID_ADDRESS",
            Self::ProtectionFailure => "KERN_PROTECTION_FAILURE",
            Self::NoSpace => "KERN_NO_SPACE",
            Self::InvalidArgument => "KERN_INVALID_ARGUMENT",
            Self::Failure => "KERN_FAILURE",
            Self::ResourceShortage => "KERN_RESOURCE_SHORTAGE",
            Self::OutOfBounds => "KERN_OUT_OF_BOUNDS",
        }
    }

    /// The error number that system calls answer it with; 0 for success.
    ///
    /// As FreeBSD's `mmap` has it, and for a shortage its `mprotect`: `EACCES` (13) for a protection,
    /// `EINVAL` (22) for arguments and failures, `ENOMEM` (12) for what is not mapped, taken, or short.
    /// `ENOTSUP` (45) for bounds. The numbers are those of Linux, too, but for the last. For `EEXIST` of its `MAP_FIXED_NOREPLACE`, look for
    /// [`Refusal::StartMapped`](crate::Refusal::StartMapped) and
    /// [`Refusal::NextBelowEnd`](crate::Refusal::NextBelowEnd).
    ///
    /// ```
    /// use growstack::KernReturn;
    /// assert_eq!(KernReturn::NoSpace.errno(), 12);
    /// ```
    #[must_use]
    pub const fn errno(self) -> i32 {
        match self {
            Self::Success => 0,
            Self::InvalidAddress | Self::NoSpace | Self::ResourceShortage => 12,
            Self::ProtectionFailure => 13,
            Self::InvalidArgument | Self::Failure => 22,
            Self::OutOfBounds => 45,
        }
    }

    /// The code of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.name() == name)
    }
}

impl fmt::Display for KernReturn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
