//! Linux: the address space of a process as a list of VMAs, with stacks that grow down page by page.
//!
//! Linux shares no call, no answer and no attribute of an entry with FreeBSD, so it has a vocabulary of
//! its own: [`LinuxOp`], [`LinuxAnswer`], [`Vma`] and [`LinuxConfig`]. Pages are 4 KiB. There is one
//! process with one thread, and all memory is private and anonymous.

mod answer;
mod config;
#[cfg(all(target_os = "linux", feature = "pipe"))]
pub mod live;
mod op;
mod rules;
mod vma;
pub mod wire;
mod words;

pub use answer::{Errno, LinuxAnswer, SegvCode};
pub use config::{Capabilities, LinuxConfig, LinuxLimits, Overcommit};
pub use op::{
    Advice, LinuxOp, MlockFlags, MlockallFlags, MmapFlags, MremapFlags, Resource, Stretch,
};
pub use rules::{Rules, Version};
pub use vma::{Shown, Vma, VmaFlags};
