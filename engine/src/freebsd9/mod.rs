//! FreeBSD 9.3: the [rule book](crate::rules), over what all kernels share in [`map`](crate::map).
//!
//! One file an operation, named as the rule book names them. What they share: [clip] (splitting an
//! entry at an address), [simplify] (merging it with its neighbours) and [nodes] (room in the
//! index, made before anything changes).
//!
//! # Stacks
//!
//! A stack is an entry with a growth flag and `avail`, the bytes by which it may still grow. The
//! rest of its reserve is not protected: it is an ordinary gap, and other mappings may be placed
//! in it (rule 12.11). So a growth has three bounds: `avail`, the neighbour on that side,
//! and the limits.
//!
//! What to do is decided in [`decide`], which is arithmetic alone; [`make`] and [`grow`] edit the map.

mod advise;
mod clip;
mod decide;
mod fault;
mod find;
mod fixed;
mod fork;
mod grow;
mod insert;
mod make;
mod nodes;
mod piece;
mod protect;
mod remove;
mod settings;
#[cfg(feature = "shared")]
mod shared;
mod simplify;
mod unwire;
mod wire;

use crate::attr::{Advice, Holes, Inherit, Wiring};
use crate::change::Change;
use crate::fault::{Fault, FaultError};
#[cfg(feature = "shared")]
use crate::flags::MapFlags;
use crate::flags::{EntryFlags, Prot};
use crate::growth::Growth;
use crate::limits::StackTunables;
use crate::map::{
    FindRequest, Kernel, Mapping, Rules, StackRequest, StackState, VmMap, by_methods, operations,
};
#[cfg(feature = "shared")]
use crate::map::{SharedKernel, SharedRules, shared_operations};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::protect_what::ProtectWhat;
use crate::range::AddrRange;
use crate::refusal::Refusal;
#[cfg(feature = "shared")]
use crate::tree::Cursor;

pub(crate) use crate::map::Freebsd9;

impl Kernel for Freebsd9 {
    type Tunables = StackTunables;
}

impl Rules for Freebsd9 {
    type OfMap = ();
    type Margin<T> = ();
    const OF_MAP: () = ();
    const GUARDS: bool = false;
    const KEEPS_ANON: bool = false;
    const LETTERS: &'static [(EntryFlags, char)] = &[];
    const MOST_INSERTIONS: usize = 2;

    #[inline(always)]
    fn deleted((): &mut (), _: AddrRange) {}

    operations!(by_methods);
}

#[cfg(feature = "shared")]
impl SharedKernel for Freebsd9 {}

#[cfg(feature = "shared")]
impl SharedRules for Freebsd9 {
    #[inline]
    fn makes_stack(_: MapFlags) -> bool {
        false
    }

    shared_operations!(by_methods);
}
