//! The soft limits of the process.

use std::io;

use growstack_fuzz::linux::Resource;
use libc::rlimit;

/// The limits that the process began with, in the order of [`Resource::ALL`].
#[derive(Debug)]
pub(crate) struct Limits([rlimit; Resource::ALL.len()]);

impl Limits {
    /// Reads those of the process.
    ///
    /// # Errors
    ///
    /// That of the system call.
    pub(crate) fn read() -> io::Result<Self> {
        let mut limits = [rlimit { rlim_cur: 0, rlim_max: 0 }; Resource::ALL.len()];
        for (&resource, limit) in Resource::ALL.iter().zip(&mut limits) {
            // SAFETY: the kernel writes one `rlimit`, and there is one.
            checked(unsafe { libc::getrlimit(resource.number(), limit) })?;
        }
        Ok(Self(limits))
    }

    /// Sets a soft limit in bytes, but not above the hard one.
    pub(crate) fn set(&self, resource: Resource, limit: u64) -> io::Result<()> {
        let began = Resource::ALL.iter().position(|&known| known == resource).map(|at| self.0[at]);
        let Some(rlimit { rlim_max, .. }) = began else { return Ok(()) };
        set(resource, rlimit { rlim_cur: limit.min(rlim_max), rlim_max })
    }

    /// Sets all limits to what they were at the start.
    pub(crate) fn restore(&self) -> io::Result<()> {
        Resource::ALL.iter().zip(self.0).try_for_each(|(&resource, limit)| set(resource, limit))
    }
}

fn set(resource: Resource, limit: rlimit) -> io::Result<()> {
    // SAFETY: the kernel only reads the `rlimit`.
    checked(unsafe { libc::setrlimit(resource.number(), &raw const limit) })
}

fn checked(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
