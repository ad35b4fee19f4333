//! Faults served by `userfaultfd`: the page is missing in a mapping that exists, the kernel says so
//! with a `SIGBUS`, and the handler hands it a page.
//!
//! This is the kernel's own way to serve faults in user space, with its shortest path: no other
//! thread is woken.

use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use growstack::{Addr, AddrRange, PAGE_SIZE, Prot, Size};

use super::done;
use super::region::{Commit, Region};
use super::trap::{Serve, Served};

/// Faults of the kernel itself are none of its business; without this, one has to be privileged.
const UFFD_USER_MODE_ONLY: i32 = 1;
const UFFD_API: u64 = 0xaa;
const UFFD_FEATURE_SIGBUS: u64 = 1 << 7;
const UFFDIO_REGISTER_MODE_MISSING: u64 = 1 << 0;

const UFFDIO_API: u64 = libc::_IOWR::<Api>(0xaa, 0x3f);
const UFFDIO_REGISTER: u64 = libc::_IOWR::<Register>(0xaa, 0x00);
const UFFDIO_COPY: u64 = libc::_IOWR::<Fill>(0xaa, 0x03);

#[repr(C)]
struct Api {
    api: u64,
    features: u64,
    ioctls: u64,
}

#[repr(C)]
struct Register {
    start: u64,
    len: u64,
    mode: u64,
    ioctls: u64,
}

#[repr(C)]
struct Fill {
    dst: u64,
    src: u64,
    len: u64,
    mode: u64,
    copy: i64,
}

#[repr(align(4096))]
struct Page([u8; 4096]);

/// What is handed out.
static ZEROS: Page = Page([0; 4096]);

/// A region whose pages are handed out one by one.
#[derive(Debug)]
pub struct CopiedStack {
    region: Region,
    faults: OwnedFd,
}

impl CopiedStack {
    /// A region of `len` bytes.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::PermissionDenied`] or the like where `userfaultfd` is not permitted.
    pub fn new(len: Size) -> io::Result<Self> {
        let faults = open()?;
        let mut api = Api { api: UFFD_API, features: UFFD_FEATURE_SIGBUS, ioctls: 0 };
        // SAFETY: The structure lives and is the one that the request names.
        done(unsafe { libc::ioctl(faults.as_raw_fd(), UFFDIO_API, &raw mut api) })?;
        let stack = Self { region: Region::reserve(len)?, faults };
        stack.register()?;
        Ok(stack)
    }

    /// The addresses of the region.
    #[must_use]
    pub const fn range(&self) -> AddrRange {
        self.region.range()
    }

    /// Takes every page back.
    ///
    /// # Errors
    ///
    /// Those of the system calls.
    pub fn reset(&self) -> io::Result<()> {
        self.region.reset()?;
        self.register()
    }

    /// The region, to be touched.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    fn register(&self) -> io::Result<()> {
        let range = self.region.range();
        self.region.commit(range, Prot::RW, Commit::Protect)?;
        let (start, len) = (range.start().get(), range.len().get());
        let mut register = Register { start, len, mode: UFFDIO_REGISTER_MODE_MISSING, ioctls: 0 };
        // SAFETY: As above. The range is the region's own.
        done(unsafe { libc::ioctl(self.faults.as_raw_fd(), UFFDIO_REGISTER, &raw mut register) })
    }

    /// What serves the faults of this region, for as long as the region lives.
    ///
    /// # Errors
    ///
    /// That of `dup`.
    pub fn server(&self) -> io::Result<CopyServer> {
        Ok(CopyServer { faults: self.faults.try_clone()?, range: self.range() })
    }
}

fn open() -> io::Result<OwnedFd> {
    let flags = libc::O_CLOEXEC | UFFD_USER_MODE_ONLY;
    // SAFETY: The call takes numbers only.
    let fd = unsafe { libc::syscall(libc::SYS_userfaultfd, flags) };
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    done(fd)?;
    // SAFETY: The kernel has just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Hands out pages.
#[derive(Debug)]
pub struct CopyServer {
    faults: OwnedFd,
    range: AddrRange,
}

// SAFETY: One system call, which reads a static page and fills a page that was missing.
unsafe impl Serve for CopyServer {
    fn serve(&mut self, addr: Addr) -> Served {
        if !self.range.contains(addr) {
            return Served::Crash;
        }
        let (dst, src) = (addr.get() / PAGE_SIZE * PAGE_SIZE, ZEROS.0.as_ptr().expose_provenance());
        let mut copy = Fill { dst, src: src as u64, len: PAGE_SIZE, mode: 0, copy: 0 };
        // SAFETY: The structure lives and is the one that the request names.
        let copied =
            done(unsafe { libc::ioctl(self.faults.as_raw_fd(), UFFDIO_COPY, &raw mut copy) });
        if copied.is_ok() { Served::Retry } else { Served::Crash }
    }
}
