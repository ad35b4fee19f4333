//! Random sequences of Linux on a map that runs them at once, on several threads.
//!
//! Sequence *i* of seed *s* is drawn from (*s*, *i*) and from what the map starts from: any one can be
//! run again by itself on the same machine. One in which the map differs is made short.

use std::panic::resume_unwind;
use std::thread;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;

use super::counts::RunCounts;
use super::log::Log;
use super::runner::{Every, Runner};
use super::sequence::{Allowed, Sequence};
use super::{LinuxConfig, LinuxDivergence, LinuxOp};
use crate::driver::{Line, Settings};
use crate::input::{Choices, seeded};

/// The numbers that one map runs before there is a new one, as many as begin with a multiple of this.
const TURNS: u64 = 64;
/// After this many operations all flags are compared; between them, ranges and protections.
const EVERY: Every = Every(16);
/// What the seeds of other kernels' sequences are mixed with, so that these are others.
const SALT: u64 = 0x1105_0600_0000_0000;

/// Makes the map for a sequence of this number, or says why it can't.
pub type Maker<'a, E> = &'a (dyn Fn(u64) -> Result<Box<dyn Runner>, E> + Sync);

/// What a run did, and what it found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was compared.
    pub counts: RunCounts,
    /// How long it took.
    pub elapsed: Duration,
    /// The first sequence, by number, in which the map differs.
    pub found: Option<Found>,
}

/// A sequence in which a map differs from the oracle.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its number.
    pub sequence: u64,
    /// What the map started from.
    pub config: LinuxConfig,
    /// The operations, up to the one after which they differ.
    pub ops: Vec<LinuxOp>,
    /// In what.
    pub divergence: LinuxDivergence,
}

/// Runs sequences until the bounds of `settings` are met or a map differs.
///
/// # Errors
///
/// If a map could not be made.
pub fn run<E: Send>(
    settings: &Settings,
    allowed: Allowed,
    make: Maker<'_, E>,
) -> Result<Outcome, E> {
    let started = Instant::now();
    let line = Line::new(settings, started);
    let worker = Worker { seed: settings.seed, allowed, line: &line, make };
    let threads: Vec<Result<_, E>> = thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| worker.work());
        let workers: Vec<_> = (0..settings.threads.get()).map(spawn).collect();
        let results = workers.into_iter().map(thread::ScopedJoinHandle::join);
        results.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let elapsed = started.elapsed();
    let mut outcome = Outcome { counts: RunCounts::default(), elapsed, found: None };
    for done in threads {
        let (counts, found) = done?;
        outcome.counts.add(&counts);
        let earlier = |one: &Found, other: &Found| one.sequence < other.sequence;
        if found
            .as_ref()
            .is_some_and(|new| outcome.found.as_ref().is_none_or(|old| earlier(new, old)))
        {
            outcome.found = found;
        }
    }
    Ok(outcome)
}

/// The bytes that a sequence is drawn from.
#[must_use]
pub fn bytes(seed: u64, sequence: u64) -> Vec<u8> {
    let head = seeded(seed ^ SALT, sequence, 8);
    let length: usize = Unstructured::new(&head).pick(&[30, 60, 100, 150, 250, 400]);
    seeded(seed ^ SALT ^ 1 << 63, sequence, length * Sequence::RECORD)
}

/// What all threads share.
struct Worker<'a, E> {
    seed: u64,
    allowed: Allowed,
    line: &'a Line,
    make: Maker<'a, E>,
}

impl<E> Worker<'_, E> {
    /// One thread's share.
    fn work(&self) -> Result<(RunCounts, Option<Found>), E> {
        let mut counts = RunCounts::default();
        let mut log = Log::default();
        let mut last: Option<(u64, Box<dyn Runner>)> = None;
        while let Some(number) = self.line.take() {
            let block = number / TURNS;
            let mut map = match last.take() {
                Some((of, map)) if of == block => map,
                _ => (self.make)(number)?,
            };
            let drawn = Sequence::draw(map.config(), &bytes(self.seed, number), self.allowed);
            if let Err((at, divergence)) = attempt(&drawn, &mut *map, EVERY, &mut log, &mut counts)
            {
                self.line.close();
                let ops = drawn.ops()[..drawn.ops().len().min(at + 1)].to_vec();
                let config = *map.config();
                return Ok((counts, Some(Found { sequence: number, config, ops, divergence })));
            }
            counts.sequences += 1;
            // What a process has lost count of would count in the next sequence.
            last = (!drawn.leaks()).then_some((block, map));
        }
        Ok((counts, None))
    }
}

/// Runs a sequence on a map, and compares it with the oracle.
///
/// # Errors
///
/// The number of the first operation after which they differ, and in what. Where only the flags do,
/// it may be a later one than they began to differ at, unless they are read after each.
pub fn attempt(
    sequence: &Sequence,
    map: &mut dyn Runner,
    every: Every,
    log: &mut Log,
    counts: &mut RunCounts,
) -> Result<(), (usize, LinuxDivergence)> {
    let ran = map.run(sequence.ops(), every, log);
    sequence.compare(log, counts).map_err(|(at, divergence)| match &ran {
        // What was seen before a map broke is compared, too.
        Err(broken) if matches!(divergence, LinuxDivergence::Unsound { .. }) => {
            (at, LinuxDivergence::Unsound { message: broken.to_string() })
        }
        _ => (at, divergence),
    })
}
