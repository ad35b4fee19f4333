//! The settings of stacks, under the process lock: those that each kernel has.

use core::num::NonZeroU64;

use super::{Locks, SharedVmSpace};
use crate::map::{Freebsd9, Freebsd14};
use crate::num::Addr;
use crate::objects::Objects;

impl<L: Locks, O: Objects, const B: usize> SharedVmSpace<L, O, Freebsd9, B> {
    /// [`VmSpace::set_sgrowsiz`](crate::VmSpace::set_sgrowsiz).
    pub fn set_sgrowsiz(&self, bytes: NonZeroU64) {
        self.lock_process().guard.set_sgrowsiz(bytes);
    }

    /// [`VmSpace::set_guard_page`](crate::VmSpace::set_guard_page).
    pub fn set_guard_page(&self, on: bool) {
        self.lock_process().guard.set_guard_page(on);
    }

    /// [`VmSpace::set_maxsaddr`](crate::VmSpace::set_maxsaddr).
    pub fn set_maxsaddr(&self, addr: Addr) {
        self.lock_process().guard.set_maxsaddr(addr);
    }
}

impl<L: Locks, O: Objects, const B: usize> SharedVmSpace<L, O, Freebsd14, B> {
    /// [`StackState::set_sgrowsiz`](crate::StackState::set_sgrowsiz).
    pub fn set_sgrowsiz(&self, bytes: NonZeroU64) {
        self.lock_process().guard.set_sgrowsiz(bytes);
    }

    /// [`StackState::set_guard_pages`](crate::StackState::set_guard_pages).
    pub fn set_guard_pages(&self, pages: u64) {
        self.lock_process().guard.set_guard_pages(pages);
    }

    /// [`StackState::set_stkgap`](crate::StackState::set_stkgap).
    pub fn set_stkgap(&self, on: bool) {
        self.lock_process().guard.set_stkgap(on);
    }

    /// [`StackState::set_main_stack`](crate::StackState::set_main_stack).
    pub fn set_main_stack(&self, maxsaddr: Addr, stacktop: Addr) {
        self.lock_process().guard.set_main_stack(maxsaddr, stacktop);
    }
}
