//! Linux: the list of a process's mappings and its growth, over what all kernels share in
//! [`map`](crate::map).
//!
//! [grow] is L10 to L21, in their order. One file an operation beside; what they share: [anon] (which
//! anonymous memory an entry has, and who may share it), [modify] (an edit of a part of an entry, which
//! may merge it), [walk] (such edits, entry by entry through a range), and [gap] (what searches leave
//! free below a stack).
//!
//! # Stacks
//!
//! A stack is an entry that grows down, and all of it is mapped. Nothing is reserved: what keeps other
//! mappings away is the gap below it, which searches leave free and growth keeps to what is there. The
//! index takes that gap off the free space that it records below a stack, so that a search
//! is one descent, as for any map.

mod advise;
mod anon;
mod fault;
mod find;
mod fixed;
mod fork;
mod gap;
mod grow;
mod insert;
mod limits;
mod lock;
mod make;
mod modify;
mod protect;
mod remove;
mod settings;
mod walk;

use self::anon::needs_anon;
use self::gap::GuardGap;
use self::settings::OfLinux;
use crate::attr::{Advice, Holes, Inherit, Wiring};
use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::{EntryFlags, Prot};
use crate::growth::Growth;
use crate::map::{
    Body, FindRequest, Kernel, Linux, Mapping, Rules, StackRequest, StackState, VmMap, by_methods,
    operations,
};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::protect_what::ProtectWhat;
use crate::range::AddrRange;
use crate::refusal::Refusal;

impl Kernel for Linux {
    /// Nothing: a search asks for the same settings as growth, so that the map has them.
    type Tunables = ();
}

impl Rules for Linux {
    type OfMap = OfLinux;
    const OF_MAP: OfLinux = OfLinux::START;
    type Margin<T> = GuardGap;
    const GUARDS: bool = false;
    const KEEPS_ANON: bool = true;
    const LETTERS: &'static [(EntryFlags, char)] = &[(EntryFlags::NORESERVE, 'r')];
    const MOST_INSERTIONS: usize = 2;

    /// L22: whatever allows anything can be loaded from.
    #[inline(always)]
    fn allows(prot: Prot, access: Prot) -> bool {
        prot != Prot::NONE && prot.contains(access.difference(Prot::READ))
    }

    #[inline(always)]
    fn marks<T>(entry: &Body<T>, access: Prot) -> bool {
        needs_anon(entry) && access.contains(Prot::WRITE)
    }

    #[inline(always)]
    fn deleted(_: &mut OfLinux, _: AddrRange) {}

    operations!(by_methods);
}
