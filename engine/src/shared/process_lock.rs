//! The process lock: limits, tunables, the growth of the main stack, and the calls that the manual
//! page wants under it.

use lock_api::MutexGuard;

use super::apart::Apart;
use super::map_lock::Guarded;
use super::transition::Stretch;
use super::{Locks, MapWriteGuard, SharedVmSpace};
use crate::change::Change;
use crate::flags::Prot;
use crate::growth::Growth;
use crate::limits::Limits;
use crate::map::{SharedKernel, StackRequest, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::vm_space::VmSpace;

/// The process lock, held: several calls through one guard are not parted by a `setrlimit`, a
/// growth or an `exec` of another thread. The map may change between them, since what is
/// `vm_map(9)`'s does not take the process lock.
///
/// While a call waits for a wiring, it gives the process lock up too: what the kernel does with no
/// lock held may need the process. Limits that were read before such a call may be others after it.
#[must_use]
pub struct ProcessGuard<'a, L: Locks, O: Objects, K: SharedKernel, const B: usize> {
    shared: &'a SharedVmSpace<L, O, K, B>,
    pub(super) guard: MutexGuard<'a, L::Process, Apart<StackState<K>>>,
}

/// The calls that both [`SharedVmSpace`] and [`ProcessGuard`] have: each is
/// [`VmSpace`]'s of the same name, by `call`, with what `stretch` says free of wirings.
macro_rules! calls {
    ($(
        $(#[$more:meta])*
        $name:ident($($argument:ident: $type:ty),*) -> $answer:ty, in $stretch:expr, by $call:expr;
    )*) => {
        impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {$(
            #[doc = concat!("[`VmSpace::", stringify!($name), "`], under both locks.")]
            $(#[$more])*
            ///
            /// # Errors
            ///
            /// The refusals of that method.
            pub fn $name(
                &self,
                $($argument: $type,)*
                tell: impl FnMut(Change),
            ) -> Result<$answer, Refusal> {
                self.lock_process().$name($($argument,)* tell)
            }
        )*}

        impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> ProcessGuard<'_, L, O, K, B> {$(
            #[doc = concat!("[`SharedVmSpace::", stringify!($name), "`].")]
            ///
            /// # Errors
            ///
            /// The refusals of that method.
            pub fn $name(
                &mut self,
                $($argument: $type,)*
                mut tell: impl FnMut(Change),
            ) -> Result<$answer, Refusal> {
                let MapWriteGuard { shared, mut guard } = self.write_clear_of($stretch);
                let (map, mut publication) = guard.edit(&shared.view);
                let follow = |change| publication.follow(change, &mut tell);
                let answer = $call(map, &mut **self.guard, follow);
                publication.finish();
                answer
            }
        )*}
    };
}

calls! {
    stack(request: StackRequest) -> AddrRange, in |_| reserve(request),
        by |map, state, tell| VmMap::stack(map, state, request, tell);
    /// Waits until no wiring is under way. Nobody else has the child yet.
    fork() -> VmSpace<O, K, B>, in |_| Stretch::ALL,
        by |map, state, tell| VmMap::fork(map, state, tell).map(|(map, state)| VmSpace { map, state });
    exec(top: Addr, maxssiz: Size, prot: Prot) -> AddrRange, in |_| Stretch::ALL,
        by |map, state, tell| VmMap::exec(map, state, top, maxssiz, prot, tell);
}

/// The reserve of a stack.
fn reserve(stack: StackRequest) -> Stretch {
    let (start, length) = (stack.addrbos.get(), stack.max_ssize.get());
    Stretch { start, end: start.saturating_add(length) }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {
    /// Takes the process lock. Not while the map lock is held.
    pub fn lock_process(&self) -> ProcessGuard<'_, L, O, K, B> {
        ProcessGuard { shared: self, guard: self.process.lock() }
    }

    /// Takes the process lock unless another thread has it.
    pub fn try_lock_process(&self) -> Option<ProcessGuard<'_, L, O, K, B>> {
        self.process.try_lock().map(|guard| ProcessGuard { shared: self, guard })
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.lock_process().limits()
    }

    /// [`VmSpace::set_limits`](crate::VmSpace::set_limits), under the process lock, and under the map
    /// lock if the limit of swap changes.
    pub fn set_limits(&self, limits: Limits) {
        self.lock_process().set_limits(limits);
    }

    /// How stacks grow.
    #[must_use]
    pub fn tunables(&self) -> K::Tunables {
        self.lock_process().tunables()
    }

    /// [`VmSpace::ssize`](crate::VmSpace::ssize).
    #[must_use]
    pub fn ssize(&self) -> u64 {
        self.lock_process().ssize()
    }
}

impl<'a, L: Locks, O: Objects, K: SharedKernel, const B: usize> ProcessGuard<'a, L, O, K, B> {
    /// [`SharedVmSpace::grow`] to the letter: whatever the [path](SharedVmSpace::path), with the
    /// process lock held.
    ///
    /// # Errors
    ///
    /// Those of [`VmSpace::grow`](crate::VmSpace::grow).
    pub fn grow(&mut self, addr: Addr, tell: impl FnMut(Change)) -> Result<Growth, Refusal> {
        self.shared.grow_under(&mut self.guard, addr, tell)
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.guard.limits
    }

    /// [`SharedVmSpace::set_limits`].
    pub fn set_limits(&mut self, limits: Limits) {
        let swap_changes = limits.swap != self.guard.limits.swap;
        self.guard.limits = limits;
        if swap_changes {
            // The swap that insertions reserve is the map's business.
            let set = |map: &mut VmMap<O, K, B>| map.set_swap_limit(limits.swap);
            self.shared.map.write().edit_unseen(set);
        }
    }

    /// How stacks grow.
    #[must_use]
    pub fn tunables(&self) -> K::Tunables {
        self.guard.tunables
    }

    /// [`VmSpace::ssize`](crate::VmSpace::ssize).
    #[must_use]
    pub fn ssize(&self) -> u64 {
        self.guard.ssize
    }

    /// The map to write with nothing of a range in transition; both locks are given up to wait, and
    /// `range` is asked again afterwards.
    pub(super) fn write_clear_of(
        &mut self,
        range: impl Fn(&Guarded<O, K, B>) -> Stretch,
    ) -> MapWriteGuard<'a, L, O, K, B> {
        let shared = self.shared;
        loop {
            let guard = shared.map.write();
            if guard.transitions.clear_of(range(&guard)) {
                return MapWriteGuard { shared, guard };
            }
            MutexGuard::unlocked(&mut self.guard, || shared.wait_for_transition(guard));
        }
    }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> core::fmt::Debug
    for ProcessGuard<'_, L, O, K, B>
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ProcessGuard").finish_non_exhaustive()
    }
}
