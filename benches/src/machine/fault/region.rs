//! Address space reserved whole, and committed page by page from its end.
//!
//! ```text
//!   |<-- guard -->|<---------- range ------------------------>|
//!   |  never      |  inaccessible         |  committed        |
//! ```
//!
//! Only what lies right below the committed part can be committed. So nothing that is in use ever
//! changes under the one who uses it, and every call here is safe.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use growstack::{Addr, AddrRange, PAGE_SIZE, Prot, Size};

use super::{done, map, pointer, probe, unmap};

/// Inaccessible bytes below a region: as many as Linux keeps free below a stack.
const GUARD: u64 = 256 * PAGE_SIZE;

/// How pages are committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Commit {
    /// By `mprotect`: the mapping that was reserved becomes accessible.
    Protect,
    /// By `mmap` with `MAP_FIXED`: a new mapping takes its place.
    Map,
}

/// A stretch of address space.
#[derive(Debug)]
pub struct Region {
    range: AddrRange,
    /// Where the committed part begins.
    committed: Cell<u64>,
    /// Is code running on it?
    in_use: Cell<bool>,
}

impl Region {
    /// Reserves `len` bytes, whole pages. Nothing is committed.
    ///
    /// # Errors
    ///
    /// That of `mmap`, also for a length of 0.
    pub fn reserve(len: Size) -> io::Result<Self> {
        let len = len.round_up_page().get();
        let whole = len.checked_add(GUARD).filter(|_| len > 0);
        let whole = whole.ok_or(io::ErrorKind::InvalidInput)?;
        // SAFETY: No MAP_FIXED.
        let bottom = unsafe { map(0, whole, libc::PROT_NONE, 0) }?;
        let (start, end) = (bottom + GUARD, bottom + whole);
        let range = AddrRange::new(Addr::new(start), Addr::new(end));
        let range = range.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self { range, committed: Cell::new(end), in_use: Cell::new(false) })
    }

    /// The addresses that can be committed.
    #[must_use]
    pub const fn range(&self) -> AddrRange {
        self.range
    }

    /// Where the committed part begins; the end of the region if there is none.
    #[must_use]
    pub fn committed(&self) -> Addr {
        Addr::new(self.committed.get())
    }

    /// Commits a range of whole pages, which must end where the committed part begins.
    /// Async-signal-safe.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] for any other range, else that of the system call.
    #[inline]
    pub fn commit(&self, range: AddrRange, prot: Prot, how: Commit) -> io::Result<()> {
        let (start, len) = (range.start().get(), range.len().get());
        if range.end() != self.committed()
            || range.start() < self.range.start()
            || !start.is_multiple_of(PAGE_SIZE)
        {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        match how {
            Commit::Protect => {
                let len = usize::try_from(len).map_err(|_| io::ErrorKind::InvalidInput)?;
                // SAFETY: The pages are this region's and nobody can have accessed them.
                done(unsafe { libc::mprotect(pointer(start), len, bits(prot)) })?;
            }
            Commit::Map => {
                // SAFETY: As above.
                unsafe { map(start, len, bits(prot), libc::MAP_FIXED) }?;
            }
        }
        self.committed.set(start);
        Ok(())
    }

    /// Takes everything back to how it was reserved.
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
        let (start, end) = (self.range.start().get(), self.range.end().get());
        // SAFETY: The pages are this region's, and nobody uses them.
        unsafe { map(start, end - start, libc::PROT_NONE, libc::MAP_FIXED) }?;
        self.committed.set(end);
        Ok(())
    }

    /// Writes to a page, without changing what it holds.
    ///
    /// # Panics
    ///
    /// If the address is not in the region.
    #[inline(always)]
    pub fn touch(&self, addr: Addr) {
        assert!(self.range.contains(addr), "outside the region");
        // SAFETY: The region is mapped. An inaccessible page is committed by a server, or ends the
        // process.
        unsafe { probe(addr.get() / 8 * 8) }
    }

    /// Runs something with this region as its stack. Where the stack has to grow, this thread
    /// needs a server for it, or the process ends.
    ///
    /// # Panics
    ///
    /// If the last page is not committed, or code runs on the region already. Panics of `run`
    /// come through.
    pub fn run<T>(&self, run: impl FnOnce() -> T) -> T {
        let (start, end) = (self.range.start().get(), self.range.end().get());
        assert!(self.committed.get() < end, "nothing to begin with");
        assert!(!self.in_use.replace(true), "the region is a stack in use");
        let len = usize::try_from(end - start).expect("a reserved length");
        // SAFETY: The bounds are page-aligned, and the length is below isize::MAX, being mapped.
        // The first page is committed; below it every page is either inaccessible, and a touch is
        // served or ends the process, or committed by this region alone; below the range lie
        // inaccessible pages. Nobody else runs on it, and it cannot be reset meanwhile. The
        // callback does not unwind.
        let answer = unsafe {
            psm::on_stack(pointer(start).cast(), len, || catch_unwind(AssertUnwindSafe(run)))
        };
        self.in_use.set(false);
        answer.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let bottom = self.range.start().get() - GUARD;
        // SAFETY: The mapping is this region's, and no reference into it is ever given out.
        let _ = unsafe { unmap(bottom, self.range.end().get() - bottom) };
    }
}

/// The protection as `mprotect` wants it.
fn bits(prot: Prot) -> i32 {
    [
        (Prot::READ, libc::PROT_READ),
        (Prot::WRITE, libc::PROT_WRITE),
        (Prot::EXECUTE, libc::PROT_EXEC),
    ]
    .iter()
    .filter(|(ours, _)| prot.contains(*ours))
    .fold(libc::PROT_NONE, |bits, (_, theirs)| bits | theirs)
}
