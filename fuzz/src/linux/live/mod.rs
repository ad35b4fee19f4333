//! The running kernel as a map under test.
//!
//! A [`Live`] is a [child process](super::wire) whose address space is full but for one window, and in
//! which the kernel runs whole sequences at once. What the rules ask of the machine is
//! [probed](Ground) first; a machine on which a live run would do harm, or would be of no use, is
//! [`Refused`].

mod child;
mod ground;
mod machine;
mod probe;
mod program;
mod refused;
mod space;

use child::Child;
use machine::Process;

pub use ground::Ground;
pub use program::config_of;
pub use refused::Refused;
pub use space::Spaces;

use super::log::Log;
use super::runner::{Broken, Every, Runner};
use super::wire::{DROPPED, KEPT};
use super::{LinuxConfig, LinuxOp};

/// What reports call the running kernel.
pub const LIVE: &str = "live";

/// The capabilities of a child.
///
/// The rules of limits on locked memory and of the lowest addresses do not hold for a process that may
/// do all (L6, L7, L31): one that may is to be tested without as well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Privileges {
    /// Those of this process.
    Kept,
    /// None.
    Dropped,
}

impl Privileges {
    /// The argument of the child.
    const fn word(self) -> &'static str {
        match self {
            Self::Kept => KEPT,
            Self::Dropped => DROPPED,
        }
    }

    /// Those of sequence `number`: every other 64 of a process that has capabilities run without.
    #[must_use]
    pub fn of(number: u64, ground: &Ground) -> Self {
        let has = !ground.config().capabilities.is_empty();
        if has && number / 64 % 2 == 1 { Self::Dropped } else { Self::Kept }
    }
}

/// The running kernel, behind a child process.
#[derive(Debug)]
pub struct Live {
    child: Child,
    config: LinuxConfig,
}

impl Live {
    /// A child of its own on probed ground, with the capabilities of this process.
    ///
    /// # Errors
    ///
    /// If it can't be started, or is not as the one that was probed.
    pub fn start(ground: &Ground) -> Result<Self, Refused> {
        Self::start_with(ground, Privileges::Kept)
    }

    /// As [`start`](Self::start), with these capabilities.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn start_with(ground: &Ground, privileges: Privileges) -> Result<Self, Refused> {
        let config = ground.config();
        let child = Child::start(ground.program(), config.window.end().get(), privileges)?;
        let process = Process::read(child.id())?;
        Ok(Self { child, config: process.over(config) })
    }

    /// Empties the window, and sets the process back to its start.
    pub(super) fn reset(&mut self) -> Result<(), Broken> {
        self.child.run(&[LinuxOp::Reset], Every(0), &mut Log::default())
    }

    /// Runs operations from where the last ones have left the process, and adds what was seen.
    pub(super) fn go_on(
        &mut self,
        ops: &[LinuxOp],
        every: Every,
        log: &mut Log,
    ) -> Result<(), Broken> {
        self.child.run(ops, every, log)
    }
}

impl Runner for Live {
    /// What the process has outside the window may be another number of pages in each.
    fn config(&self) -> &LinuxConfig {
        &self.config
    }

    fn run(&mut self, ops: &[LinuxOp], every: Every, log: &mut Log) -> Result<(), Broken> {
        log.clear();
        self.reset()?;
        self.child.run(ops, every, log)
    }
}
