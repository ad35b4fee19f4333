//! Address space reserved whole, and committed page by page from its end.
//!
//! ```text
//!   |<-- guard -->|<---------- range ------------------------>|
//!   |  never      |  inaccessible         |  committed        |
//! ```
//!
//! Only what lies right below the committed part can be committed. So no page that is in use ever
//! changes under its user, and every public function here is safe.

use std::cell::Cell;
use std::io;
use std::num::NonZeroUsize;

use corosensei::stack::{Stack, StackPointer};
use growstack::{Addr, AddrRange, PAGE_SIZE, Prot, Size};
use rustix::mm::{MapFlags, ProtFlags};

use crate::memory::{Mapping, bytes, map};

/// Inaccessible bytes below a region: as many as Linux keeps free below a stack.
const GUARD: Size = Size::pages(256);

/// A stretch of address space.
#[derive(Debug)]
pub struct Region {
    mapping: Mapping,
    range: AddrRange,
    /// Where the committed part begins.
    committed: Cell<Addr>,
    /// Is code running on it?
    in_use: Cell<bool>,
}

impl Region {
    /// Reserves `len` bytes, whole pages. Nothing is committed.
    ///
    /// # Errors
    ///
    /// That of `mmap`; [`io::ErrorKind::InvalidInput`] for a length of 0.
    pub fn reserve(len: Size) -> io::Result<Self> {
        let mapping = Mapping::reserve(len.round_up_page().wrapping_add(GUARD))?;
        let (bottom, end) = (mapping.range().start(), mapping.range().end());
        let range = AddrRange::new(bottom.wrapping_add(GUARD), end);
        let range = range.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self { mapping, range, committed: Cell::new(end), in_use: Cell::new(false) })
    }

    /// The addresses that can be committed.
    #[must_use]
    pub const fn range(&self) -> AddrRange {
        self.range
    }

    /// Where the committed part begins; the end of the region if there is none.
    #[must_use]
    pub fn committed(&self) -> Addr {
        self.committed.get()
    }

    /// Commits a range of whole pages, which must end where the committed part begins.
    /// Async-signal-safe.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] for any other range, else that of `mprotect`.
    pub fn commit(&self, range: AddrRange, prot: Prot) -> io::Result<()> {
        let aligned = range.start().get().is_multiple_of(PAGE_SIZE);
        if range.end() != self.committed() || range.start() < self.range.start() || !aligned {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: The pages have been inaccessible until now, so nothing is in use there.
        unsafe { self.mapping.protect(range, prot) }?;
        self.committed.set(range.start());
        Ok(())
    }

    /// Restores the state after [`reserve`](Self::reserve).
    ///
    /// # Errors
    ///
    /// That of `mmap`.
    ///
    /// # Panics
    ///
    /// If code runs on the region.
    pub fn reset(&self) -> io::Result<()> {
        assert!(!self.in_use.get(), "the region is a stack in use");
        let (start, len) = (self.range.start(), self.range.len());
        // SAFETY: The pages are this region's, and nobody uses them.
        unsafe { map(start, len, ProtFlags::empty(), MapFlags::FIXED) }?;
        self.committed.set(self.range.end());
        Ok(())
    }

    /// Writes to a page without changing its content.
    ///
    /// # Panics
    ///
    /// If the address is not in the region or its guard.
    #[inline]
    pub fn touch(&self, addr: Addr) {
        self.mapping.touch(addr);
    }

    /// Runs something with this region as its stack. Where the stack has to grow, this thread
    /// needs a server for it, or the process ends.
    ///
    /// # Panics
    ///
    /// If nothing is committed, or code runs on the region already. Panics of `run` propagate.
    pub fn run<T>(&self, run: impl FnOnce() -> T) -> T {
        struct InUse<'a>(&'a Cell<bool>);
        impl Drop for InUse<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        assert!(self.committed() < self.range.end(), "nothing to begin with");
        assert!(!self.in_use.replace(true), "the region is a stack in use");
        let _in_use = InUse(&self.in_use);
        corosensei::on_stack(RunningOn(self), run)
    }
}

/// A region as a stack; made by [`Region::run`] alone.
struct RunningOn<'a>(&'a Region);

// SAFETY: The guard lies below the range, and is never accessible. The last page is committed, by
// the check in `run`. Below it every page is inaccessible, and a touch is served or ends the
// process; or it was committed by this region alone. `in_use` excludes a second user and a reset.
// Addresses are page-aligned and not 0, since the kernel mapped them.
unsafe impl Stack for RunningOn<'_> {
    fn base(&self) -> StackPointer {
        stack_pointer(self.0.range.end())
    }

    fn limit(&self) -> StackPointer {
        stack_pointer(self.0.mapping.range().start())
    }
}

fn stack_pointer(addr: Addr) -> StackPointer {
    NonZeroUsize::new(bytes(Size::new(addr.get()))).expect("a mapped address")
}
