//! Anonymous private memory at addresses of the engine's types.

use std::ffi::c_void;
use std::io;

use growstack::{Addr, AddrRange, Prot, Size};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

/// Address space that belongs to this crate: no Rust reference into it is ever made. Unmapped on
/// drop.
#[derive(Debug)]
pub(crate) struct Mapping(AddrRange);

impl Mapping {
    /// Reserves `len` bytes, inaccessible, where the kernel has room.
    pub(crate) fn reserve(len: Size) -> io::Result<Self> {
        // SAFETY: Without MAP_FIXED, the kernel chooses addresses that are free.
        let start = unsafe { map(Addr::new(0), len, ProtFlags::empty(), MapFlags::empty()) }?;
        let range = AddrRange::new(start, start.wrapping_add(len));
        Ok(Self(range.ok_or(io::ErrorKind::InvalidInput)?))
    }

    /// Reserves this range, inaccessible; fails if anything is mapped there.
    pub(crate) fn reserve_at(range: AddrRange) -> io::Result<Self> {
        let flags = MapFlags::FIXED_NOREPLACE;
        // SAFETY: MAP_FIXED_NOREPLACE replaces nothing.
        unsafe { map(range.start(), range.len(), ProtFlags::empty(), flags) }?;
        Ok(Self(range))
    }

    pub(crate) const fn range(&self) -> AddrRange {
        self.0
    }

    /// Changes the protection of a part. Async-signal-safe.
    ///
    /// # Safety
    ///
    /// Nothing is in use there that needs the protection it has.
    pub(crate) unsafe fn protect(&self, part: AddrRange, prot: Prot) -> io::Result<()> {
        assert!(part.start() >= self.0.start() && part.end() <= self.0.end());
        let bits = [
            (Prot::READ, MprotectFlags::READ),
            (Prot::WRITE, MprotectFlags::WRITE),
            (Prot::EXECUTE, MprotectFlags::EXEC),
        ];
        let allowed = bits.iter().filter(|(ours, _)| prot.contains(*ours));
        let flags = allowed.fold(MprotectFlags::empty(), |flags, (_, theirs)| flags | *theirs);
        // SAFETY: The part is this mapping's, and free to change, as the caller states.
        Ok(unsafe { mprotect(pointer(part.start()), bytes(part.len()), flags) }?)
    }

    /// Writes to the eight bytes at an address without changing them, as a stack probe does: the
    /// processor raises the fault of a write.
    #[inline]
    pub(crate) fn touch(&self, addr: Addr) {
        assert!(self.0.contains(addr), "outside the mapping");
        // SAFETY: The aligned address is in this mapping, to which no reference exists. The
        // instruction stores the value that it loaded. If the page is inaccessible, a handler
        // supplies it or the process ends. Without `nomem`, no access is cached across it.
        unsafe {
            core::arch::asm!("or qword ptr [{}], 0", in(reg) addr.get() & !7, options(nostack));
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: The range is this mapping's, and nothing refers into it.
        let _ = unsafe { unmap(self.0) };
    }
}

/// Maps anonymous private memory: at `at` if the flags demand it, else where there is room.
///
/// # Safety
///
/// With `MAP_FIXED`, nothing that Rust refers to lies in the range.
pub(crate) unsafe fn map(
    at: Addr,
    len: Size,
    prot: ProtFlags,
    flags: MapFlags,
) -> io::Result<Addr> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | flags;
    // SAFETY: Without MAP_FIXED the range was free; with it, the caller vouches for it.
    let start = unsafe { mmap_anonymous(pointer(at), bytes(len), prot, flags) }?;
    // Exposed, since instructions and system calls use the address unseen by the compiler.
    Ok(Addr::new(start.expose_provenance() as u64))
}

/// Unmaps a range.
///
/// # Safety
///
/// Nothing that Rust refers to lies in the range.
pub(crate) unsafe fn unmap(range: AddrRange) -> io::Result<()> {
    // SAFETY: As the caller states.
    Ok(unsafe { munmap(pointer(range.start()), bytes(range.len())) }?)
}

pub(crate) fn pointer(addr: Addr) -> *mut c_void {
    std::ptr::with_exposed_provenance_mut(bytes(Size::new(addr.get())))
}

pub(crate) const fn bytes(size: Size) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "x86-64")]
    {
        size.get() as usize
    }
}
