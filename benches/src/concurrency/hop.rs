//! How long a cache line takes from one core to another: what threads on one map can't do without.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Looks before a thread lets another one have its core: they may have but one.
const LOOKS: u32 = 4096;
/// Times that the line goes there and back in a block, and blocks.
const ROUNDS: u32 = 2000;
const BLOCKS: usize = 25;

/// Nanoseconds from a store of one thread until another one sees it: half of the way there and
/// back, the median of some blocks. On one core it is the time until the threads are switched.
#[must_use]
pub fn hop() -> f64 {
    let line = AtomicU64::new(0);
    let numbers = || 0..u64::from(ROUNDS) * BLOCKS as u64;
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in numbers() {
                wait_for(&line, 2 * round + 1);
                line.store(2 * round + 2, Ordering::Release);
            }
        });
        let mut rounds = numbers();
        let mut blocks = [(); BLOCKS].map(|()| {
            let started = Instant::now();
            for round in rounds.by_ref().take(ROUNDS as usize) {
                line.store(2 * round + 1, Ordering::Release);
                wait_for(&line, 2 * round + 2);
            }
            started.elapsed()
        });
        blocks.sort_unstable();
        let median = blocks.get(BLOCKS / 2).map_or(0, Duration::as_nanos);
        median as f64 / f64::from(2 * ROUNDS)
    })
}

/// Looks all the time: a pause between two looks takes as long as the way of the line.
fn wait_for(line: &AtomicU64, number: u64) {
    let mut looks = 0_u32;
    while line.load(Ordering::Acquire) != number {
        looks = black_box(looks + 1);
        if looks.is_multiple_of(LOOKS) {
            thread::yield_now();
        }
    }
}
