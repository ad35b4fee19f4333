//! Real page faults, served on the thread that raised them: all that needs `unsafe` for it, and all
//! that runs inside the signal handler.
//!
//! - [`trap`]: `SIGSEGV` and `SIGBUS` on a signal stack, and how the handler reaches its server.
//! - [`region`]: address space reserved whole and committed page by page from its end; running on
//!   it as a stack.
//! - [`engine`], [`arithmetic`], [`copy`]: what serves a fault: the engine, the same without one,
//!   and `userfaultfd`.
//! - [`kernel`]: a stack that the kernel grows; [`crowd`]: many other mappings.
//! - [`heap`]: an allocator that ends the process if the handler allocates.
//!
//! # What runs inside the handler
//!
//! The code that a fault interrupts may be anything: half of an allocation, a lock just taken. So
//! a [`Serve`](trap::Serve) may only compute, change what is its own, and make system calls. What is
//! its own is told by a flag that is set while the interrupted thread itself is at it: a fault then
//! is a crash, neither a deadlock nor a second exclusive reference.

use std::io;

pub mod arithmetic;
pub mod copy;
pub mod crowd;
pub mod engine;
pub mod heap;
pub mod kernel;
pub mod region;
pub mod trap;

/// Bytes of a page, as lengths are given to system calls.
const PAGE: usize = 4096;

/// The answer of a system call: -1 stands for the error in `errno`.
fn done(answer: i32) -> io::Result<()> {
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Keeps this process from getting huge pages, which would serve 512 touches with one fault.
///
/// # Errors
///
/// That of `prctl`.
pub fn forbid_huge_pages() -> io::Result<()> {
    // SAFETY: The call takes numbers only, and changes how memory is backed, not what it holds.
    done(unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) })
}

/// Maps anonymous private memory: at `at` whatever is there if `flags` say so, near it otherwise.
///
/// # Safety
///
/// With `MAP_FIXED`, nothing that Rust knows of may lie in the range.
unsafe fn map(at: u64, len: u64, prot: i32, flags: i32) -> io::Result<u64> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | flags;
    let len = usize::try_from(len).map_err(io::Error::other)?;
    let at = std::ptr::without_provenance_mut(usize::try_from(at).map_err(io::Error::other)?);
    // SAFETY: Without MAP_FIXED a mapping is made where nothing is; with it, the caller answers for
    // what is there.
    let start = unsafe { libc::mmap(at, len, prot, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // The address is used by instructions and system calls that are opaque to the compiler.
    Ok(start.expose_provenance() as u64)
}

/// Unmaps what [`map`] made.
///
/// # Safety
///
/// Nothing that Rust knows of may lie in the range.
unsafe fn unmap(start: u64, len: u64) -> io::Result<()> {
    let len = usize::try_from(len).map_err(io::Error::other)?;
    // SAFETY: As the caller says.
    done(unsafe { libc::munmap(pointer(start), len) })
}

/// An address of memory that [`map`] made.
fn pointer(addr: u64) -> *mut libc::c_void {
    #[expect(clippy::cast_possible_truncation, reason = "this is x86-64")]
    std::ptr::with_exposed_provenance_mut(addr as usize)
}

/// Writes to the eight bytes at an address without changing them, as a stack probe does. The
/// processor raises the fault of a write.
///
/// # Safety
///
/// `addr` is a multiple of 8, and a mapping of this module's own is there, or is made there by
/// what serves the fault, or the process ends.
#[inline(always)]
unsafe fn probe(addr: u64) {
    // SAFETY: The instruction stores what it loaded, in one thread: no value changes under anyone.
    // Without `nomem`, the compiler keeps no memory access across it.
    unsafe {
        core::arch::asm!("or qword ptr [{}], 0", in(reg) addr, options(nostack));
    }
}
