//! Criterion benchmarks of what a page fault asks most often.

#![allow(missing_docs)] // The macros of criterion make undocumented items.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use growstack_benches::cost::SIZES;
use growstack_benches::field::Field;

/// A look-up of a mapped address, at random.
fn lookup(c: &mut Criterion) {
    let mut group = c.benchmark_group("lookup");
    for entries in SIZES {
        let mut field = Field::new(entries, 1).expect("memory for a map");
        let addresses: Vec<_> = (0..4096).map(|_| field.mapped()).collect();
        let map = field.process.map();
        let mut at = 0;
        group.bench_function(BenchmarkId::from_parameter(entries), |b| {
            b.iter(|| {
                at = (at + 1) % addresses.len();
                addresses.get(at).and_then(|addr| map.mapped(black_box(*addr)))
            });
        });
    }
    group.finish();
}

/// A fault on a mapped address: growth has nothing to do.
fn grow_mapped(c: &mut Criterion) {
    let mut group = c.benchmark_group("grow_mapped");
    for entries in SIZES {
        let mut field = Field::new(entries, 1).expect("memory for a map");
        let mut addresses: Vec<_> = (0..4096).map(|_| field.mapped()).collect();
        group.bench_function(BenchmarkId::from_parameter(entries), |b| {
            b.iter_batched(
                || {
                    addresses.rotate_left(1);
                    addresses.first().copied()
                },
                |addr| addr.map(|addr| field.process.grow(black_box(addr), |_| ())),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, lookup, grow_mapped);
criterion_main!(benches);
