//! The running kernel, asked for one operation after the other.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use growstack::{Addr, Size};
use growstack_fuzz::linux::{
    Errno, LinuxAnswer, LinuxOp, MlockallFlags, MmapFlags, MremapFlags, SegvCode,
};
use libc::c_int;

use crate::call;
use crate::limits::Limits;
use crate::touch::Toucher;

/// The kernel, as far as operations within one window ask for it.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// Where the window ends, in bytes from 0. Rust has nothing in it.
    window: u64,
    toucher: Toucher,
    /// `/proc/self/mem`.
    memory: File,
    limits: Limits,
}

impl Kernel {
    /// The kernel behind `[0, window)`.
    ///
    /// # Safety
    ///
    /// Neither is anything in the window that Rust knows of, nor will there be.
    pub(crate) unsafe fn new(window: u64, toucher: Toucher, memory: File, limits: Limits) -> Self {
        Self { window, toucher, memory, limits }
    }

    /// Runs an operation, if that stays within the window.
    ///
    /// # Errors
    ///
    /// If there is no word for what the kernel did.
    pub(crate) fn run(&self, op: &LinuxOp) -> io::Result<LinuxAnswer> {
        if !self.holds(op) {
            return Ok(LinuxAnswer::Unsupported);
        }
        match *op {
            LinuxOp::Reset => self.reset().map(|()| LinuxAnswer::ZERO),
            LinuxOp::Setrlimit { resource, limit } => {
                Ok(answer(self.limits.set(resource, limit).map(|()| 0)))
            }
            LinuxOp::Load { addr } => touched(self.toucher.load(addr.get())),
            // SAFETY: the address is in the window, where Rust has nothing.
            LinuxOp::Store { addr } => touched(unsafe { self.toucher.store(addr.get()) }),
            LinuxOp::ProcMem { addr } => {
                let read = self.memory.read_at(&mut [0], addr.get());
                Ok(answer(read.map(|bytes| bytes as u64)))
            }
            LinuxOp::VmRead { addr } => Ok(answer(call::read_by_process(addr))),
            _ => {
                // SAFETY: the call changes nothing outside the window, as `holds` has it, and Rust
                // has nothing in it.
                Ok(answer(unsafe { call::of(op) }))
            }
        }
    }

    /// Whether all that an operation may change or touch is in the window.
    fn holds(&self, op: &LinuxOp) -> bool {
        // What wraps is refused here; no rule is about that.
        let all = |addr: Addr, length: Size| {
            addr.get().checked_add(length.get()).is_some_and(|end| end <= self.window)
        };
        match *op {
            LinuxOp::Mmap { addr, length, flags, .. } => {
                // Placed by the kernel, it can be nowhere else.
                let fixed = MmapFlags::FIXED | MmapFlags::FIXED_NOREPLACE;
                if flags.intersects(fixed) { all(addr, length) } else { addr.get() < self.window }
            }
            LinuxOp::Munmap { addr, length }
            | LinuxOp::Mprotect { addr, length, .. }
            | LinuxOp::Madvise { addr, length, .. }
            | LinuxOp::Mlock { addr, length, .. }
            | LinuxOp::Munlock { addr, length } => all(addr, length),
            LinuxOp::Mremap { addr, old, new, flags, target } => {
                // In place it can't grow out of the window: what is beyond is mapped.
                all(addr, old) && (!flags.contains(MremapFlags::FIXED) || all(target, new))
            }
            // The program itself would be locked, too.
            LinuxOp::Mlockall { flags } => !flags.contains(MlockallFlags::CURRENT),
            LinuxOp::Load { addr }
            | LinuxOp::Store { addr }
            | LinuxOp::KernelStore { addr }
            | LinuxOp::ProcMem { addr }
            | LinuxOp::VmRead { addr } => addr.get() < self.window,
            LinuxOp::Munlockall | LinuxOp::Reset | LinuxOp::Setrlimit { .. } => true,
        }
    }

    /// Empties the window, and makes the process what it was at the start.
    fn reset(&self) -> io::Result<()> {
        self.limits.restore()?;
        let window = LinuxOp::Munmap { addr: Addr::ZERO, length: Size::new(self.window) };
        for op in [LinuxOp::Munlockall, window] {
            // SAFETY: of what Rust has, neither call changes more than whether it is locked, which
            // nothing of it is.
            unsafe { call::of(&op) }?;
        }
        Ok(())
    }
}

/// The answer of a system call.
fn answer(returned: io::Result<u64>) -> LinuxAnswer {
    match returned {
        Ok(value) => LinuxAnswer::Value(value),
        Err(error) => {
            let number = error.raw_os_error().and_then(|errno| u16::try_from(errno).ok());
            LinuxAnswer::Failed(Errno(number.unwrap_or(u16::MAX)))
        }
    }
}

/// The answer of a touch.
fn touched(verdict: Result<(), c_int>) -> io::Result<LinuxAnswer> {
    match verdict.map_err(SegvCode::from_number) {
        Ok(()) => Ok(LinuxAnswer::Done),
        Err(Some(code)) => Ok(LinuxAnswer::Segv(code)),
        Err(None) => Err(io::ErrorKind::Unsupported.into()),
    }
}
