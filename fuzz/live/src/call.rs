//! Operations as system calls.

use std::ffi::c_long;
use std::io;

use growstack::{Addr, Size};
use growstack_fuzz::linux::{LinuxOp, MmapFlags};
use libc::{MAP_ANONYMOUS, MAP_PRIVATE, iovec};

/// Makes the system call of an operation that is one, with nothing checked or rounded on the way:
/// what the kernel refuses must get there. The others, which touch memory or set limits, change
/// nothing and are answered with 0.
///
/// # Errors
///
/// What the kernel answers.
///
/// # Safety
///
/// Rust has nothing in the ranges that the operation is about.
pub(crate) unsafe fn of(op: &LinuxOp) -> io::Result<u64> {
    let (at, size) = (|addr: Addr| signed(addr.get()), |size: Size| signed(size.get()));
    let (call, arguments) = match *op {
        LinuxOp::Mmap { addr, length, prot, flags } => {
            let shared = flags.contains(MmapFlags::SHARED);
            let kind = if shared { MAP_ANONYMOUS } else { MAP_ANONYMOUS | MAP_PRIVATE };
            let flags = c_long::from(flags.bits()) | c_long::from(kind);
            (libc::SYS_mmap, [at(addr), size(length), prot.bits().into(), flags, -1, 0])
        }
        LinuxOp::Munmap { addr, length } => {
            (libc::SYS_munmap, [at(addr), size(length), 0, 0, 0, 0])
        }
        LinuxOp::Mprotect { addr, length, prot, stretch } => {
            let prot = c_long::from(prot.bits()) | c_long::from(stretch.bits());
            (libc::SYS_mprotect, [at(addr), size(length), prot, 0, 0, 0])
        }
        LinuxOp::Madvise { addr, length, advice } => {
            let advice = advice.number().into();
            (libc::SYS_madvise, [at(addr), size(length), advice, 0, 0, 0])
        }
        LinuxOp::Mlock { addr, length, flags } => {
            let call = if flags.is_empty() { libc::SYS_mlock } else { libc::SYS_mlock2 };
            (call, [at(addr), size(length), flags.bits().into(), 0, 0, 0])
        }
        LinuxOp::Munlock { addr, length } => {
            (libc::SYS_munlock, [at(addr), size(length), 0, 0, 0, 0])
        }
        LinuxOp::Mlockall { flags } => (libc::SYS_mlockall, [flags.bits().into(), 0, 0, 0, 0, 0]),
        LinuxOp::Munlockall => (libc::SYS_munlockall, [0; 6]),
        LinuxOp::Mremap { addr, old, new, flags, target } => {
            let flags = flags.bits().into();
            (libc::SYS_mremap, [at(addr), size(old), size(new), flags, at(target), 0])
        }
        // Writes to the process as `read` does, and needs no file.
        LinuxOp::KernelStore { addr } => (libc::SYS_getrandom, [at(addr), 1, 0, 0, 0, 0]),
        // Those that a child does not have, or that are no call.
        LinuxOp::MmapFile { .. }
        | LinuxOp::Brk { .. }
        | LinuxOp::Given { .. }
        | LinuxOp::Reset
        | LinuxOp::Setrlimit { .. }
        | LinuxOp::Load { .. }
        | LinuxOp::Store { .. }
        | LinuxOp::ProcMem { .. }
        | LinuxOp::VmRead { .. } => return Ok(0),
    };
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: the kernel writes nowhere but to the ranges of the operation, where the caller says
    // that Rust has nothing.
    returned(unsafe { libc::syscall(call, a, b, c, d, e, f) })
}

/// Reads the byte at an address by `process_vm_readv`, from the process itself.
pub(crate) fn read_by_process(addr: Addr) -> io::Result<u64> {
    let mut byte = 0_u8;
    let local = iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let from = usize::try_from(addr.get()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let remote = iovec { iov_base: std::ptr::without_provenance_mut(from), iov_len: 1 };
    // SAFETY: the kernel writes one byte to `byte`, and only reads, or fails to, at the address.
    let read = unsafe {
        libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0)
    };
    returned(read as c_long)
}

const fn signed(number: u64) -> c_long {
    number.cast_signed()
}

/// What a system call returned, or `errno` for -1, which none of them returns otherwise.
fn returned(value: c_long) -> io::Result<u64> {
    if value == -1 { Err(io::Error::last_os_error()) } else { Ok(value.cast_unsigned()) }
}
