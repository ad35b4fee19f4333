//! An operation on a map of its own, to be run over and over: what every benchmark measures.

use std::time::Duration;

use growstack::Freebsd9;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::clock::Clock;
use crate::kernel::Tuned;
use crate::layout::Layout;
use crate::linux::LinuxEngine;
use crate::op::Op;
use crate::refused::{Reason, Refused};
use crate::subject::{Subject, Who};
use crate::work::{Batch, Source};

/// Batches that differ, in turn; drawn beforehand.
const BATCHES: usize = 16;

/// The seed of where entries lie and of what is asked: the same in every run.
pub const SEED: u64 = 0x0067_726f_7773_7461;

/// A map, an operation, and the batches of it.
pub struct Job {
    op: Op,
    map: Box<dyn Subject>,
    batches: Vec<Batch>,
    at: usize,
}

impl core::fmt::Debug for Job {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Job").field("op", &self.op).finish_non_exhaustive()
    }
}

impl Job {
    /// An operation on a map of `n` entries, ready to run.
    ///
    /// # Panics
    ///
    /// Without memory, or for an operation that the map does not have.
    #[must_use]
    pub fn new(op: Op, who: Who, n: usize) -> Self {
        Self::with_batches(op, who, n, BATCHES)
    }

    /// The same with a number of batches that differ, at least one.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    pub fn with_batches(op: Op, who: Who, n: usize, count: usize) -> Self {
        assert!(who.is_engine() || op.has_peers(), "{op:?} is the engine's alone");
        let layout = layout(op, n);
        let random = &mut StdRng::seed_from_u64(SEED);
        let (map, batches): (Box<dyn Subject>, _) = if let Op::GrowRefused(reason) = op {
            match who {
                #[cfg(feature = "freebsd-14")]
                Who::Engine14 => refused::<growstack::Freebsd14>(&layout, reason, count, random),
                _ => refused::<Freebsd9>(&layout, reason, count, random),
            }
        } else {
            let map = match op {
                Op::GrowLinux => Box::new(LinuxEngine::new(&layout).expect("memory for a map")),
                _ => who.make(&layout),
            };
            let source = Source::new(layout);
            (map, (0..count).map(|_| source.batch(op, random)).collect())
        };
        let mut job = Self { op, map, batches, at: count - 1 };
        job.advance();
        job
    }

    /// The same with one operation in a batch.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    pub fn of_singles(op: Op, who: Who, n: usize, count: usize) -> Self {
        let mut job = Self::with_batches(op, who, n, count);
        job.batches.iter_mut().for_each(|batch| batch.truncate(1));
        job
    }

    /// Gets ready for the next batch.
    pub fn advance(&mut self) {
        self.at = (self.at + 1) % self.batches.len();
        if let Some(batch) = self.batches.get(self.at) {
            self.map.prepare(self.op, batch);
        }
    }

    /// Runs the batch; the sum of its answers.
    #[inline(never)]
    pub fn run(&mut self) -> u64 {
        self.batches.get(self.at).map_or(0, |batch| self.map.run(self.op, batch))
    }

    /// Undoes the batch.
    pub fn undo(&mut self) {
        if let Some(batch) = self.batches.get(self.at) {
            self.map.undo(self.op, batch);
        }
    }

    /// Operations of the batch.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.batches.get(self.at).map_or(0, |batch| batch.len() as u64)
    }

    /// Runs the batch, undoes it and gets ready for the next one: the ticks and the sum of the
    /// answers of the run alone.
    pub fn timed(&mut self, clock: &Clock) -> (u64, u64) {
        let measured = clock.time(|| self.run());
        self.undo();
        self.advance();
        measured
    }

    /// The time of `operations` operations, by batches of which only the run is timed.
    pub fn time(&mut self, operations: u64, clock: &Clock) -> Duration {
        let (mut done, mut ticks) = (0, 0);
        while done < operations {
            done += self.operations();
            ticks += self.timed(clock).0;
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let share = operations as f64 / done as f64;
        Duration::from_secs_f64(clock.ns(ticks) * share / 1e9)
    }
}

/// Batches of a growth that is refused, and the map for them.
fn refused<K: Tuned>(
    layout: &Layout,
    reason: Reason,
    count: usize,
    random: &mut StdRng,
) -> (Box<dyn Subject>, Vec<Batch>) {
    let refused = Refused::<K>::new(layout, reason, random).expect("memory for a map");
    let batches = (0..count).map(|_| refused.batch(random)).collect();
    (Box::new(refused), batches)
}

/// The layout that an operation is measured in.
#[must_use]
pub fn layout(op: Op, n: usize) -> Layout {
    if op == Op::FindSpace { Layout::fragmented(n, SEED) } else { Layout::stacks(n, SEED) }
}
