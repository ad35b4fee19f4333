//! Many sequences on all cores, until something is found or the budget is spent.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::compare::Divergence;
use crate::space::AddressSpace;

use super::Tracked;
use super::counts::Counts;
use super::replay::{first_divergence, guarded};
use super::session::Session;
use super::shrink::{Case, shrink};

/// Operations that shrinking one failure may carry out.
const SHRINK_EFFORT: usize = 2_000_000;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The seed that all sequences are drawn from.
    pub seed: u64,
    /// The number of the first sequence.
    pub first: u64,
    /// How many sequences to run at most.
    pub sequences: Option<u64>,
    /// How long to run, from the first comparison on; every thread finishes its sequence.
    pub budget: Option<Duration>,
    /// How many threads to use.
    pub threads: NonZeroUsize,
}

/// What a run did, and what it found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was done, the failing sequence included as far as it went.
    pub counts: Counts,
    /// How long it took, without shrinking.
    pub elapsed: Duration,
    /// The first sequence, by number, in which the maps differ.
    pub failure: Option<Failure>,
}

/// A sequence in which the maps differ.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The number of the sequence.
    pub sequence: u64,
    /// How many operations it had until the maps differed.
    pub length: usize,
    /// The shrunk sequence. Its last operation is the one at which the maps differ.
    pub case: Case,
    /// What is wrong after that operation.
    pub divergence: Divergence,
}

/// Runs sequences on an `A` and an `R` each until the settings' bounds are met or the two differ.
///
/// Which failure is reported does not depend on the number of threads: sequences are handed out
/// in order and those begun are finished, so the one with the lowest number is always among those
/// found.
///
/// # Panics
///
/// Only if the driver itself does; a map that panics has failed.
#[must_use]
pub fn run<A, R>(settings: &Settings) -> Outcome
where
    A: AddressSpace,
    R: Tracked,
{
    let line = Line::new(settings);
    let started = Instant::now();
    let threads: Vec<_> = thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| work::<A, R>(settings.seed, &line));
        let workers: Vec<_> = (0..settings.threads.get()).map(spawn).collect();
        workers.into_iter().map(|w| w.join().expect("panics are caught in it")).collect()
    });
    let elapsed = started.elapsed();
    let mut counts = Counts::default();
    let mut first: Option<Failed> = None;
    for (theirs, failed) in threads {
        counts.add(&theirs);
        first = [first, failed].into_iter().flatten().min_by_key(|f| f.sequence);
    }
    let failure = first.map(|failed| shrunk::<A, R>(settings.seed, failed));
    Outcome { counts, elapsed, failure }
}

/// A failing sequence as it was found.
struct Failed {
    sequence: u64,
    case: Case,
    divergence: Divergence,
}

/// Hands out the numbers of sequences.
struct Line {
    next: AtomicU64,
    end: u64,
    deadline: Option<Instant>,
    closed: AtomicBool,
}

impl Line {
    fn new(settings: &Settings) -> Self {
        Self {
            next: AtomicU64::new(settings.first),
            end: settings.sequences.map_or(u64::MAX, |n| settings.first.saturating_add(n)),
            deadline: settings.budget.and_then(|budget| Instant::now().checked_add(budget)),
            closed: AtomicBool::new(false),
        }
    }

    /// The number of the next sequence to run, if any is.
    fn take(&self) -> Option<u64> {
        // The numbers are all that is shared, so no order among threads is needed.
        let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if late || self.closed.load(Ordering::Relaxed) {
            return None;
        }
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|&number| number < self.end)
    }
}

/// One thread's share of a run.
fn work<A: AddressSpace, R: Tracked>(seed: u64, line: &Line) -> (Counts, Option<Failed>) {
    let mut session = Session::default();
    while let Some(sequence) = line.take() {
        if let Err(divergence) = guarded(|| session.sequence::<A, R>(seed, sequence)) {
            line.closed.store(true, Ordering::Relaxed);
            let failed = session.case.take().map(|case| Failed { sequence, case, divergence });
            return (session.counts, failed);
        }
    }
    (session.counts, None)
}

/// Cuts and shrinks what was found.
fn shrunk<A: AddressSpace, R: AddressSpace>(seed: u64, failed: Failed) -> Failure {
    let Failed { sequence, case, divergence } = failed;
    let length = case.ops.len();
    let small = shrink(case.clone(), SHRINK_EFFORT, |config, ops| {
        first_divergence::<A, R>(config, ops).map(|(at, _)| at)
    });
    // A map that answers from more than its operations may agree the second time: then what was
    // seen the first time is all there is to report.
    match first_divergence::<A, R>(&small.config, &small.ops) {
        Some((_, divergence)) => Failure { seed, sequence, length, case: small, divergence },
        None => Failure { seed, sequence, length, case, divergence },
    }
}
