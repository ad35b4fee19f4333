//! How long a mapped fault takes while another thread maps and unmaps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::{FaultMap, end, start};

/// Nanoseconds of a fault, the reading of the clock included.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    /// The median.
    pub median: u64,
    /// One in a hundred takes longer.
    pub p99: u64,
    /// One in a thousand.
    pub p99_9: u64,
    /// One in ten thousand.
    pub p99_99: u64,
    /// The longest.
    pub max: u64,
}

/// Faults for so long on entries, while another thread maps and unmaps in the gaps between them.
///
/// # Panics
///
/// If there is no memory for the histogram.
pub fn tail(map: &(impl FaultMap + Sync), entries: u64, time: Duration) -> Tail {
    let over = AtomicBool::new(false);
    let mut taken: Histogram<u64> = Histogram::new(3).expect("three digits are possible");
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = SmallRng::seed_from_u64(7);
            while !over.load(Ordering::Relaxed) {
                // The page after the next one past an entry that is no stack: no stack's reserve.
                let entry = random.random_range(0..entries / 4) * 4 + 1;
                map.map_and_unmap(end(entry) + growstack::PAGE_SIZE);
            }
        });
        let mut random = SmallRng::seed_from_u64(8);
        let started = Instant::now();
        while started.elapsed() < time {
            let addr = start(random.random_range(0..entries));
            let before = Instant::now();
            assert!(map.fault(addr), "an entry stays mapped");
            let nanoseconds = u64::try_from(before.elapsed().as_nanos()).unwrap_or(u64::MAX);
            taken.record(nanoseconds).expect("it grows with what it holds");
        }
        over.store(true, Ordering::Relaxed);
    });
    Tail {
        median: taken.value_at_quantile(0.5),
        p99: taken.value_at_quantile(0.99),
        p99_9: taken.value_at_quantile(0.999),
        p99_99: taken.value_at_quantile(0.9999),
        max: taken.max(),
    }
}
