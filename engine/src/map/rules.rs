//! What a kernel's rules answer: one function for each operation that is not the same in all of them.
//!
//! [`VmMap`] has the operations, with their documentation, and each calls the one here that its kernel
//! has. All is known when the program is compiled.

use core::fmt;

use super::{FindRequest, Kernel, Mapping, StackRequest, StackState, VmMap};
use crate::attr::{Advice, Holes, Inherit, Wiring};
use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::Prot;
use crate::growth::Growth;
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::protect_what::ProtectWhat;
use crate::range::AddrRange;
use crate::refusal::Refusal;

/// The rules of a kernel. Only this crate can name it, so that [`Kernel`] is sealed.
pub trait Rules: Sized {
    /// What a map has for this kernel alone.
    type OfMap: Copy + fmt::Debug + Send + Sync;

    /// Its value in an empty map.
    const OF_MAP: Self::OfMap;

    /// Can entries be guards (D1.1)?
    const GUARDS: bool;

    /// The most entries that one operation adds.
    const MOST_INSERTIONS: usize;

    /// Follows the deletion of a range that was an entry, or a part split off one.
    fn deleted(of_map: &mut Self::OfMap, gone: AddrRange);

    fn insert<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal>
    where
        Self: Kernel;

    fn find_space<O: Objects, const B: usize>(
        map: &VmMap<O, Self, B>,
        start: Addr,
        length: Size,
    ) -> Result<Addr, Refusal>
    where
        Self: Kernel;

    fn find<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: Option<&StackState<Self>>,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal>
    where
        Self: Kernel;

    fn fixed<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: Option<&StackState<Self>>,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal>
    where
        Self: Kernel;

    fn remove<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal>
    where
        Self: Kernel;

    fn protect<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        prot: Prot,
        what: ProtectWhat,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal>
    where
        Self: Kernel;

    fn inherit<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        inherit: Inherit,
    ) -> Result<(), Refusal>
    where
        Self: Kernel;

    fn advise<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        advice: Advice,
    ) -> Result<(), Refusal>
    where
        Self: Kernel;

    fn wire<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal>
    where
        Self: Kernel;

    fn unwire<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal>
    where
        Self: Kernel;

    fn stack<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &StackState<Self>,
        request: StackRequest,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal>
    where
        Self: Kernel;

    fn exec<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &mut StackState<Self>,
        top: Addr,
        maxssiz: Size,
        prot: Prot,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal>
    where
        Self: Kernel;

    fn grow<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &mut StackState<Self>,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal>
    where
        Self: Kernel;

    fn fault<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &mut StackState<Self>,
        addr: Addr,
        access: Prot,
        tell: impl FnMut(Change),
    ) -> Result<Fault<O::Object>, FaultError>
    where
        Self: Kernel;

    fn fork<O: Objects, const B: usize>(
        map: &mut VmMap<O, Self, B>,
        state: &StackState<Self>,
        tell: impl FnMut(Change),
    ) -> Result<(VmMap<O, Self, B>, StackState<Self>), Refusal>
    where
        Self: Kernel;
}
