//! The program `speed` measures every map, and its tables hold what it measured.

#![allow(clippy::unwrap_used, missing_docs)]

use growstack_benches::clock::Clock;
use growstack_benches::cold;
use growstack_benches::evict::Evicted;
use growstack_benches::floor::Floor;
use growstack_benches::heap::CountingHeap;
use growstack_benches::latency::{self, Sampling};
use growstack_benches::moved;
use growstack_benches::op::Op;
use growstack_benches::speed::{compare, table};
use growstack_benches::subject::Who;

#[global_allocator]
static HEAP: CountingHeap = CountingHeap;

// One after the other: the allocator counts what all threads allocate.
#[test]
fn figures() {
    every_map_is_measured_for_every_operation();
    growths_of_every_kind_are_sampled_and_allocate_nothing();
    every_map_is_measured_after_every_eviction();
    growth_writes_an_entry_at_least_and_a_leaf_at_most();
}

fn every_map_is_measured_after_every_eviction() {
    let measured = cold::measure(64, 3, &Clock::calibrate());
    let floors = cold::OPS.iter().filter(|op| Floor::One.has(**op)).count();
    assert_eq!(floors, 1);
    assert_eq!(measured.len(), Evicted::ALL.len() * (cold::OPS.len() * Who::ALL.len() + floors));
    assert!(measured.iter().all(|one| one.p90 >= one.p50 && one.p90.is_finite()), "{measured:?}");
    let table = cold::table(&measured, 64);
    assert_eq!(table.lines().count(), 2 + Evicted::ALL.len() * (Who::ALL.len() + 1));
    assert!(
        table.lines().all(|row| row.matches('|').count() == 2 + 2 * cold::OPS.len()),
        "{table}"
    );
}

fn every_map_is_measured_for_every_operation() {
    let (measured, memory) = compare(64, 2, &Clock::calibrate());
    let ops = Op::ALL.iter().filter(|op| op.has_peers()).count();
    let floors = Floor::ALL.map(|floor| Op::ALL.iter().filter(|op| floor.has(**op)).count());
    assert_eq!(floors, [5, 1]);
    assert_eq!(measured.len(), ops * Who::ALL.len() + 6);
    assert!(measured.iter().all(|one| one.n == 64 && one.p99_ns >= one.median_ns));
    assert_eq!(memory.len(), Who::ALL.len() + Floor::ALL.len());
    let table = table(&measured, &memory, 64);
    for who in Who::ALL.map(Who::name).into_iter().chain(Floor::ALL.map(Floor::name)) {
        let row = table.lines().find(|line| line.starts_with(&format!("| {who} |")));
        assert_eq!(row.unwrap().matches('|').count(), ops + 3, "{table}");
    }
}

fn growth_writes_an_entry_at_least_and_a_leaf_at_most() {
    for n in [4, 64, 4096] {
        let places = moved::written(n) / f64::from(u32::try_from(moved::ENTRY).unwrap());
        assert!((2.0..=17.0).contains(&places), "{n}: {places}");
    }
}

fn growths_of_every_kind_are_sampled_and_allocate_nothing() {
    let all = latency::measure(64, Sampling::ONCE, &Clock::calibrate()).unwrap();
    assert_eq!(all.len(), latency::Fault::ALL.len());
    assert!(all.iter().all(|one| one.allocations == 0 && one.growths.len() + one.dropped > 0));
    let records: Vec<_> = all.iter().map(latency::Distribution::record).collect();
    assert!(records.iter().all(|record| record.samples == 0 || !record.quantiles.is_empty()));
    assert_eq!(latency::table(&all).lines().count(), 2 + all.len() + 1);
    let tails = latency::tails(&all);
    for name in ["down", "up", "a loop as long", "the clock alone"] {
        assert!(tails.contains(&format!("| {name} | 64 |")), "{tails}");
    }
    assert!(tails.lines().all(|row| row.matches('|').count() == 9), "{tails}");
    assert!(all.iter().all(|one| one.pooled.growths.len() == one.pooled.steady.len()));
    // Too few samples for a tail.
    assert!(all.iter().all(|one| one.pooled.ratio().is_none()));
}
