//! What a kernel's rules answer: one function for each operation that is not the same in all of them.
//!
//! [`VmMap`] has the operations, with their documentation, and each calls the one here that its kernel
//! has. All is known when the program is compiled.

use core::fmt;

use super::{Body, FindRequest, Kernel, Mapping, StackRequest, StackState, VmMap};
use crate::attr::{Advice, Holes, Inherit, Wiring};
use crate::change::Change;
use crate::fault::{Fault, FaultError};
#[cfg(feature = "shared")]
use crate::flags::MapFlags;
use crate::flags::{EntryFlags, Prot};
use crate::growth::Growth;
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::protect_what::ProtectWhat;
use crate::range::AddrRange;
use crate::refusal::Refusal;
#[cfg(feature = "shared")]
use crate::tree::Cursor;
use crate::tree::Margin;

/// Calls a macro with the table of the operations: the name, the method of the kernel's own maps that
/// has the rules, how it takes the map, its arguments, and its answer.
macro_rules! operations {
    ($then:ident) => {
        $then! {
            insert = run_insert[&mut](start: Addr, end: Addr, mapping: Mapping<O::Object>, tell: impl FnMut(Change)) -> Result<(), Refusal>;
            find_space = run_find_space[&](start: Addr, length: Size) -> Result<Addr, Refusal>;
            find = run_find[&mut](state: Option<&StackState<Self>>, request: FindRequest, mapping: Mapping<O::Object>, tell: impl FnMut(Change)) -> Result<Addr, Refusal>;
            fixed = run_fixed[&mut](state: Option<&StackState<Self>>, start: Addr, length: Size, mapping: Mapping<O::Object>, tell: impl FnMut(Change)) -> Result<(), Refusal>;
            remove = run_remove[&mut](start: Addr, end: Addr, tell: impl FnMut(Change)) -> Result<(), Refusal>;
            protect = run_protect[&mut](start: Addr, end: Addr, prot: Prot, what: ProtectWhat, tell: impl FnMut(Change)) -> Result<(), Refusal>;
            inherit = run_inherit[&mut](start: Addr, end: Addr, inherit: Inherit) -> Result<(), Refusal>;
            advise = run_advise[&mut](start: Addr, end: Addr, advice: Advice) -> Result<(), Refusal>;
            wire = run_wire[&mut](start: Addr, end: Addr, wiring: Wiring, holes: Holes, tell: impl FnMut(Change)) -> Result<(), Refusal>;
            unwire = run_unwire[&mut](start: Addr, end: Addr, wiring: Wiring, holes: Holes, tell: impl FnMut(Change)) -> Result<(), Refusal>;
            stack = run_stack[&mut](state: &StackState<Self>, request: StackRequest, tell: impl FnMut(Change)) -> Result<AddrRange, Refusal>;
            exec = run_exec[&mut](state: &mut StackState<Self>, top: Addr, maxssiz: Size, prot: Prot, tell: impl FnMut(Change)) -> Result<AddrRange, Refusal>;
            grow = run_grow[&mut](state: &mut StackState<Self>, addr: Addr, tell: impl FnMut(Change)) -> Result<Growth, Refusal>;
            fault = run_fault[&mut](state: &mut StackState<Self>, addr: Addr, access: Prot, tell: impl FnMut(Change)) -> Result<Fault<O::Object>, FaultError>;
            fork = run_fork[&mut](state: &StackState<Self>, tell: impl FnMut(Change)) -> Result<(VmMap<O, Self, B>, StackState<Self>), Refusal>;
        }
    };
}
pub(crate) use operations;

/// Calls a macro with the table of what threads that share a map ask beside that: whether a growth can
/// be, before they take the map to write, and where an operation ends, before it begins.
#[cfg(feature = "shared")]
macro_rules! shared_operations {
    ($then:ident) => {
        $then! {
            // The answer of a growth that changes nothing and depends on the entries around the cursor alone.
            no_growth = see_no_growth[&](at: &Cursor, addr: Addr) -> Option<Result<Growth, Refusal>>;
            // The addresses that a growth may map, or makes an entry of another kind of.
            growth_room = see_growth_room[&](at: &Cursor, addr: Addr) -> (u64, u64);
            // The rest of a growth, with a cursor at the first entry that ends above the address.
            grow_from = run_grow_from[&mut](state: &mut StackState<Self>, at: &mut Cursor, addr: Addr, tell: impl FnMut(Change)) -> Result<Growth, Refusal>;
            // Where a search would find space, if it does.
            found = see_found[&](request: FindRequest, mapping: &Mapping<O::Object>) -> Option<Addr>;
        }
    };
}
#[cfg(feature = "shared")]
pub(crate) use shared_operations;

/// Declares the operations of a table.
macro_rules! declare {
    ($(
        $name:ident = $run:ident[$($map:tt)+]($($argument:ident: $type:ty),*) -> $answer:ty;
    )*) => {$(
        fn $name<O: Objects, const B: usize>(
            map: $($map)+ VmMap<O, Self, B>,
            $($argument: $type),*
        ) -> $answer
        where
            Self: Kernel;
    )*};
}

/// Defines them for a kernel, by the methods of its maps.
macro_rules! by_methods {
    ($(
        $name:ident = $run:ident[$($map:tt)+]($($argument:ident: $type:ty),*) -> $answer:ty;
    )*) => {$(
        #[inline(always)]
        fn $name<O: Objects, const B: usize>(
            map: $($map)+ VmMap<O, Self, B>,
            $($argument: $type),*
        ) -> $answer {
            map.$run($($argument),*)
        }
    )*};
}
pub(crate) use by_methods;

/// The rules of a kernel. Only this crate can name it, so that [`Kernel`] is sealed.
pub trait Rules: Sized {
    /// What a map has for this kernel alone.
    type OfMap: Copy + fmt::Debug + Send + Sync;

    /// Its value in an empty map.
    const OF_MAP: Self::OfMap;

    /// What searches for space leave free below an entry.
    type Margin<T>: Margin<Body<T>> + Send + Sync;

    /// Can entries be guards (D1.1)?
    const GUARDS: bool;

    /// The most entries that one operation adds.
    const MOST_INSERTIONS: usize;

    /// Flags of entries that other kernels do not have, by their letters in the text of a map.
    const LETTERS: &'static [(EntryFlags, char)];

    /// Does an entry keep, as `avail`, which anonymous memory it has (L50)?
    const KEEPS_ANON: bool;

    /// Does a protection allow an access?
    #[inline(always)]
    fn allows(prot: Prot, access: Prot) -> bool {
        prot != Prot::NONE && prot.contains(access)
    }

    /// Does an access change something of an entry beside its object?
    #[inline(always)]
    fn marks<T>(_entry: &Body<T>, _access: Prot) -> bool {
        false
    }

    /// Follows the deletion of a range that was an entry, or a part split off one.
    fn deleted(of_map: &mut Self::OfMap, gone: AddrRange);

    operations!(declare);
}

/// What threads that share a map of the kernel ask beside its rules.
#[cfg(feature = "shared")]
pub trait SharedRules: Rules {
    /// Do flags of a mapping make a stack of it, which depends on the state of the process (D7.8)?
    fn makes_stack(flags: MapFlags) -> bool;

    shared_operations!(declare);
}
