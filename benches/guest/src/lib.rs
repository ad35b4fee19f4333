//! Real page faults, served by the engine on the thread that raised them: Linux on x86-64. On
//! another system this crate is empty.
//!
//! - [`stack`]: a stack of real memory that the engine grows.
//! - [`kernel`]: a stack that the kernel grows, for comparison.
//! - [`trap`]: `SIGSEGV` on a signal stack, and how the handler finds what serves the fault.
//! - [`region`]: reserved address space, committed from its end; runs code on itself as a stack.
//! - [`space`]: the mappings of this process, as entries of a map.
//! - [`heap`]: an allocator that aborts the process if the handler allocates.
//! - [`recursion`]: a recursive function whose frames detect damage.
//!
//! # What runs inside the handler
//!
//! The code that a fault interrupts may be anything: half of an allocation, a lock just taken. So
//! a [`Serve`](trap::Serve) may only compute, change what is its own, and make system calls. A flag
//! is set while the interrupted thread itself uses the server: a fault then is a crash, neither a
//! deadlock nor a second exclusive reference.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

pub mod heap;
pub mod kernel;
mod memory;
pub mod recursion;
pub mod region;
mod server;
pub mod space;
pub mod stack;
pub mod trap;

pub use server::GrowthEvent;
