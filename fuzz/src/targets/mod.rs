//! The fuzz targets: what each does with the bytes of an input.
//!
//! The programs in `fuzz/fuzz_targets` hand their bytes to [`Session::run`]; so do
//! `growstack replay` and the tests, which need no fuzzer.
//!
//! | target | input | what must hold |
//! |---|---|---|
//! | `differential` | [`Input`] | the engine and the oracle agree in everything, after every operation |
//! | `growth` | the same, leaning to stacks and faults | the same |
//! | `allocation` | the same | an operation that cannot have its index nodes changes nothing, and then goes well with them |
//! | `index` | [edits of a tree](index) | the tree and a `BTreeMap` agree, and its invariants hold |
//! | `linux` | [records that operations are drawn from](linux) | the kernel of this machine and its oracle agree, after every operation |
//! | `concurrent` | [calls of threads, and whose turn it is](concurrent) | some order of the calls explains all answers; there is no deadlock |
//! | `trace` | any text | reading never panics; what can be read is printed and read back the same |
//!
//! The header of an [`Input`] says which kernel it is for.

mod chunks;
pub mod concurrent;
pub mod hook;
pub mod index;
pub mod linux;
mod map;
mod seeds;
mod statistics;
mod text;

pub use crate::finding::Finding;
pub use statistics::Statistics;

use crate::input::{self, Flavour, Input};
use crate::kernel::Kernel;
use crate::linux::random::Found;
use crate::lockstep::{Failed, Looks, quietly};
use crate::replay::MapFactory;
use crate::shrink;
use map::Scarcity;

/// What is wrong, before it is shrunk.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The engine and the oracle differ at the last operation of an input.
    Maps(Box<(Input, Failed)>),
    /// The kernel of this machine and its oracle differ.
    Kernel(Box<Found>),
    /// Anything else, in a sentence.
    Other(String),
}

/// A fuzz target.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Target {
    /// Every operation, on the engine and the oracle.
    Differential,
    /// The same, leaning to growth.
    Growth,
    /// The engine's index by itself.
    Index,
    /// The reader of traces.
    Trace,
    /// Operations that cannot have their index nodes.
    Allocation,
    /// Threads that share a process.
    Concurrent,
    /// The kernel of this machine.
    Linux,
}

/// What became of an input that showed no fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It ran.
    Sound,
    /// It ran on the oracle alone, since this machine has no live run.
    Alone,
    /// It is of another version of the encoding.
    Unreadable,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 7] = [
        Self::Differential,
        Self::Growth,
        Self::Index,
        Self::Trace,
        Self::Allocation,
        Self::Concurrent,
        Self::Linux,
    ];

    /// The name of the program in `fuzz/fuzz_targets`, and of the folders of its inputs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Differential => "differential",
            Self::Growth => "growth",
            Self::Index => "index",
            Self::Trace => "trace",
            Self::Allocation => "allocation",
            Self::Concurrent => "concurrent",
            Self::Linux => "linux",
        }
    }

    /// The target of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// Does it take an [`Input`]?
    #[must_use]
    pub const fn takes_operations(self) -> bool {
        matches!(self, Self::Differential | Self::Growth | Self::Allocation)
    }

    const fn scarcity(self) -> Scarcity {
        match self {
            Self::Allocation => Scarcity::Obeyed,
            _ => Scarcity::Ignored,
        }
    }

    /// What an input stands for: a trace, edits, or calls.
    #[must_use]
    pub fn describe(self, bytes: &[u8]) -> String {
        match self {
            Self::Trace => String::from_utf8_lossy(bytes).into_owned(),
            Self::Index => index::describe(bytes),
            Self::Concurrent => concurrent::describe(bytes),
            Self::Linux => linux::describe(bytes),
            Self::Differential | Self::Growth | Self::Allocation => Input::decode(bytes)
                .map_or_else(|| "another version".to_owned(), |input| input.trace().to_string()),
        }
    }

    /// Short bytes for which `fails` holds, as it does for `bytes`.
    #[must_use]
    pub fn shrink(self, bytes: &[u8], mut fails: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
        let shape = match self {
            Self::Index => return index::shrunk(bytes, fails),
            Self::Concurrent => concurrent::SHAPE,
            Self::Linux => linux::SHAPE,
            Self::Trace => return shrink::bytes(bytes, (0, 1), (0, b' '), fails),
            Self::Differential | Self::Growth | Self::Allocation => {
                let Some(input) = Input::decode(bytes) else { return bytes.to_vec() };
                return shrink::input(input, |input| fails(&input.encode())).encode();
            }
        };
        shrink::bytes(bytes, (shape.header, shape.record), (0, 0), fails)
    }

    /// An input of at most `most` bytes made from `bytes` by `seed` alone; `None` if there is no
    /// better way than to change bytes.
    #[must_use]
    pub fn mutate(self, bytes: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
        match self {
            Self::Differential | Self::Allocation => {
                Some(input::mutate(bytes, Flavour::Whole, most, seed))
            }
            Self::Growth => Some(input::mutate(bytes, Flavour::Growth, most, seed)),
            Self::Index => Some(chunks::mutate(bytes, &index::SHAPE, most, seed)),
            Self::Concurrent => Some(chunks::mutate(bytes, &concurrent::SHAPE, most, seed)),
            Self::Linux => Some(chunks::mutate(bytes, &linux::SHAPE, most, seed)),
            Self::Trace => None,
        }
    }

    /// An input of at most `most` bytes made from two by `seed` alone.
    #[must_use]
    pub fn crossover(self, one: &[u8], other: &[u8], most: usize, seed: u32) -> Vec<u8> {
        match self {
            Self::Differential | Self::Growth | Self::Allocation => {
                input::crossover(one, other, most, seed)
            }
            Self::Index => chunks::crossover(one, other, &index::SHAPE, most, seed),
            Self::Concurrent => chunks::crossover(one, other, &concurrent::SHAPE, most, seed),
            Self::Linux => chunks::crossover(one, other, &linux::SHAPE, most, seed),
            Self::Trace => chunks::crossover(one, other, &text::SHAPE, most, seed),
        }
    }
}

/// Runs one input after the other, and counts what they reach.
#[derive(Debug, Default)]
pub struct Session {
    /// What was done so far.
    pub statistics: Statistics,
    /// The map under test; the engine if there is none.
    tested: Option<MapFactory>,
    /// The kernel that it is of, if there is but one: then all inputs are for that.
    only: Option<Kernel>,
}

impl Session {
    /// A session in which targets of operations test this map, and not the engine.
    #[must_use]
    pub fn on(tested: MapFactory) -> Self {
        let mut kernels = Kernel::ALL.into_iter().filter(|&kernel| tested.is_of(kernel));
        let only = kernels.next().filter(|_| kernels.next().is_none());
        Self { tested: Some(tested), only, ..Self::default() }
    }

    /// Runs `bytes` as an input of `target`. A panic on the way is a finding too.
    ///
    /// # Errors
    ///
    /// What is wrong, shrunk and reported.
    pub fn run(&mut self, target: Target, bytes: &[u8]) -> Result<Verdict, Box<Finding>> {
        self.try_out(target, bytes).map_err(|fault| {
            Box::new(quietly(|| Finding::of_input(target, bytes, fault, self.tested)))
        })
    }

    /// As [`run`](Self::run), but the fault is neither shrunk nor reported.
    pub(crate) fn try_out(&mut self, target: Target, bytes: &[u8]) -> Result<Verdict, Fault> {
        let statistics = &mut self.statistics;
        statistics.executions += 1;
        match target {
            Target::Differential | Target::Growth | Target::Allocation => {
                map::run(bytes, self.tested, self.only, target.scarcity(), statistics)
            }
            Target::Index => index::run(bytes, &mut statistics.edits),
            Target::Concurrent => concurrent::run(bytes, &mut statistics.calls),
            Target::Linux => linux::run(bytes, &mut statistics.linux),
            Target::Trace => text::run(bytes, &mut statistics.traces_read),
        }
    }

    /// Runs an input of a target of operations.
    pub(crate) fn again(&mut self, target: Target, input: &Input) -> Result<(), Box<Failed>> {
        let scarcity = target.scarcity();
        // A refusal for want of nodes is compared with what was seen of the map before it.
        let looks = if scarcity == Scarcity::Obeyed { Looks::Each } else { Looks::AtEnd };
        map::again(input, looks, self.tested, scarcity, &mut self.statistics)
    }
}
