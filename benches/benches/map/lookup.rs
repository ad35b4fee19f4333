//! Questions: which entry holds an address, and what is on either side of it.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use growstack::{Addr, Process};
use growstack_benches::contender::{Contender, Index};
use growstack_benches::contenders::EngineTree;
use growstack_benches::layout::Layout;
use growstack_benches::process::Whole;
use growstack_benches::work::Source;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::timed::{ADDRESSES, sizes};

/// A mapped address.
pub(crate) fn lookup(c: &mut Criterion) {
    let tree = |map: &EngineTree, addr| map.lookup(addr).map_or(0, |(start, end)| start ^ end);
    let whole = |process: &Process, addr| {
        let found = process.map().mapped(Addr::new(addr));
        found.map_or(0, |(range, _)| range.start().get() ^ range.end().get())
    };
    ask(c, "lookup", Source::mapped, tree, whole);
}

/// An unmapped address: what a fault asks.
pub(crate) fn neighbours(c: &mut Criterion) {
    let tree = |map: &EngineTree, addr| {
        let near = map.neighbours(addr);
        near.below ^ near.above.map_or(0, |(start, _)| start)
    };
    let whole = |process: &Process, addr| {
        let found = process.map().gap(Addr::new(addr));
        found.map_or(0, |gap| gap.range.start().get() ^ gap.range.end().get())
    };
    ask(c, "neighbours", Source::unmapped, tree, whole);
}

fn ask(
    c: &mut Criterion,
    name: &str,
    draw: impl Fn(&Source, &mut StdRng) -> u64,
    tree: impl Fn(&EngineTree, u64) -> u64,
    whole: impl Fn(&Process, u64) -> u64,
) {
    for &n in sizes() {
        let layout = Layout::stacks(n, 1);
        let entries = layout.in_order_of_making().map(|s| (s.start, s.end, s.value()));
        let index = EngineTree::build(layout.max, entries);
        let process = Whole::new(&layout).expect("memory for a map").process;
        let (source, mut random) = (Source::new(layout), StdRng::seed_from_u64(1));
        let addresses: Vec<u64> = (0..ADDRESSES).map(|_| draw(&source, &mut random)).collect();
        both_ways(c, name, "tree", n, &addresses, |addr| tree(&index, addr));
        both_ways(c, name, "map", n, &addresses, |addr| whole(&process, addr));
    }
}

/// As latency, each address waiting for the answer before, and as throughput.
fn both_ways(
    c: &mut Criterion,
    name: &str,
    what: &str,
    n: usize,
    addresses: &[u64],
    ask: impl Fn(u64) -> u64,
) {
    let mut group = c.benchmark_group(format!("{name}_latency"));
    group.throughput(Throughput::Elements(addresses.len() as u64));
    group.bench_function(BenchmarkId::new(what, n), |b| {
        b.iter(|| {
            // Bounds are page-aligned, so nothing is added; but the address has to wait.
            addresses.iter().fold(0, |last, addr| ask(black_box(*addr) + (last & 1)))
        });
    });
    group.finish();
    let mut group = c.benchmark_group(format!("{name}_throughput"));
    group.throughput(Throughput::Elements(addresses.len() as u64));
    group.bench_function(BenchmarkId::new(what, n), |b| {
        b.iter(|| addresses.iter().fold(0, |sum: u64, addr| sum.wrapping_add(ask(*addr))));
    });
    group.finish();
}
