//! Criterion benchmarks of every operation, on the engine and its peers.
//!
//! A group for each operation, an id for each map and size (`grow_down/growstack/4096`), so that
//! criterion's report draws the maps of a group as lines over the sizes. Times are those of one
//! operation; what makes it possible again is not timed.

#![allow(missing_docs)] // The macros of criterion make undocumented items.

use std::cell::OnceCell;
use std::time::Duration;

use criterion::{AxisScale, BenchmarkId, Criterion, PlotConfiguration};
use growstack_benches::clock::Clock;
use growstack_benches::job::Job;
use growstack_benches::op::Op;
use growstack_benches::subject::Who;

/// Sizes of map, in entries.
const SIZES: &[usize] = if cfg!(feature = "every-size") {
    &[16, 256, 4096, 65_536, 1_048_576]
} else {
    &[256, 4096, 65_536]
};

fn bench(c: &mut Criterion, op: Op) {
    let mut group = c.benchmark_group(op.name());
    // No throughput: criterion would draw the times over it, and not over the sizes.
    group.plot_config(PlotConfiguration::default().summary_scale(AxisScale::Logarithmic));
    let maps = if op.has_peers() { &Who::ALL[..] } else { &[Who::Engine] };
    for who in maps {
        for n in SIZES {
            // Made only if the filter lets the benchmark run.
            let (mut job, clock) = (None, OnceCell::new());
            group.bench_function(BenchmarkId::new(who.name(), n), |b| {
                let job = job.get_or_insert_with(|| Job::new(op, *who, *n));
                let clock = clock.get_or_init(Clock::calibrate);
                b.iter_custom(|operations| job.time(operations, clock));
            });
        }
    }
    group.finish();
}

/// A filter that begins the name of an operation means operations, not `growstack` in an id.
fn filter() -> Option<String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filter =
        arguments.iter().find(|word| Op::ALL.iter().any(|op| op.name().starts_with(*word)))?;
    Some(format!("^{filter}"))
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(30)
        .nresamples(20_000)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .configure_from_args();
    if let Some(filter) = filter() {
        criterion = criterion.with_filter(filter);
    }
    Op::ALL.into_iter().for_each(|op| bench(&mut criterion, op));
    criterion.final_summary();
}
