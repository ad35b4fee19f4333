//! The child of a live run: the Linux kernel under one's feet behind the harness's vocabulary.
//!
//! A live run asks the running kernel what its own `mmap(2)`, `mprotect(2)` and page faults do, and
//! compares that with the oracle of [`growstack_fuzz::linux`]. The operations must run in a process
//! of which nothing else is known to be free: [`child`] makes the process such a one. It
//!
//! 1. maps everything outside a window at the lowest addresses, so that the kernel's own search for
//!    space finds the window alone;
//! 2. reads requests from its standard input, each a batch of operations, and runs them: system calls
//!    as they are, and touches whose faults a handler turns into answers;
//! 3. reads the VMAs of the window after each operation, by `PROCMAP_QUERY` where the kernel has it and
//!    else from `/proc/self/maps`, and now and then with all flags from `/proc/self/smaps`;
//! 4. writes what it saw to its standard output.
//!
//! The protocol is in [`growstack_fuzz::linux::wire`]. From step 1 on the process allocates nothing,
//! since what it got would be of the window. It needs no privilege. Whatever is asked for, it keeps to
//! its window: an operation that would reach out of it is answered
//! [`Unsupported`](growstack_fuzz::linux::LinuxAnswer::Unsupported).
//!
//! The child must be a plain program: a sanitizer's own memory would be in the way. It is the only
//! crate of the repository that is about unsafe code, and has nothing else.

#![warn(unsafe_op_in_unsafe_fn)]

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod call;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod fill;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod kernel;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod layout;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod limits;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod look;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod pipe;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod privileges;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod serve;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod text;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod touch;

/// Makes the process a child, if its first argument says so, and serves its driver until that closes
/// the pipe. `None` in every other process.
///
/// To be called first thing in `main`, by the program's only thread.
#[must_use]
pub fn child() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != growstack_fuzz::linux::wire::ARGUMENT {
        return None;
    }
    let window = arguments.next().and_then(|window| window.to_str()?.parse().ok());
    let dropped = arguments.next().is_some_and(|word| word == growstack_fuzz::linux::wire::DROPPED);
    Some(serve(window, dropped))
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn serve(window: Option<u64>, dropped: bool) -> ExitCode {
    let Some(window) = window else {
        eprintln!("growstack: a child is started by a live run only");
        return ExitCode::from(2);
    };
    // The driver sees the end of the pipe, and says how the child has ended.
    let privileges = || if dropped { privileges::drop_all() } else { Ok(()) };
    let served = layout::top_down().and_then(|()| privileges()).and_then(|()| serve::serve(window));
    served.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn serve(_: Option<u64>, _: bool) -> ExitCode {
    eprintln!("growstack: a live run needs Linux on x86-64");
    ExitCode::from(2)
}
