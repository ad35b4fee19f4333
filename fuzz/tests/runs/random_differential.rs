//! Seeded random sequences on the engine and on the oracle.
//!
//! The same sequences on every run: bounded by their number, not by time.

use std::sync::LazyLock;

use growstack_fuzz::driver::{Outcome, Settings, engine, run};
use growstack_fuzz::op::Kind;

const SEQUENCES: u64 = 30_000;

fn run_width(width: usize, seed: u64) -> Outcome {
    let settings = Settings { seed, sequences: Some(SEQUENCES), ..Settings::default() };
    run(&settings, engine(width).unwrap())
}

/// One run for all tests that look at its counts.
static SIXTEEN: LazyLock<Outcome> = LazyLock::new(|| run_width(16, 1));

#[track_caller]
fn assert_agreed(outcome: &Outcome) {
    if let Some(failure) = &outcome.failure {
        panic!("{failure}");
    }
    assert_eq!(outcome.counts.sequences, SEQUENCES);
    assert!(outcome.counts.operations > 100 * SEQUENCES);
}

#[test]
fn nodes_of_sixteen_agree_with_the_oracle() {
    assert_agreed(&SIXTEEN);
}

#[test]
fn nodes_of_four_agree_with_the_oracle() {
    assert_agreed(&run_width(4, 2));
}

#[test]
fn every_branch_of_the_rules_is_reached() {
    let missed: Vec<String> =
        SIXTEEN.counts.missed().map(|b| format!("{} {}", b.id(), b.what())).collect();
    assert!(missed.is_empty(), "not reached:\n{}", missed.join("\n"));
}

#[test]
fn operations_succeed_and_fail_in_fair_parts() {
    let counts = &SIXTEEN.counts;
    for kind in [Kind::Insert, Kind::Stack, Kind::Grow, Kind::FindSpace, Kind::Find, Kind::Fixed] {
        let count = counts.kind(kind);
        let all = count.done + count.refused;
        assert!(count.done > all / 4, "{} hardly ever succeeds: {count:?}", kind.name());
        assert!(count.refused > all / 20, "{} hardly ever fails: {count:?}", kind.name());
    }
    // Deep trees: with four entries to a node, five levels.
    assert!(counts.most_entries > 500, "{}", counts.most_entries);
}
