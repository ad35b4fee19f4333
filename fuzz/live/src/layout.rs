//! The layout of the process that the rules are about: mappings are placed from the top down.

use std::os::unix::process::CommandExt;
use std::{env, io, process};

use libc::{RLIM_INFINITY, RLIMIT_STACK, rlimit};

/// What the stack may be, in bytes, if it may be of any size: an ordinary limit.
const STACK: u64 = 8 << 20;

/// Starts the program again with a limit on its stack, if it has none: the kernel would have placed
/// mappings from the bottom up since.
///
/// # Errors
///
/// That of a system call, `exec` included, which does not return otherwise.
pub(crate) fn top_down() -> io::Result<()> {
    let mut limit = rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel writes one `rlimit`, and there is one.
    if unsafe { libc::getrlimit(RLIMIT_STACK, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if limit.rlim_cur != RLIM_INFINITY {
        return Ok(());
    }
    limit.rlim_cur = STACK;
    // SAFETY: the kernel only reads the `rlimit`.
    if unsafe { libc::setrlimit(RLIMIT_STACK, &raw const limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Err(process::Command::new(env::current_exe()?).args(env::args_os().skip(1)).exec())
}
