//! What a growth did: the typed answer of `vm_map_growstack(9)`.

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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Growth {
    /// 13.1: the address was mapped already.
    AlreadyMapped,
    /// 13.2: the address lies next to no stack that could grow to it. It stays unmapped, and the
    /// fault is an ordinary fault.
    NoStack,
    /// The stack grew, and the address is mapped now.
    Grown {
        /// What was added.
        added: AddrRange,
        /// Which way.
        direction: Direction,
    },
}
