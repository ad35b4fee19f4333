//! Insertion of a page and its removal.

use criterion::{BenchmarkId, Criterion, Throughput};
use growstack::PAGE_SIZE;
use growstack_benches::contender::{Contender, Value};
use growstack_benches::contenders::EngineTree;
use growstack_benches::layout::Layout;
use growstack_benches::process::Whole;
use growstack_benches::work::Source;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::timed::{ADDRESSES, sizes};

/// The tree alone, and `vm_map_insert` with `vm_map_remove`.
pub(crate) fn insert_remove(c: &mut Criterion) {
    let mut group = c.benchmark_group("insert_remove");
    group.throughput(Throughput::Elements(ADDRESSES as u64));
    for &n in sizes() {
        let layout = Layout::stacks(n, 1);
        let entries = layout.in_order_of_making().map(|s| (s.start, s.end, s.value()));
        let mut tree = EngineTree::build(layout.max, entries);
        let mut whole = Whole::new(&layout).expect("memory for a map");
        let (source, mut random) = (Source::new(layout), StdRng::seed_from_u64(1));
        let pages: Vec<u64> = (0..ADDRESSES).map(|_| source.free_page(&mut random)).collect();
        group.bench_function(BenchmarkId::new("tree", n), |b| {
            b.iter(|| {
                for &page in &pages {
                    tree.insert(page, page + PAGE_SIZE, Value::PLAIN);
                    tree.remove(page, page + PAGE_SIZE);
                }
            });
        });
        group.bench_function(BenchmarkId::new("map", n), |b| {
            b.iter(|| pages.iter().for_each(|page| whole.insert_remove(*page)));
        });
        assert_eq!((tree.tree().len(), whole.process.map().len()), (n, n));
    }
    group.finish();
}
