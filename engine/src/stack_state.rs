//! What the stacks of a process depend on beside its map (rule 1.2).

use core::num::NonZeroU64;

use crate::limits::{Limits, StackTunables};
use crate::num::Addr;

/// Limits, tunables and the growth of the main stack: what belongs to a process and not to its map.
///
/// [`VmMap::stack`](crate::VmMap::stack), [`VmMap::grow`](crate::VmMap::grow) and
/// [`VmMap::exec`](crate::VmMap::exec) take it; [`VmSpace`](crate::VmSpace) keeps it beside the map. A
/// kernel that guards the two by locks of its own keeps them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StackState {
    pub(crate) limits: Limits,
    pub(crate) tunables: StackTunables,
    /// Pages by which the main stack has grown.
    pub(crate) ssize: u64,
}

impl StackState {
    /// The state of a process whose main stack has not grown.
    #[must_use]
    pub const fn new(limits: Limits, tunables: StackTunables) -> Self {
        Self { limits, tunables, ssize: 0 }
    }

    /// The state of a child with `stack_pages` pages in entries that can grow (rule 17.11).
    pub(crate) const fn of_child(&self, stack_pages: u64) -> Self {
        Self { ssize: stack_pages, ..*self }
    }

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets the limits. That of swap is the map's to keep: see
    /// [`VmMap::set_swap_limit`](crate::VmMap::set_swap_limit).
    pub const fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// How stacks grow.
    #[must_use]
    pub const fn tunables(&self) -> StackTunables {
        self.tunables
    }

    /// Sets the first mapping of stacks to come and the step of growth from now on, in bytes.
    pub const fn set_sgrowsiz(&mut self, bytes: NonZeroU64) {
        self.tunables.sgrowsiz = bytes;
    }

    /// Sets whether a page is left free where growth is cut by a neighbour, from now on.
    pub const fn set_guard_page(&mut self, on: bool) {
        self.tunables.guard_page = on;
    }

    /// Sets the lowest address that counts as the main stack's (rule 13.7).
    pub const fn set_maxsaddr(&mut self, addr: Addr) {
        self.tunables.maxsaddr = addr;
    }

    /// `vm_ssize`: pages by which the main stack has grown; after an exec, pages mapped of it at
    /// first, too.
    #[must_use]
    pub const fn ssize(&self) -> u64 {
        self.ssize
    }
}
