//! FreeBSD 14.2: what D1 to D17 change of the [rule book](crate::rules), over what all kernels share in
//! [`map`](crate::map).
//!
//! One file an operation, named as the rules name them. What they share: [join] (an entry with the one
//! below it, D3) and [gap] (what a gap keeps, D1.3).
//!
//! # Stacks
//!
//! The room that a stack has is an entry of its own, the gap, which touches it: a guard, which nothing may
//! be done with. So the reserve is protected, and a growth has to look at no neighbour but the stack. A
//! gap remembers how many bytes at its far end stay a guard, and the protections of what the stack grows
//! by.
//!
//! How much is decided in [`decide`], which is arithmetic alone; [`make`] and [`grow`] edit the map.
//!
//! # Guards
//!
//! A guard is an entry that no page table knows: it is in no count of bytes, and no [`Change`] reports it.

mod advise;
mod cluster;
mod decide;
mod fault;
mod find;
mod fixed;
mod fork;
mod gap;
mod grow;
mod insert;
mod join;
mod make;
mod protect;
mod remove;
mod settings;
#[cfg(feature = "shared")]
mod shared;
mod wire;

pub use self::settings::StackTunables14;

use self::cluster::Cluster;
use crate::attr::{Advice, Holes, Inherit, Wiring};
use crate::change::Change;
use crate::fault::{Fault, FaultError};
#[cfg(feature = "shared")]
use crate::flags::MapFlags;
use crate::flags::{EntryFlags, Prot};
use crate::growth::Growth;
use crate::map::{
    FindRequest, Freebsd14, Kernel, Mapping, Rules, StackRequest, StackState, VmMap, by_methods,
    operations,
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

impl Kernel for Freebsd14 {
    type Tunables = StackTunables14;
}

impl Rules for Freebsd14 {
    type OfMap = Cluster;
    type Margin<T> = ();
    const OF_MAP: Cluster = Cluster::NONE;
    const GUARDS: bool = true;
    const KEEPS_ANON: bool = false;
    const LETTERS: &'static [(EntryFlags, char)] = &[
        (EntryFlags::GUARD, 'G'),
        (EntryFlags::STACK_GAP_DN, 'd'),
        (EntryFlags::STACK_GAP_UP, 'u'),
    ];
    const MOST_INSERTIONS: usize = 3;

    #[inline(always)]
    fn deleted(cluster: &mut Cluster, gone: AddrRange) {
        cluster.follow(gone);
    }

    operations!(by_methods);
}

#[cfg(feature = "shared")]
impl SharedKernel for Freebsd14 {}

#[cfg(feature = "shared")]
impl SharedRules for Freebsd14 {
    #[inline]
    fn makes_stack(flags: MapFlags) -> bool {
        flags.intersects(MapFlags::GROWTH)
    }

    shared_operations!(by_methods);
}
