//! Criterion benchmarks of whole traces: operations a second, of the engine on the golden traces and

#![allow(missing_docs)] // The macros of criterion make undocumented items.
//! on every recorded program, and of its peers on the largest trace of each program.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use growstack_benches::peer::PeerMap;
use growstack_benches::peers::{Brie, EngineTree, Nodit, Ranges, RedBlack, StdBTreeMap};
use growstack_benches::recorded::{Player, Recorded, golden, largest, recorded};
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::space::AddressSpace;

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn traces(c: &mut Criterion) {
    let (golden, recorded) = (golden(), recorded());
    let mut group = c.benchmark_group("golden");
    group.sample_size(20);
    group.throughput(Throughput::Elements(golden.iter().map(|trace| trace.ops.len() as u64).sum()));
    group.bench_function("engine", |b| b.iter(|| golden.iter().for_each(replay)));
    group.finish();
    let mut group = c.benchmark_group("recorded");
    group.sample_size(10).warm_up_time(Duration::from_millis(200));
    group.measurement_time(Duration::from_secs(1));
    for trace in &recorded {
        group.throughput(Throughput::Elements(trace.ops.len() as u64));
        group.bench_with_input(BenchmarkId::new("engine", &trace.name), trace, |b, trace| {
            b.iter(|| replay(trace));
        });
    }
    for trace in largest(&recorded) {
        group.throughput(Throughput::Elements(trace.ops.len() as u64));
        peer::<EngineTree>(&mut group, "engine-tree", trace);
        peer::<StdBTreeMap>(&mut group, "std-btreemap", trace);
        peer::<Brie>(&mut group, "brie-tree", trace);
        peer::<RedBlack>(&mut group, "red-black", trace);
        peer::<Nodit>(&mut group, "nodit", trace);
        peer::<Ranges>(&mut group, "rangemap", trace);
    }
    group.finish();
}

/// Replays a trace on a new engine, without comparing answers.
fn replay(trace: &Recorded) {
    let mut map: EngineSpace = EngineSpace::create(&trace.config);
    let mut changes = Vec::new();
    for op in &trace.ops {
        changes.clear();
        map.apply(op, &mut changes);
    }
}

fn peer<P: PeerMap>(group: &mut Group<'_>, name: &str, trace: &Recorded) {
    group.bench_with_input(BenchmarkId::new(name, &trace.name), trace, |b, trace| {
        b.iter(|| {
            let mut player = Player::<P>::new(&trace.config);
            trace.ops.iter().for_each(|op| player.apply(op));
            player.map
        });
    });
}

criterion_group!(benches, traces);
criterion_main!(benches);
