//! Recording what a Linux program does to its address space, and turning it into traces.
//!
//! A *log* is what strace prints of the calls that change memory, with the kernel's own word,
//! `/proc/PID/maps`, at the start and the end of every program. [`live`] makes one; [`convert`]
//! reads it. `docs/recording.md` says which call becomes which operation.

mod call;
mod closing;
mod convert;
mod events;
mod line;
mod linux;
#[cfg(target_os = "linux")]
pub mod live;
mod mounts;
mod snapshot;
mod space;
#[cfg(target_os = "linux")]
mod stop;
mod translate;

use std::fmt;

use anyhow::Result;
use growstack_fuzz::op::{Config, Op};
use growstack_fuzz::proc_maps::{Difference, Region};
use growstack_fuzz::trace::{Step, Trace};

use convert::{Converter, Life};
use events::Log;
pub use linux::{LinuxRecording, Unseen};

/// The form in a trace of the stacks of threads, which Linux maps whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// As Linux has them: mappings like any other.
    Plain,
    /// As stacks of one page that grow.
    Growing,
}

/// How an address space came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// By `execve`.
    Program,
    /// As a copy of a parent's.
    Fork,
}

/// How an address space ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    /// By `exit_group`, before which the kernel was asked.
    Exit,
    /// By a signal, before which nothing holds the program for a look at its map.
    Signal(String),
    /// By `execve`.
    Replaced,
    /// In a way that the log does not show.
    Unseen,
}

/// What was recorded of one address space.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The name of the program, without its folder.
    pub program: String,
    /// How it began.
    pub origin: Origin,
    /// How it ended.
    pub ending: Ending,
    /// What happened, without answers.
    pub trace: Trace,
    /// How many operations of the trace only say what it started from.
    pub given: usize,
    /// The same with stacks of threads that grow, if there are any.
    pub growing: Option<Trace>,
    /// What the kernel said at the end.
    pub last: Option<Vec<Region>>,
    /// Where the map differs from that.
    pub differences: Vec<Difference>,
    /// The same by the rules of Linux, if the log says what those ask of the machine.
    pub linux: Option<LinuxRecording>,
    /// Operations that the rules refuse, though Linux has done them, with the refusal. They are not
    /// in the trace.
    pub refused: Vec<String>,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit => f.write_str("ended by exit_group"),
            Self::Signal(name) => write!(f, "killed by {name}"),
            Self::Replaced => f.write_str("replaced by execve"),
            Self::Unseen => f.write_str("ended unseen"),
        }
    }
}

/// The address spaces of a log, in the order in which they came to be. Those of which nothing is
/// known, or that nothing happened to, are left out.
///
/// # Errors
///
/// A note of the recorder that cannot be read.
pub fn convert(log: &str) -> Result<Vec<Recording>> {
    let log = Log::read(log)?;
    let plain = Converter::new(&log, Style::Plain).run();
    let growing = Converter::new(&log, Style::Growing).run();
    let linux = linux::lives(&log, &plain);
    Ok(plain
        .into_iter()
        .zip(growing)
        .zip(linux)
        .filter_map(|((plain, growing), linux)| record(plain, growing, linux))
        .collect())
}

fn record(plain: Life, growing: Life, linux: Option<LinuxRecording>) -> Option<Recording> {
    let Life { program, origin, ending, space, last, .. } = plain;
    let space = space?;
    if space.ops.len() == space.given {
        return None;
    }
    let differences = last.as_ref().map_or_else(Vec::new, |last| space.differences(last));
    let refused = &space.refused;
    let growing = growing.space.filter(|growing| growing.ops != space.ops);
    Some(Recording {
        program,
        origin,
        ending,
        given: space.given,
        linux,
        growing: growing.map(|growing| trace(growing.config, &growing.ops)),
        last,
        differences,
        refused: refused
            .iter()
            .map(|refused| format!("{}: {}", refused.op, refused.code))
            .collect(),
        trace: trace(space.config, &space.ops),
    })
}

fn trace(config: Config, ops: &[Op]) -> Trace {
    let mut trace = Trace::new(config);
    trace.steps.extend(ops.iter().copied().chain([Op::Dump]).map(Step::new));
    trace
}
