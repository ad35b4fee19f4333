//! What was recorded as a trace of Linux: every call as it was made, with the kernel's own answers.

mod call;
mod files;
#[cfg(target_os = "linux")]
mod layout;
mod life;
mod listed;
mod order;
mod unseen;

#[cfg(target_os = "linux")]
pub(super) use layout::program;
pub(super) use listed::{FLAGS, KEY, Listed, listed};

pub use life::LinuxRecording;
pub(super) use life::lives;
pub use unseen::Unseen;
