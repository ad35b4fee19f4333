//! What real programs did, start to end: operations a second, of the engine on every trace and of
//! its peers on the largest of each workload.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use growstack_benches::contender::Contender;
use growstack_benches::contenders::{Brie, EngineTree, Nodit, Ranges, RedBlack, StdBTreeMap};
use growstack_benches::recorded::{Player, Recorded, largest};
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::space::AddressSpace;

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

/// Every trace on a new map; answers are not compared here.
pub(crate) fn recorded(c: &mut Criterion) {
    let all = growstack_benches::recorded::recorded();
    let mut group = c.benchmark_group("recorded");
    group.sample_size(10).warm_up_time(Duration::from_millis(200));
    group.measurement_time(Duration::from_secs(1));
    for trace in &all {
        group.throughput(Throughput::Elements(trace.ops.len() as u64));
        engine(&mut group, trace);
    }
    for trace in largest(&all) {
        group.throughput(Throughput::Elements(trace.ops.len() as u64));
        peer::<EngineTree>(&mut group, "engine's index alone", trace);
        peer::<StdBTreeMap>(&mut group, "std BTreeMap", trace);
        peer::<Brie>(&mut group, "brie-tree", trace);
        peer::<RedBlack>(&mut group, "red-black tree", trace);
        peer::<Nodit>(&mut group, "nodit", trace);
        peer::<Ranges>(&mut group, "rangemap", trace);
    }
    group.finish();
}

fn engine(group: &mut Group<'_>, trace: &Recorded) {
    group.bench_with_input(BenchmarkId::new("growstack", &trace.name), trace, |b, trace| {
        let mut changes = Vec::new();
        b.iter(|| {
            let mut map: EngineSpace = EngineSpace::create(&trace.config);
            for op in &trace.ops {
                changes.clear();
                map.apply(op, &mut changes);
            }
            map
        });
    });
}

fn peer<C: Contender>(group: &mut Group<'_>, name: &str, trace: &Recorded) {
    group.bench_with_input(BenchmarkId::new(name, &trace.name), trace, |b, trace| {
        b.iter(|| {
            let mut player = Player::<C>::new(&trace.config);
            trace.ops.iter().for_each(|op| player.apply(op));
            player.map
        });
    });
}
