//! Faults a second for one thread and for several on one map, and how long a fault takes while
//! another thread maps and unmaps.
//!
//! Every thread has stacks of its own, which lie apart, and faults at random on the other entries of
//! the map or on the next page of one of its stacks. A stack that used up its reserve goes and comes
//! anew, which is part of the work. The **control** does the same on a map of its own for every
//! thread: what that does not scale, no map can.

mod contenders;
mod tail;

use std::num::NonZero;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

pub use contenders::{Contender, Fast, Letter, Locked, TreeMap, WriteLocked};
pub use tail::{Tail, tail};

/// Pages from an entry to the next one.
const STRIDE: u64 = 64;
/// Pages of an entry when it is made.
const LENGTH: u64 = 2;
/// Pages that a stack may grow by.
pub(crate) const RESERVE: u64 = 48;
/// Every so many entries there is a stack.
const STACKS: u64 = 4;
/// Faults between two looks at the clock.
const BLOCK: usize = 1024;

/// How many of a hundred faults find their address mapped; the others grow a stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mix(pub u32);

/// The first address of an entry.
pub(crate) const fn start(entry: u64) -> u64 {
    (1 + entry) * STRIDE * growstack::PAGE_SIZE
}

/// Is an entry a stack that grows down?
pub(crate) const fn is_stack(entry: u64) -> bool {
    entry.is_multiple_of(STACKS)
}

/// The first address past an entry.
pub(crate) const fn end(entry: u64) -> u64 {
    start(entry) + LENGTH * growstack::PAGE_SIZE
}

/// A thread at work: its choices, and how far each of its stacks has grown.
struct Worker {
    random: SmallRng,
    entries: u64,
    /// The first of its stacks, and how many it has.
    first: u64,
    stacks: u64,
    /// Which of them grows next, and by how many pages it has grown.
    turn: u64,
    grown: Vec<u64>,
}

impl Worker {
    fn new(seed: u64, entries: u64, thread: u64, threads: u64) -> Self {
        let stacks = (entries / STACKS / threads).max(1);
        Self {
            random: SmallRng::seed_from_u64(seed + thread),
            entries,
            first: thread * stacks,
            stacks,
            turn: 0,
            grown: vec![0; usize::try_from(stacks).unwrap_or(0)],
        }
    }

    fn step(&mut self, map: &impl Contender, mix: Mix) {
        if self.random.random_range(0..100) < mix.0 {
            // Not a stack: another thread may be about to make it anew.
            let drawn = self.random.random_range(0..self.entries - 1);
            let entry = drawn + u64::from(is_stack(drawn));
            let inside = self.random.random_range(0..LENGTH * growstack::PAGE_SIZE);
            assert!(map.fault(start(entry) + inside), "an entry stays mapped");
            return;
        }
        let at = self.turn;
        self.turn = (self.turn + 1) % self.stacks;
        let entry = (self.first + at) * STACKS;
        let Some(grown) = usize::try_from(at).ok().and_then(|at| self.grown.get_mut(at)) else {
            return;
        };
        if *grown == RESERVE {
            map.renew(entry);
            *grown = 0;
        }
        *grown += 1;
        map.fault(start(entry) - *grown * growstack::PAGE_SIZE);
    }
}

/// Faults a second of so many threads, together, on the maps that `map_of` gives them.
pub fn rate<'a, C: Contender + 'a>(
    map_of: impl Fn(usize) -> &'a C,
    entries: u64,
    threads: NonZero<usize>,
    mix: Mix,
    time: Duration,
) -> f64 {
    let barrier = Barrier::new(threads.get());
    let map_of = &map_of;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get())
            .map(|thread| {
                let barrier = &barrier;
                let map = map_of(thread);
                scope.spawn(move || {
                    let (thread, threads) = (thread as u64, threads.get() as u64);
                    let mut worker = Worker::new(1, entries, thread, threads);
                    (0..worker.stacks).for_each(|at| map.renew((worker.first + at) * STACKS));
                    barrier.wait();
                    let (started, mut faults) = (Instant::now(), 0_u64);
                    while started.elapsed() < time {
                        (0..BLOCK).for_each(|_| worker.step(map, mix));
                        faults += BLOCK as u64;
                    }
                    faults as f64 / started.elapsed().as_secs_f64()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(f64::NAN)).sum()
    })
}
