//! The operations of `vm_map(9)`: each under the map lock alone.

use super::transition::Stretch;
use super::{Locks, MapWriteGuard, SharedVmSpace};
use crate::attr::{Advice, Holes, Inherit, Wiring};
use crate::change::Change;
use crate::entry::Entry;
use crate::flags::Prot;
use crate::map::{Mapping, SharedKernel, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::protect_what::ProtectWhat;
use crate::refusal::Refusal;

/// The addresses that an operation may change, which is all that it must find free of wirings.
pub(super) fn stretch(start: Addr, end: Addr) -> Stretch {
    // A reversed range acts at its end (2.2), if anywhere (5.3).
    Stretch {
        start: start.get().min(end.get().saturating_sub(1)),
        end: end.get().saturating_add(1),
    }
}

/// The same of a change of protections, which may begin below its range where it is for a whole stack
/// (D5.9).
fn protected(start: Addr, end: Addr, what: ProtectWhat) -> Stretch {
    match what {
        ProtectWhat::GrowsDown(_) => stretch(Addr::ZERO, end.max(start)),
        _ => stretch(start, end),
    }
}

/// The operations that both [`SharedVmSpace`] and [`MapWriteGuard`] have: each is
/// [`VmMap`](crate::VmMap)'s of the same name, with what `stretch` says free of wirings.
macro_rules! edits {
    ($(
        $name:ident($($argument:ident: $type:ty),*) -> $answer:ty, in $stretch:expr;
    )*) => {
        impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {$(
            #[doc = concat!("[`VmMap::", stringify!($name), "`](crate::VmMap::", stringify!($name), ").")]
            ///
            /// # Errors
            ///
            /// The refusals of that method.
            pub fn $name(
                &self,
                $($argument: $type,)*
                tell: impl FnMut(Change),
            ) -> Result<$answer, Refusal> {
                self.write_clear_of($stretch).$name($($argument,)* tell)
            }
        )*}

        impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> MapWriteGuard<'_, L, O, K, B> {$(
            #[doc = concat!("[`VmMap::", stringify!($name), "`](crate::VmMap::", stringify!($name), ").")]
            ///
            /// # Errors
            ///
            /// The refusals of that method.
            pub fn $name(
                &mut self,
                $($argument: $type,)*
                mut tell: impl FnMut(Change),
            ) -> Result<$answer, Refusal> {
                let (map, mut publication) = self.guard.edit(&self.shared.view);
                let follow = |change| publication.follow(change, &mut tell);
                let answer = map.$name($($argument,)* follow);
                publication.finish();
                answer
            }
        )*}
    };
}

edits! {
    insert(start: Addr, end: Addr, mapping: Mapping<O::Object>) -> (), in |_| stretch(start, end);
    remove(start: Addr, end: Addr) -> (), in |_| stretch(start, end);
    protect(start: Addr, end: Addr, prot: Prot, what: ProtectWhat) -> (),
        in |_| protected(start, end, what);
    unwire(start: Addr, end: Addr, wiring: Wiring, holes: Holes) -> (), in |_| stretch(start, end);
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {
    /// [`VmMap::inherit`](crate::VmMap::inherit).
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn inherit(&self, start: Addr, end: Addr, inherit: Inherit) -> Result<(), Refusal> {
        self.write_clear_of(|_| stretch(start, end)).inherit(start, end, inherit)
    }

    /// [`VmMap::advise`](crate::VmMap::advise).
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn advise(&self, start: Addr, end: Addr, advice: Advice) -> Result<(), Refusal> {
        self.write_clear_of(|_| stretch(start, end)).advise(start, end, advice)
    }

    /// [`VmMap::lookup`](crate::VmMap::lookup), under the map lock held to read.
    #[must_use]
    pub fn lookup(&self, addr: Addr) -> Option<Entry<O::Object>> {
        self.map.read().map().lookup(addr).map(Entry::cloned)
    }

    /// [`VmMap::find_space`](crate::VmMap::find_space), under the map lock held to read. Another
    /// thread may take the place at once; [`find`](Self::find) does not leave it the time.
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn find_space(&self, start: Addr, length: Size) -> Result<Addr, Refusal> {
        self.map.read().map().find_space(start, length)
    }

    /// [`VmMap::check_protection`](crate::VmMap::check_protection), under the map lock held to read.
    #[must_use]
    pub fn check_protection(&self, start: Addr, end: Addr, prot: Prot) -> bool {
        self.map.read().map().check_protection(start, end, prot)
    }

    /// [`VmMap::set_wire_future`](crate::VmMap::set_wire_future).
    pub fn set_wire_future(&self, on: bool) {
        self.map.write().edit_unseen(|map| map.set_wire_future(on));
    }

    /// [`VmMap::reserve_nodes`](crate::VmMap::reserve_nodes), for the view of the map too. If the
    /// view was off, it is on again.
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn reserve_nodes(&self, n: usize) -> Result<(), Refusal> {
        self.map.write().reserve_nodes(&self.view, n)
    }

    /// [`VmMap::shrink`](crate::VmMap::shrink), of the map alone: the nodes of the view stay, since a
    /// reader may be at any of them.
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn shrink(&self) -> Result<(), Refusal> {
        self.map.write().edit_unseen(VmMap::shrink)
    }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> MapWriteGuard<'_, L, O, K, B> {
    /// [`VmMap::inherit`](crate::VmMap::inherit).
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn inherit(&mut self, start: Addr, end: Addr, inherit: Inherit) -> Result<(), Refusal> {
        self.guard.edit_unseen(|map| map.inherit(start, end, inherit))
    }

    /// [`VmMap::advise`](crate::VmMap::advise).
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn advise(&mut self, start: Addr, end: Addr, advice: Advice) -> Result<(), Refusal> {
        self.guard.edit_unseen(|map| map.advise(start, end, advice))
    }
}
