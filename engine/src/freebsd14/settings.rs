//! The settings of stacks that FreeBSD 14.2 has (D1.4, D1.5).

use core::num::NonZeroU64;

use crate::limits::StackTunables;
use crate::map::{Freebsd14, StackState};
use crate::num::Addr;
use crate::objects::Objects;
use crate::vm_space::VmSpace;

/// How stacks grow in FreeBSD 14.2: what it keeps in `sysctl`s and in the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct StackTunables14 {
    /// `sgrowsiz`, as [in 9.3](StackTunables::sgrowsiz).
    pub sgrowsiz: NonZeroU64,
    /// `security.bsd.stack_guard_page`: how many pages at the far end of a gap are left to guard the
    /// stack. Looked at when a stack is made (D1.4).
    pub guard_pages: u64,
    /// Has the process not opted out of guard pages (`proccontrol -m stackgap`)? Looked at when a stack
    /// is made and when it grows (D1.4).
    pub stkgap: bool,
    /// `vm_maxsaddr`: the lowest address that counts as the main stack's (D13.4).
    pub maxsaddr: Addr,
    /// `vm_stacktop`: the first address above the main stack's (D13.4).
    pub stacktop: Addr,
}

impl Default for StackTunables14 {
    /// What FreeBSD/amd64 boots with: 128 KiB steps, one guard page, a 512 MiB main stack below
    /// 0x7ffffffff000.
    fn default() -> Self {
        let StackTunables { sgrowsiz, maxsaddr, .. } = StackTunables::default();
        let stacktop = Addr::new(0x7fff_ffff_f000);
        Self { sgrowsiz, guard_pages: 1, stkgap: true, maxsaddr, stacktop }
    }
}

impl StackState<Freebsd14> {
    /// Sets the first mapping of stacks to come and the step of growth from now on, in bytes.
    pub const fn set_sgrowsiz(&mut self, bytes: NonZeroU64) {
        self.tunables.sgrowsiz = bytes;
    }

    /// Sets how many guard pages stacks to come have.
    pub const fn set_guard_pages(&mut self, pages: u64) {
        self.tunables.guard_pages = pages;
    }

    /// Sets whether stacks have guard pages: those to come, and of the others what they were made with.
    pub const fn set_stkgap(&mut self, on: bool) {
        self.tunables.stkgap = on;
    }

    /// Sets the addresses that count as the main stack's: `maxsaddr` up to, and without, `stacktop`.
    pub const fn set_main_stack(&mut self, maxsaddr: Addr, stacktop: Addr) {
        self.tunables.maxsaddr = maxsaddr;
        self.tunables.stacktop = stacktop;
    }
}

impl<O: Objects, const B: usize> VmSpace<O, Freebsd14, B> {
    /// [`StackState::set_sgrowsiz`].
    pub const fn set_sgrowsiz(&mut self, bytes: NonZeroU64) {
        self.state.set_sgrowsiz(bytes);
    }

    /// [`StackState::set_guard_pages`].
    pub const fn set_guard_pages(&mut self, pages: u64) {
        self.state.set_guard_pages(pages);
    }

    /// [`StackState::set_stkgap`].
    pub const fn set_stkgap(&mut self, on: bool) {
        self.state.set_stkgap(on);
    }

    /// [`StackState::set_main_stack`].
    pub const fn set_main_stack(&mut self, maxsaddr: Addr, stacktop: Addr) {
        self.state.set_main_stack(maxsaddr, stacktop);
    }
}
