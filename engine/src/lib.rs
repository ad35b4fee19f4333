//! A VM map with growable stacks.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod attr;
mod change;
mod entry;
mod flags;
mod growth;
mod kern;
mod limits;
mod map;
mod num;
mod process;
mod range;
mod refusal;
mod rule;
mod stack;
pub mod tree;

pub use attr::{Access, Advice, FindSpace, Holes, Inherit, ProtectWhat, Wiring};
pub use change::Change;
pub use entry::Entry;
pub use flags::{CowFlags, EntryFlags, Prot};
pub use growth::{Direction, Growth};
pub use kern::KernReturn;
pub use limits::{Limits, StackTunables};
pub use map::{Entries, Gap, Gaps, Mapping, VmMap};
pub use num::{Addr, PAGE_SIZE, Size};
pub use process::Process;
pub use range::AddrRange;
pub use refusal::Refusal;
pub use rule::Rule;
