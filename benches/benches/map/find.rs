//! The search for space in a fragmented map.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use growstack::{Addr, Size};
use growstack_benches::layout::{FIT_PAGES, Layout};
use growstack_benches::process::Whole;
use growstack_benches::work::Source;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::timed::sizes;

/// From a random start on; one gap in a hundred fits.
pub(crate) fn findspace(c: &mut Criterion) {
    let mut group = c.benchmark_group("findspace");
    for &n in sizes() {
        let layout = Layout::fragmented(n, 1);
        let whole = Whole::new(&layout).expect("memory for a map");
        let mut random = StdRng::seed_from_u64(1);
        let starts = Source::new(layout).draw(1024, &mut random).starts;
        let mut starts = starts.iter().cycle();
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            b.iter(|| {
                let start = starts.next().copied().map_or(Addr::ZERO, Addr::new);
                whole.process.map().find_space(black_box(start), Size::pages(FIT_PAGES))
            });
        });
    }
    group.finish();
}
