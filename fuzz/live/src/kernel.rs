//! The running kernel, asked for one operation after the other.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use growstack::AddrRange;
use growstack_fuzz::linux::{Errno, LinuxAnswer, LinuxConfig, LinuxOp, SegvCode};
use libc::c_int;

use crate::call;
use crate::limits::Limits;
use crate::touch::Toucher;

/// The kernel, as far as operations within one window ask for it.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// Has the window, in which Rust has nothing, and what keeps to it.
    config: LinuxConfig,
    toucher: Toucher,
    /// `/proc/self/mem`.
    memory: File,
    limits: Limits,
}

impl Kernel {
    /// The kernel behind a window.
    ///
    /// # Safety
    ///
    /// Neither is anything in the window that Rust knows of, nor will there be.
    pub(crate) unsafe fn new(
        window: AddrRange,
        toucher: Toucher,
        memory: File,
        limits: Limits,
    ) -> Self {
        let config = LinuxConfig { window, ..LinuxConfig::default() };
        Self { config, toucher, memory, limits }
    }

    /// Runs an operation, if that stays within the window.
    ///
    /// # Errors
    ///
    /// If there is no word for what the kernel did.
    pub(crate) fn run(&self, op: &LinuxOp) -> io::Result<LinuxAnswer> {
        if !self.config.supports(op) {
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
                // SAFETY: the call changes nothing outside the window, as `supports` has it, and Rust
                // has nothing in it.
                Ok(answer(unsafe { call::of(op) }))
            }
        }
    }

    /// Empties the window, and makes the process what it was at the start.
    fn reset(&self) -> io::Result<()> {
        self.limits.restore()?;
        let window = self.config.window;
        let window = LinuxOp::Munmap { addr: window.start(), length: window.len() };
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
