//! Linux: the address space of a process as a list of VMAs, with stacks that grow down page by page.
//!
//! Linux shares no call, no answer and no attribute of an entry with FreeBSD, so it has a vocabulary of
//! its own: [`LinuxOp`], [`LinuxAnswer`], [`Vma`] and [`LinuxConfig`]. Pages are 4 KiB. There is one
//! process, and one call after the other.

mod answer;
mod config;
pub mod counts;
mod dialect;
pub mod draw;
mod eligible;
pub mod engine;
pub mod harm;
mod kind;
#[cfg(all(unix, feature = "pipe"))]
pub mod live;
pub mod log;
mod op;
pub mod oracle;
pub mod pages;
pub mod random;
pub mod replay;
mod rules;
pub mod runner;
pub mod sequence;
pub mod shorten;
mod shrink;
pub mod trace;
mod vma;
pub mod wire;
mod words;

pub use answer::{Errno, LinuxAnswer, SegvCode};
pub use config::{Capabilities, LinuxConfig, LinuxLimits, Overcommit, Program};
pub use dialect::{Linux, LinuxDivergence, LinuxFactory, LinuxSeen, LinuxSpace, compare_vmas};
pub use op::{
    Advice, FileTraits, FileView, LinuxOp, MlockFlags, MlockallFlags, MmapFlags, MremapFlags,
    Resource, Stretch,
};
pub use rules::{Rules, Version};
pub use vma::{Shown, Vma, VmaFlags};
