//! A random sequence in which the maps differ, shrunk and reported.

use std::fmt;

use crate::compare::Divergence;
use crate::input::Input;
use crate::kernel::Kernel;
use crate::lockstep::{Counts, Failed, Looks, Rules, attempt_on, quietly};
use crate::replay::MapFactory;
use crate::shrunk::Shrunk;
use crate::trace::Trace;

/// A sequence in which the map under test and the oracle differ. `Display` prints the report.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The number of the sequence.
    pub sequence: u64,
    /// How many operations it had until the maps differed.
    pub length: usize,
    /// A short trace that shows it, without answers. Its last operation is the one at which the
    /// maps differ.
    pub trace: Trace,
    /// In what they differ after that operation.
    pub divergence: Divergence,
    report: String,
}

/// A sequence as it was found to fail.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) sequence: u64,
    pub(super) input: Input,
    pub(super) failed: Failed,
}

impl Found {
    /// Shrinks and reports it.
    pub(super) fn shrink<O: Rules>(self, seed: u64, tested: MapFactory) -> Failure {
        let Self { sequence, input, failed } = self;
        let length = failed.ops.len();
        let origin = format!("seed {seed}, sequence {sequence}");
        let mut counts = Counts::default();
        let mut again =
            |input: &Input| attempt_on::<O>(input, Looks::AtEnd, tested, &mut counts).err();
        let shrunk = quietly(|| Shrunk::of(input, failed, tested, &mut again).1);
        let report = shrunk.report(&origin, tested.name);
        let divergence = shrunk.divergence().clone();
        Failure { seed, sequence, length, trace: shrunk.trace, divergence, report }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, sequence, length, report, .. } = self;
        write!(f, "{report}")?;
        let kernel = match self.trace.config().kernel() {
            Kernel::Freebsd9 => String::new(),
            kernel => format!("--kernel {kernel} "),
        };
        writeln!(
            f,
            "  found after {length} operations; {kernel}--seed {seed} --first {sequence} --sequences 1 runs it"
        )
    }
}
