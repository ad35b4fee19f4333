//! How long a cache line takes from one core to another: what threads on one map can't do without.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

/// Looks before a thread lets another one have its core: they may have but one.
const LOOKS: u32 = 256;
/// Times that the line goes there and back.
const ROUNDS: u64 = 100_000;

/// Nanoseconds from a store of one thread until another one sees it: half of the way there and
/// back. On one core it is the time until the threads are switched.
#[must_use]
pub fn hop() -> f64 {
    let line = AtomicU64::new(0);
    let wait_for = |number| {
        let mut looks = 0_u32;
        while line.load(Ordering::Acquire) != number {
            looks += 1;
            if looks.is_multiple_of(LOOKS) {
                thread::yield_now();
            }
            spin_loop();
        }
    };
    let started = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..ROUNDS {
                wait_for(2 * round + 1);
                line.store(2 * round + 2, Ordering::Release);
            }
        });
        for round in 0..ROUNDS {
            line.store(2 * round + 1, Ordering::Release);
            wait_for(2 * round + 2);
        }
    });
    started.elapsed().as_nanos() as f64 / (2 * ROUNDS) as f64
}
