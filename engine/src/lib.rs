//! A VM map with growable stacks: FreeBSD's [`vm_map_stack(9)`] and `vm_map_growstack(9)`, and the
//! part of `vm_map(9)` that they stand on, for kernels, hypervisors, unikernels and emulators.
//!
//! - A [`VmMap`] is an address space: disjoint [entries](Entry) in a B+tree, with the operations
//!   [`insert`](VmMap::insert), [`fixed`](VmMap::fixed), [`find`](VmMap::find),
//!   [`remove`](VmMap::remove), [`protect`](VmMap::protect), [`inherit`](VmMap::inherit),
//!   [`advise`](VmMap::advise), [`wire`](VmMap::wire) and [`unwire`](VmMap::unwire). It answers
//!   where there is [free space](VmMap::free_space), and walks its [entries](VmMap::entries_in) and
//!   [gaps](VmMap::gaps_in) both ways.
//! - A [`VmSpace`] is a map with limits; its [`stack`](VmSpace::stack) and
//!   [`grow`](VmSpace::grow) make stacks and grow them, [`fault`](VmSpace::fault) serves a page fault,
//!   and [`fork`](VmSpace::fork) makes a child.
//! - [`Objects`] is what the kernel brings: backing objects, and the account of swap. [`Plain`] is
//!   enough for maps that know objects by handles alone.
//!
//! What each operation answers follows the [rule book](rules), in which every rule has a number; doc
//! comments and [`Refusal`]s name them. The answers were compared with those of the real kernel's
//! code.
//!
//! The rules are those of FreeBSD 9.3, unless the type of a map says otherwise: [`Freebsd14`] is a
//! [kernel](Kernel), too, in which the reserve of a stack is protected. Its rules are those of 9.3 but
//! for what has a number with a D. [`Linux`] is a third, with rules of its own (L), for kernels that follow
//! that one: stacks without a reserve, which grow in place. There is no switch at run time: whichever is used costs nothing for
//! the other.
//!
//! # Features
//!
//! | feature | adds | dependencies |
//! |---|---|---|
//! | none (default) | [`VmMap`] and [`VmSpace`], `no_std` with `alloc` | none |
//! | `shared` | the module `shared`: a `SharedVmSpace` for many threads, in which a fault on a mapped address takes no lock; with locks of your own | `lock_api`, `once_cell` |
//! | `parking_lot` | `shared` with the locks of that crate | and `parking_lot` |
//! | `unstable` | for the harness: the index of a map alone, as the module `tree`, and `VmMap::with_width`. Any release may change them | none |
//!
//! Rust 1.88 or newer. Addresses are 64-bit, whatever the machine; pages are 4 KiB, unless
//! [`Objects::PAGE`] says otherwise.
//!
//! # Why not a `BTreeMap`?
//!
//! It finds an entry as well. But a fault wants the entry *or both its neighbours*, which takes a
//! `BTreeMap` two descents; it cannot find a gap that is large enough; and it allocates when it
//! pleases and cannot be refused memory, which code inside a page fault cannot live with. The
//! index here answers the first in one descent and one leaf, keeps the largest gap of every
//! subtree, and takes its nodes from an arena that can be filled beforehand
//! ([`VmMap::reserve_nodes`]), so that a growth never allocates.
//!
//! # What it costs
//!
//! Look-ups, growth, insertion, removal and the search for space are O(log n). An entry takes some
//! 70 bytes. No operation panics, loops or overflows, whatever the numbers: sums are checked, or
//! wrap where a rule says so.
//!
//! # Example
//!
//! The map does not touch page tables. Every operation calls your closure with the ranges it
//! mapped, unmapped or re-protected; update page tables and TLBs there:
//!
//! ```
//! use growstack::{Addr, Change, Size, StackRequest, VmMap, VmSpace};
//!
//! # fn main() -> Result<(), growstack::Refusal> {
//! # let (mut map_page_tables, mut shoot_down) = (|_, _| (), |_| ());
//! let map = VmMap::new(Addr::new(0x1000), Addr::new(0x8000_0000_0000));
//! let mut process = VmSpace::new(map, Default::default(), Default::default());
//! let mut follow = |change| match change {
//!     Change::Mapped(range, prot) | Change::Protected(range, prot) => map_page_tables(range, prot),
//!     Change::Unmapped(range) | Change::CopyOnWrite(range) => shoot_down(range),
//!     Change::Wired(_) | Change::Unwired(_) => {}
//! };
//! process.stack(StackRequest::down(Addr::new(0x10_0000), Size::new(0x80_0000)), &mut follow)?;
//! let growth = process.grow(Addr::new(0x8d_fff8), &mut follow)?; // the faulting address
//! assert!(growth.is_mapped()); // if not, it is next to no stack
//! # Ok(()) }
//! ```
//!
//! [`vm_map_stack(9)`]: https://man.freebsd.org/cgi/man.cgi?query=vm_map_stack&sektion=9

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

/// Lets `Debug` print what `Display` does.
macro_rules! debug_is_display {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

mod alignment;
mod attr;
mod change;
mod entry;
mod fault;
mod flags;
mod freebsd14;
mod freebsd9;
mod growth;
mod kern;
mod limits;
mod linux;
mod map;
mod num;
mod objects;
mod page;
mod protect_what;
mod range;
mod refusal;
mod rule;
#[doc = include_str!("rules.md")]
pub mod rules {}
#[cfg(feature = "shared")]
pub mod shared;
#[cfg(not(feature = "unstable"))]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the harness uses more of it than a map"
)]
mod tree;
#[cfg(feature = "unstable")]
pub mod tree;
mod vm_space;

pub use alignment::Alignment;
pub use attr::{Access, Advice, FindSpace, Holes, Inherit, UnknownWord, Wiring};
pub use change::Change;
pub use entry::Entry;
pub use fault::{Fault, FaultError};
pub use flags::{EntryFlags, MapFlags, Prot};
pub use freebsd14::StackTunables14;
pub use growth::{Direction, Growth};
pub use kern::KernReturn;
pub use limits::{Limits, StackTunables};
#[cfg(feature = "shared")]
pub use map::SharedKernel;
pub use map::{
    Entries, FindRequest, Fit, Freebsd9, Freebsd14, Gap, Gaps, Kernel, Linux, Mapping,
    SpaceRequest, StackRequest, StackState, VmMap,
};
pub use num::{Addr, PAGE_SIZE, Size};
pub use objects::{Objects, Plain, Swap};
pub use page::PageSize;
pub use protect_what::{ProtectPart, ProtectWhat};
pub use range::AddrRange;
pub use refusal::Refusal;
pub use rule::Rule;
pub use tree::Violation;
pub use vm_space::VmSpace;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
