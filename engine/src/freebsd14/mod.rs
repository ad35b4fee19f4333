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
mod wire;

pub use self::settings::StackTunables14;

use self::cluster::Cluster;
use crate::attr::{Advice, Holes, Inherit, Wiring};
use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::Prot;
use crate::growth::Growth;
use crate::map::{FindRequest, Freebsd14, Kernel, Mapping, Rules, StackRequest, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::protect_what::ProtectWhat;
use crate::range::AddrRange;
use crate::refusal::Refusal;

impl Kernel for Freebsd14 {
    type Tunables = StackTunables14;
}

impl Rules for Freebsd14 {
    type OfMap = Cluster;
    const OF_MAP: Cluster = Cluster::NONE;
    const GUARDS: bool = true;
    const MOST_INSERTIONS: usize = 3;

    #[inline(always)]
    fn deleted(cluster: &mut Cluster, gone: AddrRange) {
        cluster.follow(gone);
    }

    #[inline(always)]
    fn insert<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        map.run_insert(start, end, mapping, tell)
    }

    #[inline(always)]
    fn find_space<O: Objects, const B: usize>(
        map: &VmMap<O, Self, B>,
        start: Addr,
        length: Size,
    ) -> Result<Addr, Refusal> {
        map.run_find_space(start, length)
    }

    #[inline(always)]
    fn find<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: Option<&StackState<Self>>,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        map.run_find(state, request, mapping, tell)
    }

    #[inline(always)]
    fn fixed<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: Option<&StackState<Self>>,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        map.run_fixed(state, start, length, mapping, tell)
    }

    #[inline(always)]
    fn remove<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        map.run_remove(start, end, tell)
    }

    #[inline(always)]
    fn protect<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        prot: Prot,
        what: ProtectWhat,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        map.run_protect(start, end, prot, what, tell)
    }

    #[inline(always)]
    fn inherit<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        inherit: Inherit,
    ) -> Result<(), Refusal> {
        map.run_inherit(start, end, inherit)
    }

    #[inline(always)]
    fn advise<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        advice: Advice,
    ) -> Result<(), Refusal> {
        map.run_advise(start, end, advice)
    }

    #[inline(always)]
    fn wire<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        map.run_wire(start, end, wiring, holes, tell)
    }

    #[inline(always)]
    fn unwire<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        map.run_unwire(start, end, wiring, holes, tell)
    }

    #[inline(always)]
    fn stack<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &StackState<Self>,
        request: StackRequest,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        map.run_stack(state, request, tell)
    }

    #[inline(always)]
    fn exec<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &mut StackState<Self>,
        top: Addr,
        maxssiz: Size,
        prot: Prot,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        map.run_exec(state, top, maxssiz, prot, tell)
    }

    #[inline(always)]
    fn grow<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &mut StackState<Self>,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        map.run_grow(state, addr, tell)
    }

    #[inline(always)]
    fn fault<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &mut StackState<Self>,
        addr: Addr,
        access: Prot,
        tell: impl FnMut(Change),
    ) -> Result<Fault<O::Object>, FaultError> {
        map.run_fault(state, addr, access, tell)
    }

    #[inline(always)]
    fn fork<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &StackState<Self>,
        tell: impl FnMut(Change),
    ) -> Result<(VmMap<O, Self, B>, StackState<Self>), Refusal> {
        map.run_fork(state, tell)
    }
}
