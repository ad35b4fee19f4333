//! A stack that the kernel grows: `MAP_GROWSDOWN`.

use std::io;

use growstack::{Addr, AddrRange, Size};
use rustix::mm::{MapFlags, ProtFlags};
use rustix::process::{Resource, getrlimit};

use crate::memory::{Mapping, map, unmap};

/// Where the stack lies: far below every address that the kernel chooses itself, whether it
/// searches down from the stack of the process or up from a third of the address space. So
/// what is free below the stack stays free.
const BOTTOM: Addr = Addr::new(0x1000_0000_0000);

/// A mapping that grows down, with nothing below it.
#[derive(Debug)]
pub struct KernelStack(Mapping);

impl KernelStack {
    /// A stack that may grow to `len` bytes, whole pages. Only one may exist at a time.
    ///
    /// # Errors
    ///
    /// Those of `mmap` and `munmap`; [`io::ErrorKind::InvalidInput`] if the stack limit is below
    /// `len`, or `len` is 0 or above a GiB.
    pub fn new(len: Size) -> io::Result<Self> {
        let limit = getrlimit(Resource::Stack).current.unwrap_or(u64::MAX);
        let range = AddrRange::new(BOTTOM, BOTTOM.wrapping_add(len));
        let range = range.filter(|_| len.get() <= limit.min(1 << 30));
        let stack = Self(Mapping::reserve_at(range.ok_or(io::ErrorKind::InvalidInput)?)?);
        stack.reset()?;
        Ok(stack)
    }

    /// The addresses that it may grow to.
    #[must_use]
    pub const fn range(&self) -> AddrRange {
        self.0.range()
    }

    /// Back to one page.
    ///
    /// # Errors
    ///
    /// Those of `munmap` and `mmap`.
    pub fn reset(&self) -> io::Result<()> {
        let last = self.range().end().wrapping_back(Size::PAGE);
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::GROWSDOWN | MapFlags::FIXED_NOREPLACE;
        // SAFETY: Nothing but this stack is there (see `BOTTOM`), and nothing refers into it; the
        // new mapping replaces nothing.
        unsafe {
            unmap(self.range())?;
            map(last, Size::PAGE, prot, flags)?;
        }
        Ok(())
    }

    /// Writes to a page without changing its content.
    ///
    /// # Panics
    ///
    /// If the address is not in the stack.
    #[inline]
    pub fn touch(&self, addr: Addr) {
        self.0.touch(addr);
    }
}
