//! Running sequences on the oracle and a map, until something is found.

use std::fmt;
use std::time::Instant;

use super::draw::draw;
use crate::driver::Settings;
use crate::lockstep::quietly;
use crate::oracle::freebsd14::Branch;
use crate::replay::{self, MapFactory, ORACLES, replay};
use crate::report::Report;
use crate::trace::Trace;

/// What a run did, and what it found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Sequences run, the failing one included.
    pub sequences: u64,
    /// Operations that all maps did.
    pub operations: usize,
    /// How often each branch was taken, by its place in [`Branch::ALL`].
    pub reached: Vec<u64>,
    /// The first sequence in which the maps differ.
    pub failure: Option<Failure>,
}

impl Outcome {
    /// The branches that no operation took.
    pub fn missed(&self) -> impl Iterator<Item = Branch> {
        let counted = Branch::ALL.iter().zip(&self.reached);
        counted.filter(|(_, times)| **times == 0).map(|(branch, _)| *branch)
    }
}

/// A sequence in which the maps differ. `Display` prints the report.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The number of the sequence.
    pub sequence: u64,
    /// A short trace that shows it, without answers.
    pub trace: Trace,
    report: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)?;
        let sequence = self.sequence;
        writeln!(f, "  --kernel freebsd-14 --first {sequence} --sequences 1 and the seed run it")
    }
}

/// Runs sequences on `tested` and on the oracle of 14.2 until the bounds of `settings` are met or the
/// two differ; on one thread.
///
/// # Panics
///
/// If the oracle breaks a rule of its own.
#[must_use]
pub fn run(settings: &Settings, tested: MapFactory) -> Outcome {
    let started = Instant::now();
    let mut outcome = Outcome { reached: vec![0; Branch::COUNT], ..Outcome::default() };
    let end = settings.sequences.map_or(u64::MAX, |n| settings.first.saturating_add(n));
    for sequence in settings.first..end {
        let late = settings.budget.is_some_and(|budget| started.elapsed() >= budget);
        if late && outcome.sequences != 0 {
            break;
        }
        let drawn = draw(settings.seed, sequence);
        for branch in &drawn.reached {
            outcome.reached[*branch as usize] += 1;
        }
        let trace = drawn.trace();
        let maps = [ORACLES, tested];
        let (counts, result) = replay(&trace, &maps);
        outcome.sequences += 1;
        outcome.operations += counts.operations;
        if let Err(failure) = result {
            let origin = format!("seed {}, sequence {sequence}", settings.seed);
            let short = quietly(|| shorten(&trace, &failure, &maps));
            let report = Report { origin: &origin, trace: &trace, failure: &failure, cut: &short };
            let report = report.to_string();
            outcome.failure = Some(Failure { sequence, trace: short, report });
            break;
        }
    }
    outcome
}

/// `trace` without the operations that it fails without: longer and longer runs are kept out, from
/// the last on.
fn shorten(trace: &Trace, failure: &replay::Failure, maps: &[MapFactory]) -> Trace {
    let mut short = trace.clone();
    short.steps.truncate(failure.index + 1);
    if failure.is_late() {
        return short;
    }
    let fails = |trace: &Trace| {
        let failed = replay(trace, maps).1.err();
        failed.is_some_and(|failed| failed.divergence.is_like(&failure.divergence))
    };
    let mut length = short.steps.len().div_ceil(2);
    while length != 0 {
        let mut end = short.steps.len();
        while end != 0 {
            let start = end.saturating_sub(length);
            let mut without = short.clone();
            without.steps.drain(start..end);
            if fails(&without) {
                short = without;
            }
            end = start;
        }
        length /= 2;
    }
    short
}
