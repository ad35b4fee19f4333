//! The settings of stacks that FreeBSD 9.3 has.

use core::num::NonZeroU64;

use crate::map::{Freebsd9, StackState};
use crate::num::Addr;
use crate::objects::Objects;
use crate::vm_space::VmSpace;

impl StackState<Freebsd9> {
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
}

impl<O: Objects, const B: usize> VmSpace<O, Freebsd9, B> {
    /// [`StackState::set_sgrowsiz`].
    pub const fn set_sgrowsiz(&mut self, bytes: NonZeroU64) {
        self.state.set_sgrowsiz(bytes);
    }

    /// [`StackState::set_guard_page`].
    pub const fn set_guard_page(&mut self, on: bool) {
        self.state.set_guard_page(on);
    }

    /// [`StackState::set_maxsaddr`].
    pub const fn set_maxsaddr(&mut self, addr: Addr) {
        self.state.set_maxsaddr(addr);
    }
}
