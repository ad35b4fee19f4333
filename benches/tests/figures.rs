//! The program `speed` measures every map, and its tables hold what it measured.

#![allow(clippy::unwrap_used, missing_docs)]

use growstack_benches::clock::Clock;
use growstack_benches::cold;
use growstack_benches::evict::Evicted;
use growstack_benches::heap::CountingHeap;
use growstack_benches::latency::{self, Sampling};
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
}

fn every_map_is_measured_after_every_eviction() {
    let measured = cold::measure(64, 3, &Clock::calibrate());
    assert_eq!(measured.len(), cold::OPS.len() * Evicted::ALL.len() * Who::ALL.len());
    assert!(measured.iter().all(|one| one.p90 >= one.p50 && one.p90.is_finite()), "{measured:?}");
    let table = cold::table(&measured, 64);
    assert_eq!(table.lines().count(), 2 + Evicted::ALL.len() * Who::ALL.len());
    assert!(
        table.lines().all(|row| row.matches('|').count() == 2 + 2 * cold::OPS.len()),
        "{table}"
    );
}

fn every_map_is_measured_for_every_operation() {
    let (measured, memory) = compare(64, 2, &Clock::calibrate());
    let ops = Op::ALL.iter().filter(|op| op.has_peers()).count();
    assert_eq!(measured.len(), ops * Who::ALL.len());
    assert!(measured.iter().all(|one| one.n == 64 && one.p99_ns >= one.median_ns));
    assert_eq!(memory.len(), Who::ALL.len());
    let table = table(&measured, &memory, 64);
    for who in Who::ALL {
        let row = table.lines().find(|line| line.starts_with(&format!("| {} |", who.name())));
        assert_eq!(row.unwrap().matches('|').count(), ops + 3, "{table}");
    }
}

fn growths_of_every_kind_are_sampled_and_allocate_nothing() {
    let all = latency::measure(64, Sampling::ONCE, &Clock::calibrate()).unwrap();
    assert_eq!(all.len(), latency::Fault::ALL.len());
    assert!(all.iter().all(|one| one.allocations == 0 && one.growths.len() + one.dropped > 0));
    let records: Vec<_> = all.iter().map(latency::Distribution::record).collect();
    assert!(records.iter().all(|record| record.samples == 0 || !record.quantiles.is_empty()));
    assert_eq!(latency::table(&all).lines().count(), 2 + all.len() + 1);
}
