//! What the stacks of a process depend on beside its map (rule 1.2).

use super::{Freebsd9, Kernel};
use crate::limits::Limits;

/// Limits, tunables and the growth of the main stack: what belongs to a process and not to its map.
///
/// [`VmMap::stack`](crate::VmMap::stack), [`VmMap::grow`](crate::VmMap::grow) and
/// [`VmMap::exec`](crate::VmMap::exec) take it; [`VmSpace`](crate::VmSpace) keeps it beside the map. A
/// kernel that guards the two by locks of its own keeps them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StackState<K: Kernel = Freebsd9> {
    pub(crate) limits: Limits,
    pub(crate) tunables: K::Tunables,
    /// Pages by which the main stack has grown.
    pub(crate) ssize: u64,
}

impl<K: Kernel> StackState<K> {
    /// The state of a process whose main stack has not grown.
    #[must_use]
    pub const fn new(limits: Limits, tunables: K::Tunables) -> Self {
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
    pub const fn tunables(&self) -> K::Tunables {
        self.tunables
    }

    /// `vm_ssize`: pages by which the main stack has grown; after an exec, pages mapped of it at
    /// first, too.
    #[must_use]
    pub const fn ssize(&self) -> u64 {
        self.ssize
    }
}
