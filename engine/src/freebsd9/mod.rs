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
mod simplify;
mod unwire;
mod wire;

use crate::attr::{Advice, Holes, Inherit, Wiring};
use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::Prot;
use crate::growth::Growth;
use crate::limits::StackTunables;
use crate::map::{FindRequest, Kernel, Mapping, Rules, StackRequest, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::protect_what::ProtectWhat;
use crate::range::AddrRange;
use crate::refusal::Refusal;

#[cfg(feature = "shared")]
pub(crate) use self::decide::Beside;
pub(crate) use crate::map::Freebsd9;

impl Kernel for Freebsd9 {
    type Tunables = StackTunables;
}

impl Rules for Freebsd9 {
    type OfMap = ();
    const OF_MAP: () = ();
    const GUARDS: bool = false;
    const MOST_INSERTIONS: usize = 2;

    #[inline(always)]
    fn deleted((): &mut (), _: AddrRange) {}

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
        _: Option<&StackState<Self>>,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        map.run_find(request, mapping, tell)
    }

    #[inline(always)]
    fn fixed<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        _: Option<&StackState<Self>>,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        map.run_fixed(start, length, mapping, tell)
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
