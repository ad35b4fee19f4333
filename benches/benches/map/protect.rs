//! `protect` of the middle of an entry, which splits it in three, and back, which merges them.

use criterion::{BenchmarkId, Criterion};
use growstack::{Addr, PAGE_SIZE, Prot, ProtectWhat, Refusal};
use growstack_benches::layout::{Kind, Layout, Span};
use growstack_benches::process::Whole;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::timed::{one_by_one, sizes};

/// Both, of a random entry of three pages or more.
pub(crate) fn protect(c: &mut Criterion) {
    for &n in sizes() {
        let layout = Layout::stacks(n, 1);
        let mut whole = Whole::new(&layout).expect("memory for a map");
        let mut spans = layout.of_kind(Kind::Plain);
        spans.retain(|span| span.end - span.start >= 3 * PAGE_SIZE);
        let mut random = StdRng::seed_from_u64(1);
        let mut group = c.benchmark_group("protect_split_merge");
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            one_by_one(
                b,
                &mut whole,
                |_| spans[random.random_range(0..spans.len())],
                there_and_back,
                |whole, _, split| {
                    assert_eq!(split, Ok(n + 2), "two more entries in between");
                    assert_eq!(whole.process.map().len(), n);
                },
            );
        });
        group.finish();
    }
}

fn there_and_back(whole: &mut Whole, span: &Span) -> Result<usize, Refusal> {
    let (start, end) = (Addr::new(span.start + PAGE_SIZE), Addr::new(span.end - PAGE_SIZE));
    let map = whole.process.map_mut();
    map.protect(start, end, Prot::READ, ProtectWhat::Current, |_| ())?;
    let split = map.len();
    map.protect(start, end, Prot::RW, ProtectWhat::Current, |_| ())?;
    Ok(split)
}
