//! A sequence in which the maps differ, made short and told.

use std::cell::Cell;
use std::fmt;
use std::panic;

use crate::compare::Divergence;
use crate::reference::Reference;
use crate::replay::{self, Contender, cut, replay};
use crate::report::Report;
use crate::trace::{Step, Trace};

use super::plain::plain;
use super::session::Session;

/// A sequence in which the map under test and the reference differ. `Display` prints the report.
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
    /// What was seen when the trace was carried out; `None` if the maps agreed that time.
    again: Option<Box<replay::Failure>>,
}

/// A sequence as it was found to fail.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) sequence: u64,
    trace: Trace,
    divergence: Divergence,
}

impl Found {
    /// What `session`, which has just come to `divergence`, was doing.
    pub(super) fn new(sequence: u64, divergence: Divergence, session: &Session) -> Self {
        let config = session.config.expect("nothing fails before there is a map to start from");
        let mut trace = Trace::new(config);
        trace.steps.extend(session.ops.iter().map(|&op| Step::new(op)));
        Self { sequence, trace, divergence }
    }

    /// Cuts and tells it.
    pub(super) fn shorten(self, seed: u64, tested: Contender) -> Failure {
        let Self { sequence, trace, divergence } = self;
        let length = trace.steps.len();
        let maps = [Contender::of::<Reference>("reference"), tested];
        let (trace, again) = quietly(&divergence, || match shortened(&trace, &maps) {
            Some((short, failure)) => (short, Some(failure)),
            None => (trace, None),
        });
        let divergence = again.as_ref().map_or(divergence, |again| again.divergence.clone());
        Failure { seed, sequence, length, trace, divergence, again }
    }
}

/// A short trace that fails, and how; `None` if `trace` does not fail.
pub(crate) fn shortened(
    trace: &Trace,
    maps: &[Contender],
) -> Option<(Trace, Box<replay::Failure>)> {
    let first = replay(trace, maps).1.err()?;
    let mut short = cut(trace, &first, maps);
    if first.is_late() {
        return Some((short, first));
    }
    // Each try of a map that is too slow costs its time once more, so the first is the last.
    let late = Cell::new(false);
    let failure = |trace: &Trace| {
        let failure = if late.get() { None } else { replay(trace, maps).1.err() };
        late.set(late.get() || failure.as_ref().is_some_and(|failure| failure.is_late()));
        failure.filter(|failure| !failure.is_late())
    };
    // Plainer operands may make operations needless.
    for _ in 0..2 {
        short = plain(short, |plainer| failure(plainer).is_some());
        let Some(again) = failure(&short) else { break };
        short = cut(&short, &again, maps);
    }
    let failure = replay(&short, maps).1.err()?;
    Some((short, failure))
}

/// Does `work` without a word for each of the panics that `divergence` makes it go through.
fn quietly<T>(divergence: &Divergence, work: impl FnOnce() -> T) -> T {
    if !matches!(divergence, Divergence::Panic { .. }) {
        return work();
    }
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let result = work();
    panic::set_hook(hook);
    result
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, sequence, length, trace, .. } = self;
        let origin = format!("seed {seed}, sequence {sequence}");
        if let Some(failure) = &self.again {
            write!(f, "{}", Report { origin: &origin, trace, failure, cut: trace })?;
        } else {
            writeln!(f, "{origin}: {}", self.divergence.between("reference", "map under test"))?;
            writeln!(f, "  it did not happen again: the same operations passed the second time")?;
        }
        writeln!(
            f,
            "  found after {length} operations; --seed {seed} --first {sequence} --sequences 1 runs it"
        )
    }
}
