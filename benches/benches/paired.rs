//! Times of two builds of the engine, sample by sample side by side: the time gate of
//! `scripts/bench-compare`.
//!
//!     cargo bench -p growstack-benches --features paired --bench paired -- compare OTHER_BUILD
//!
//! The arguments are tango's.

#![allow(missing_docs)] // The macros of tango make undocumented items.

use std::time::Duration;

use growstack_benches::clock::Clock;
use growstack_benches::job::Job;
use growstack_benches::op::Op;
use growstack_benches::subject::Who;
use tango_bench::{Benchmark, ErasedSampler, benchmark_fn, tango_benchmarks};

/// Operations whose time is compared; the rest differ from these by instructions alone.
const OPS: [Op; 9] = [
    Op::LookupLatency,
    Op::LookupThroughput,
    Op::NeighboursLatency,
    Op::GrowMapped,
    Op::GrowDown,
    Op::GrowUp,
    Op::InsertRemove,
    Op::FindSpace,
    Op::Protect,
];

/// Sizes of map, in entries.
const SIZES: [usize; 2] = [4096, 65_536];

/// Batches that differ. Of a few thousand operations that come round again and again, a processor
/// learns how most branches go, and how many of them depends on where the code happens to lie: with
/// 16 batches, `findspace` took a fifth less time than with these, and two builds of the same code
/// differed by up to 9 %. This number of batches is learned by neither, and still fit a cache.
const BATCHES: usize = 64;

struct Sampler {
    job: Job,
    clock: Clock,
}

impl ErasedSampler for Sampler {
    /// The median batch of a sample, times the operations: an interrupt or another process spoils
    /// some batches of a sample, and seldom half of them.
    fn measure(&mut self, operations: usize) -> u64 {
        let operations = operations as u64;
        let (mut done, mut batches) = (0, Vec::new());
        while done < operations {
            let count = self.job.operations();
            batches.push(self.clock.ns(self.job.timed(&self.clock).0) / count as f64);
            done += count;
        }
        batches.sort_unstable_by(f64::total_cmp);
        let median = batches.get(batches.len() / 2).copied().unwrap_or_default();
        Duration::from_secs_f64(median * operations as f64 / 1e9)
            .as_nanos()
            .try_into()
            .unwrap_or(u64::MAX)
    }
}

fn benchmarks() -> Vec<Benchmark> {
    let each = OPS.into_iter().flat_map(|op| SIZES.map(|n| (op, n)));
    each.map(|(op, n)| {
        benchmark_fn(format!("{}/{n}", op.name()), move |_| {
            let job = Job::with_batches(op, Who::Engine, n, BATCHES);
            Box::new(Sampler { job, clock: Clock::calibrate() })
        })
    })
    .collect()
}

tango_benchmarks!(benchmarks());
