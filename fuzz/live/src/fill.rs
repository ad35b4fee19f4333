//! An address space with nothing free in it but a window at its lowest addresses.

use std::io;
use std::{hint, ptr};

use libc::{
    MAP_ANONYMOUS, MAP_FAILED, MAP_FIXED_NOREPLACE, MAP_NORESERVE, MAP_PRIVATE, MAP_SHARED,
    PROT_NONE, c_int, c_void,
};

/// The first size that is tried, in bytes: half of what a process has with four levels of page
/// tables. With five, the kernel's own search does not go above that either.
const MOST: usize = 1 << 46;
const PAGE: usize = 1 << 12;

/// Maps all that the kernel's own search for space finds, but nothing of `[0, window)`, which must
/// be free. From then on the process must not allocate: what it gets would be of the window.
///
/// # Errors
///
/// That of the system call, if the window is not free, or cannot be freed again.
pub(crate) fn fill(window: u64) -> io::Result<()> {
    let window = usize::try_from(window).map_err(io::Error::other)?;
    grow_own_stack();
    // The lowest pages of all are nobody's, not even by `MAP_FIXED`.
    let low = lowest(window)?;
    // What is shared never merges with what operations map, which is private.
    none(window, PAGE, MAP_SHARED | MAP_FIXED_NOREPLACE)?;
    let mut size = MOST;
    while size >= PAGE {
        if none(0, size, MAP_PRIVATE).is_err() {
            size /= 2;
        }
    }
    // SAFETY: what is unmapped was mapped by `lowest`, and nobody has its address.
    match unsafe { libc::munmap(ptr::without_provenance_mut(low), window - low) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Maps the window from the lowest page on that can be mapped. That page's address.
fn lowest(window: usize) -> io::Result<usize> {
    let mut low = 0;
    loop {
        match none(low, window - low, MAP_PRIVATE | MAP_FIXED_NOREPLACE) {
            Ok(at) if at == low => return Ok(low),
            // A kernel that takes the address for a hint, and has put it somewhere else.
            Ok(_) => return Err(io::ErrorKind::Unsupported.into()),
            Err(error) if error.raw_os_error() == Some(libc::EPERM) && low < window / 2 => {
                low += PAGE;
            }
            Err(error) => return Err(error),
        }
    }
}

/// A mapping without access or cost.
fn none(address: usize, size: usize, flags: c_int) -> io::Result<usize> {
    let flags = MAP_ANONYMOUS | MAP_NORESERVE | flags;
    // SAFETY: a new mapping, which takes the place of none.
    let at: *mut c_void =
        unsafe { libc::mmap(ptr::without_provenance_mut(address), size, PROT_NONE, flags, -1, 0) };
    if at == MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(at.addr()) }
}

/// Makes the process's stack as large as it will need to be: growth counts against its limits.
#[inline(never)]
fn grow_own_stack() {
    let mut room = [0_u8; 1 << 18];
    for at in (0..room.len()).step_by(PAGE) {
        room[at] = hint::black_box(1);
    }
    hint::black_box(&mut room);
}
