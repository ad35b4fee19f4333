//! Faults a second for one thread and for several on one map, and how long a fault takes while
//! another thread maps and unmaps, or changes many entries at once.
//!
//! Every thread has stacks of its own, which lie apart, and faults at random on the other entries of
//! the map or on the next page of one of its stacks. They go in **rounds**: when the stacks of a
//! thread have grown by some pages, all threads stop, and all stacks are made again while no clock
//! runs: then the map does not become many times as large as its name, and nothing but faults is
//! timed. Nor does the clock run while each thread fetches the cache lines that the others wrote for
//! that. The **control** does the same on a map of its own for every thread: what that does not
//! scale, no map can.

mod bulk;
mod maps;
mod rounds;
mod tail;

use std::fmt::Write as _;
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

pub use bulk::{Bulk, bulk};
pub use maps::{Bare, FaultMap, Shared, TreeMap};
use rounds::Rounds;
pub use tail::{Tail, tail};

/// Pages from an entry to the next one.
const STRIDE: u64 = 64;
/// Pages of an entry when it is made.
const LENGTH: u64 = 2;
/// Pages that a stack may grow by.
pub(crate) const RESERVE: u64 = 48;
/// Pages that each stack grows by in a round.
const GROWTHS: u64 = 2;
/// There is a stack every this many entries.
const STACKS: u64 = 4;
/// Faults of a thread in a round in which nothing grows.
const FAULTS: u64 = 1 << 16;

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

/// A thread at work: its choices, and how far its stacks have grown.
struct Worker {
    random: SmallRng,
    mix: Mix,
    entries: u64,
    /// The first of its stacks, and how many it has.
    first: u64,
    stacks: u64,
    /// Growths since its stacks were made again: they take turns.
    growths: u64,
}

impl Worker {
    fn new(mix: Mix, entries: u64, thread: u64, threads: u64) -> Self {
        let stacks = (entries / STACKS / threads).max(1);
        let random = SmallRng::seed_from_u64(1 + thread);
        Self { random, mix, entries, first: thread * stacks, stacks, growths: 0 }
    }

    /// Faults in a round.
    fn faults(&self) -> u64 {
        match 100_u64.checked_sub(self.mix.0.into()) {
            None | Some(0) => FAULTS,
            Some(grown) => self.stacks * GROWTHS * 100 / grown,
        }
    }

    fn fault(&mut self, map: &impl FaultMap) {
        if self.random.random_range(0..100) < self.mix.0 || self.growths == self.stacks * RESERVE {
            // Not a stack: another thread may be about to make it again.
            let drawn = self.random.random_range(0..self.entries - 1);
            let entry = drawn + u64::from(is_stack(drawn));
            let inside = self.random.random_range(0..LENGTH * growstack::PAGE_SIZE);
            assert!(map.fault(start(entry) + inside), "an entry stays mapped");
            return;
        }
        let (page, turn) = (1 + self.growths / self.stacks, self.growths % self.stacks);
        self.growths += 1;
        let grown = map.fault(start((self.first + turn) * STACKS) - page * growstack::PAGE_SIZE);
        assert!(!grown, "it was not mapped");
    }

    /// Looks at every entry once: cache lines that the making of stacks left with another core
    /// come to this one before the clock runs.
    fn look(&self, map: &impl FaultMap) {
        (0..self.entries)
            .for_each(|entry| assert!(map.fault(start(entry)), "every entry is mapped"));
    }

    fn renew(&mut self, map: &impl FaultMap) {
        (0..self.stacks).for_each(|turn| map.renew((self.first + turn) * STACKS));
        self.growths = 0;
    }
}

/// Faults a second of a number of threads, together, on the maps that `map_of` gives them: those of all
/// rounds by the time from where the first thread begins a round to where the last one ends it.
pub fn rate<'a, C: FaultMap + Sync + 'a>(
    map_of: impl Fn(usize) -> &'a C,
    entries: u64,
    threads: NonZero<usize>,
    mix: Mix,
    time: Duration,
) -> f64 {
    let rounds = Rounds::new(threads.get(), time);
    let (map_of, rounds) = (&map_of, &rounds);
    thread::scope(|scope| {
        for thread in 0..threads.get() {
            let map = map_of(thread);
            scope.spawn(move || {
                let worker = Worker::new(mix, entries, thread as u64, threads.get() as u64);
                take_part(rounds, map, worker);
            });
        }
    });
    rounds.rate()
}

/// The same for this thread alone, which needs no map that could be shared.
pub fn rate_alone(map: &impl FaultMap, entries: u64, mix: Mix, time: Duration) -> f64 {
    let rounds = Rounds::new(1, time);
    take_part(&rounds, map, Worker::new(mix, entries, 0, 1));
    rounds.rate()
}

fn take_part(rounds: &Rounds, map: &impl FaultMap, mut worker: Worker) {
    worker.renew(map);
    rounds.take_part(|timed| {
        worker.look(map);
        let faults = worker.faults();
        timed.run(faults, || worker.fault(map));
        if worker.growths > 0 {
            worker.renew(map);
        }
    });
}

/// A Markdown table of the faults a second of one thread and of several, on one map and on one each.
#[must_use]
pub fn table(quick: bool) -> String {
    const ENTRIES: u64 = 4096;
    let time = Duration::from_millis(if quick { 50 } else { 500 });
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut text = String::from(
        "| faults mapped | threads | growstack, shared | a map each | BTreeMap in a RwLock |\n\
         |--:|--:|--:|--:|--:|\n",
    );
    for mix in [Mix(100), Mix(95), Mix(50)] {
        for threads in [1, 2, 4].into_iter().filter(|threads| *threads <= cores.max(2)) {
            let count = NonZero::new(threads).unwrap_or(NonZero::<usize>::MIN);
            let (shared, tree) = (Shared::new(ENTRIES), TreeMap::new(ENTRIES));
            let own: Vec<Shared> = (0..threads).map(|_| Shared::new(ENTRIES)).collect();
            let rates = [
                rate(|_| &shared, ENTRIES, count, mix, time),
                rate(|at| &own[at], ENTRIES, count, mix, time),
                rate(|_| &tree, ENTRIES, count, mix, time),
            ];
            let [shared, own, tree] = rates.map(|rate| rate / 1e6);
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "| {} % | {threads} | {shared:.1} M/s | {own:.1} M/s | {tree:.1} M/s |",
                mix.0
            );
        }
    }
    let waits = tail(&Shared::new(ENTRIES), ENTRIES, 4 * time);
    let Tail { median, p99, p99_9, p99_99, max } = waits;
    let _ = writeln!(
        text,
        "\nA mapped fault while another thread maps and unmaps, nanoseconds: p50 {median}, p99 {p99}, \
         p99.9 {p99_9}, p99.99 {p99_99}, max {max}."
    );
    text + &bulk_table(if quick { 1 << 14 } else { 1 << 20 })
}

/// A Markdown table of how long a mapped fault waits while another thread protects all entries.
fn bulk_table(entries: u64) -> String {
    let mut text = format!(
        "\n| protecting {entries} entries, in calls of | milliseconds | a mapped fault waits at most |\n\
         |--:|--:|--:|\n"
    );
    for each in [entries, entries >> 6, entries >> 12] {
        let Bulk { taken, longest } = bulk(entries, each);
        let [taken, longest] = [taken, longest].map(|time| time.as_secs_f64() * 1e3);
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {each} | {taken:.0} | {longest:.2} ms |");
    }
    text
}
