//! What a page fault is answered: the entry to serve it from, or why there is none.

use core::fmt;

use crate::entry::Entry;
use crate::flags::{EntryFlags, Prot};
use crate::num::{Addr, Size};
use crate::objects::Swap;
use crate::range::AddrRange;
use crate::refusal::Refusal;

/// A page fault that can be served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault<O> {
    /// The entry that holds the address now. The page to map is at
    /// [`offset_of`](Self::offset_of) in its object.
    pub entry: Entry<O>,
    /// What a stack grew by to hold the address, if it had to.
    pub grown: Option<AddrRange>,
}

impl<O> Fault<O> {
    /// The most that the page table may allow: the entry's protection, but for writing if the page
    /// is still to be copied on write.
    #[must_use]
    pub const fn page_prot(&self) -> Prot {
        if self.entry.flags.contains(EntryFlags::NEEDS_COPY) {
            self.entry.prot.difference(Prot::WRITE)
        } else {
            self.entry.prot
        }
    }

    /// Where an address of the entry is in its object, in bytes.
    #[must_use]
    pub const fn offset_of(&self, addr: Addr) -> u64 {
        self.entry.offset.wrapping_add(addr.get().wrapping_sub(self.entry.range.start().get()))
    }
}

/// Why a page fault cannot be served. For all of these POSIX has a `SIGSEGV` or a `SIGBUS`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FaultError {
    /// The address is not mapped, and next to no stack that could grow to it (`SEGV_MAPERR`).
    Unmapped {
        /// The address.
        addr: Addr,
    },
    /// The entry does not allow the access (`SEGV_ACCERR`).
    NoPermission {
        /// Where the entry is.
        entry: AddrRange,
        /// What it allows.
        prot: Prot,
        /// The access.
        access: Prot,
    },
    /// The stack next to the address is refused the growth (`SEGV_MAPERR`, or `SIGBUS`).
    Growth(Refusal),
    /// The swap for a private copy is short (`SIGBUS`).
    Swap {
        /// Bytes of swap wanted: the length of the entry.
        wanted: Size,
        /// Swap reserved, and the limit.
        swap: Swap,
    },
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmapped { addr } => write!(f, "{addr} is not mapped, and no stack grows to it"),
            Self::NoPermission { entry, prot, access } => {
                write!(f, "{access} asked for, the entry {entry} allows {prot}")
            }
            Self::Growth(refusal) => write!(f, "the stack cannot grow: {refusal}"),
            Self::Swap { wanted, swap: Swap { reserved, limit } } => {
                write!(f, "{wanted} bytes of swap wanted, {reserved} of {limit} reserved")
            }
        }
    }
}

impl core::error::Error for FaultError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Growth(refusal) => Some(refusal),
            _ => None,
        }
    }
}
