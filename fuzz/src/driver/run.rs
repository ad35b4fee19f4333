//! Many sequences on all cores, until something is found or the budget is spent.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::input::Input;
use crate::lockstep::{Counts, Rules};
use crate::op::{Config, Op};
use crate::oracle::{Branch, Oracle};
use crate::replay::MapFactory;

use super::failure::{Failure, Found};
use super::session;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The seed that all sequences are drawn from.
    pub seed: u64,
    /// The number of the first sequence.
    pub first: u64,
    /// How many sequences to run at most.
    pub sequences: Option<u64>,
    /// How long to run, from the first comparison on. Sequences under way are finished.
    pub budget: Option<Duration>,
    /// How many threads to use.
    pub threads: NonZero<usize>,
}

/// What a run did, and what it found.
#[derive(Clone, Debug)]
pub struct Outcome<B = Branch> {
    /// What was done, the failing sequence included as far as it went.
    pub counts: Counts<B>,
    /// How long it took, shrinking aside.
    pub elapsed: Duration,
    /// The first sequence, by number, in which the maps differ.
    pub failure: Option<Failure>,
}

/// Runs sequences on `tested` and on the oracle until the bounds of `settings` are met or the
/// two differ; without bounds, until they differ.
///
/// Which failure is reported does not depend on the number of threads: sequences are handed out
/// in order and those under way are finished, so the failing one with the lowest number is always
/// among those found.
#[must_use]
pub fn run(settings: &Settings, tested: MapFactory) -> Outcome {
    run_by::<Oracle>(settings, tested)
}

/// An oracle with random sequences.
pub(crate) trait Random: Rules {
    /// What seeds are mixed with, so that each kernel has other sequences.
    const SALT: u64;
    /// Bytes that drawing an operation takes, at most.
    const BYTES_PER_RECORD: usize;
}

impl Random for Oracle {
    const SALT: u64 = 0;
    const BYTES_PER_RECORD: usize = Input::BYTES_PER_RECORD;
}

/// As [`run`], by the rules of `O`.
pub(crate) fn run_by<O: Random>(settings: &Settings, tested: MapFactory) -> Outcome<O::Branch> {
    let started = Instant::now();
    let line = Line::new(settings, started);
    let threads: Vec<_> = thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| work::<O>(settings.seed, tested, &line));
        let workers: Vec<_> = (0..settings.threads.get()).map(spawn).collect();
        let results = workers.into_iter().map(thread::ScopedJoinHandle::join);
        results.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let elapsed = started.elapsed();
    let mut counts = Counts::default();
    threads.iter().for_each(|(theirs, _)| counts.add(theirs));
    let found = threads.into_iter().filter_map(|(_, found)| found).min_by_key(|f| f.sequence);
    let failure = found.map(|found| found.shrink::<O>(settings.seed, tested));
    Outcome { counts, elapsed, failure }
}

/// The start and the operations of sequence `sequence` of `seed`, as the oracle shapes them.
///
/// Operands depend on the map, so a map that differs from the oracle gets others from there on.
#[must_use]
pub fn sequence(seed: u64, sequence: u64) -> (Config, Vec<Op>) {
    sequence_by::<Oracle>(seed, sequence)
}

/// As [`sequence`], by the rules of `O`.
pub(crate) fn sequence_by<O: Random + 'static>(seed: u64, sequence: u64) -> (Config, Vec<Op>) {
    let itself = MapFactory::of::<O>("oracle");
    // Nothing but a broken oracle differs from itself, and then the beginning is the answer.
    match session::run::<O>(seed, sequence, itself, &mut Counts::default()) {
        Ok((config, ops)) => (config, ops),
        Err(found) => (found.1.config, found.1.ops),
    }
}

/// Hands out the numbers of sequences.
pub(crate) struct Line {
    first: u64,
    next: AtomicU64,
    end: u64,
    deadline: Option<Instant>,
    closed: AtomicBool,
}

impl Line {
    pub(crate) fn new(settings: &Settings, started: Instant) -> Self {
        Self {
            first: settings.first,
            next: AtomicU64::new(settings.first),
            end: settings.sequences.map_or(u64::MAX, |n| settings.first.saturating_add(n)),
            deadline: settings.budget.and_then(|budget| started.checked_add(budget)),
            closed: AtomicBool::new(false),
        }
    }

    /// The number of the next sequence to run, if any is. However short the time, one is.
    pub(crate) fn take(&self) -> Option<u64> {
        // The numbers are all that is shared, so no order among threads is needed. `closed` is
        // read first: a number once taken is run, or the lowest failure might be skipped.
        let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let begun = self.next.load(Ordering::Relaxed) != self.first;
        if self.closed.load(Ordering::Relaxed) || (late && begun) {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.end).then_some(number)
    }

    /// Hands out no more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

/// One thread's share of a run.
fn work<O: Random>(
    seed: u64,
    tested: MapFactory,
    line: &Line,
) -> (Counts<O::Branch>, Option<Found>) {
    let mut counts = Counts::default();
    while let Some(sequence) = line.take() {
        if let Err(found) = session::run::<O>(seed, sequence, tested, &mut counts) {
            line.close();
            let (input, failed) = *found;
            return (counts, Some(Found { sequence, input, failed }));
        }
    }
    (counts, None)
}
