//! What a growth did: the typed answer of `vm_map_growstack(9)`.

use crate::kern::KernReturn;
use crate::range::AddrRange;

/// Which way a stack grew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Direction {
    /// Towards lower addresses.
    Down,
    /// Towards higher addresses.
    Up,
}

/// How `grow` succeeded; each of these is `KERN_SUCCESS`.
///
/// ```
/// use growstack::{Growth, KernReturn};
/// // Success, as the kernel has it, is not to say that the fault can be retried.
/// assert_eq!(KernReturn::from(Growth::NoStack), KernReturn::Success);
/// assert!(!Growth::NoStack.is_mapped());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[must_use = "an address next to no stack stays unmapped, and is no error"]
pub enum Growth {
    /// 13.1: the address was mapped already.
    AlreadyMapped,
    /// 13.2: the address lies next to no stack that could grow to it. It stays unmapped, and the
    /// fault is an ordinary fault. Never by the rules of FreeBSD 14.2, which refuse it (D13.1).
    NoStack,
    /// The stack grew, and the address is mapped now.
    Grown {
        /// What was added.
        added: AddrRange,
        /// Which way.
        direction: Direction,
    },
}

impl Growth {
    /// What was added, if anything was.
    #[must_use]
    pub const fn added(self) -> Option<AddrRange> {
        match self {
            Self::Grown { added, .. } => Some(added),
            Self::AlreadyMapped | Self::NoStack => None,
        }
    }

    /// Is the address mapped now? If so, the access that faulted may be tried again.
    #[must_use]
    pub const fn is_mapped(self) -> bool {
        !matches!(self, Self::NoStack)
    }
}

impl From<Growth> for KernReturn {
    fn from(_: Growth) -> Self {
        Self::Success
    }
}
