//! Many mappings that have nothing to do with the stacks: what a large program has.

use std::io;

use growstack::{Addr, AddrRange, PAGE_SIZE};

use super::{PAGE, done, map, pointer, unmap};

/// Mappings of a page each, readable and inaccessible in turn, so that the kernel does not merge
/// them.
#[derive(Debug)]
pub struct Crowd(AddrRange);

impl Crowd {
    /// `mappings` mappings.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::OutOfMemory`] for more than `vm.max_map_count` allows, other errors of
    /// `mmap` and `mprotect`.
    pub fn new(mappings: u64) -> io::Result<Self> {
        let len = mappings.max(1).saturating_mul(PAGE_SIZE);
        // SAFETY: No MAP_FIXED.
        let start = unsafe { map(0, len, libc::PROT_READ, 0) }?;
        let range = AddrRange::new(Addr::new(start), Addr::new(start + len));
        let crowd = Self(range.ok_or(io::ErrorKind::InvalidInput)?);
        for page in (1..mappings).step_by(2) {
            let at = pointer(start + page * PAGE_SIZE);
            // SAFETY: The page is the crowd's, and nobody reads it.
            done(unsafe { libc::mprotect(at, PAGE, libc::PROT_NONE) })?;
        }
        Ok(crowd)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // SAFETY: The mapping is the crowd's, and nobody refers to it.
        let _ = unsafe { unmap(self.0.start().get(), self.0.len().get()) };
    }
}
