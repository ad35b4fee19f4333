//! A stack that the kernel grows: `MAP_GROWSDOWN`.

use std::io;

use growstack::{Addr, AddrRange, PAGE_SIZE, Size};

use super::{done, map, probe, unmap};

/// What the kernel wants free below a growing mapping, and more.
const GAP: u64 = 512 * PAGE_SIZE;

/// Where the stack lies: far below every address that the kernel gives out of itself, whether it
/// searches down from the stack of the process or up from a third of the address space. So
/// what is free below the stack stays free.
const BOTTOM: u64 = 0x1000_0000_0000;

/// A mapping that grows down, with nothing below it.
#[derive(Debug)]
pub struct KernelStack {
    range: AddrRange,
}

impl KernelStack {
    /// A stack that may grow to `len` bytes, whole pages. There is one at a time.
    ///
    /// # Errors
    ///
    /// Those of `mmap`, `munmap` and `getrlimit`; [`io::ErrorKind::InvalidInput`] if the limit for
    /// stacks is below `len`, or `len` is 0 or above a GiB.
    pub fn new(len: Size) -> io::Result<Self> {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: The structure lives.
        done(unsafe { libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) })?;
        if limit.rlim_cur < len.get() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the stack limit is too low"));
        }
        let (start, end) = (BOTTOM + GAP, (BOTTOM + GAP).saturating_add(len.get()));
        let range = AddrRange::new(Addr::new(start), Addr::new(end));
        let range = range.filter(|_| len.get() <= 1 << 30).ok_or(io::ErrorKind::InvalidInput)?;
        // SAFETY: MAP_FIXED_NOREPLACE replaces nothing. The mapping tells that all is free.
        unsafe { map(BOTTOM, end - BOTTOM, libc::PROT_NONE, libc::MAP_FIXED_NOREPLACE) }?;
        // SAFETY: It was made above.
        unsafe { unmap(BOTTOM, end - BOTTOM) }?;
        begin(range)?;
        Ok(Self { range })
    }

    /// The addresses that it may grow to.
    #[must_use]
    pub const fn range(&self) -> AddrRange {
        self.range
    }

    /// Back to one page.
    ///
    /// # Errors
    ///
    /// Those of `munmap` and `mmap`.
    pub fn reset(&self) -> io::Result<()> {
        // SAFETY: Nothing but this stack is there (see `BOTTOM`), and nobody refers into it.
        unsafe { unmap(self.range.start().get(), self.range.len().get()) }?;
        begin(self.range)
    }

    /// Writes to a page, without changing what it holds.
    ///
    /// # Panics
    ///
    /// If the address is not in the stack.
    #[inline(always)]
    pub fn touch(&self, addr: Addr) {
        assert!(self.range.contains(addr), "outside the stack");
        // SAFETY: The stack is this one's; where it does not reach yet the kernel makes it grow, or
        // ends the process.
        unsafe { probe(addr.get() / 8 * 8) }
    }
}

/// Maps the last page.
fn begin(range: AddrRange) -> io::Result<()> {
    let (prot, end) = (libc::PROT_READ | libc::PROT_WRITE, range.end().get());
    let flags = libc::MAP_GROWSDOWN | libc::MAP_FIXED_NOREPLACE;
    // SAFETY: MAP_FIXED_NOREPLACE replaces nothing.
    unsafe { map(end - PAGE_SIZE, PAGE_SIZE, prot, flags) }.map(drop)
}

impl Drop for KernelStack {
    fn drop(&mut self) {
        // SAFETY: As for `reset`.
        let _ = unsafe { unmap(self.range.start().get(), self.range.len().get()) };
    }
}
