//! The comparison runs, every map in it agrees, and what it writes keeps to its form.

#![allow(clippy::unwrap_used, missing_docs)]

use growstack_benches::latency::{Sampling, measure, plot, table};
use growstack_benches::machine::heap::{CountingHeap, counted};
use growstack_benches::machine::tsc::Clock;
use growstack_benches::speed::runner::{DYNAMIC, ENGINE, FLOOR};
use growstack_benches::speed::verdict::verdicts;
use growstack_benches::speed::{Measured, Pace, Results, compare};
use serde_json::Value;

#[global_allocator]
static HEAP: CountingHeap = CountingHeap;

const OPERATIONS: [&str; 9] = [
    "lookup_latency",
    "lookup_throughput",
    "neighbours_latency",
    "neighbours_throughput",
    "grow_mapped",
    "grow_down",
    "grow_up",
    "insert_remove",
    "findspace",
];

// One test, since the counting of allocations is the whole program's.
#[test]
fn everything_runs_once() {
    let clock = Clock::calibrate();
    let (mut results, mut memory, mut grows) = (Results::default(), Vec::new(), Vec::new());
    for n in [16, 256] {
        let (more, bytes) = compare(n, Pace::ONCE, &clock);
        results.results.extend(more.results);
        memory.extend(bytes);
        grows.extend(measure(n, Sampling::ONCE, &clock).unwrap());
    }
    form(&results);
    assert!(memory.iter().all(|m| m.bytes_per_entry > 0.0), "{memory:?}");
    for grow in &grows {
        assert_eq!(grow.allocations, 0, "{}", grow.title());
        assert_eq!((grow.growths.len(), grow.empty.len()), (grow.samples(), grow.samples()));
        assert!(grow.tail_ratio().is_none(), "too few samples to tell");
    }
    assert_eq!(table::table(&grows).lines().filter(|line| line.starts_with("warm")).count(), 10);
    let folder = tempfile::tempdir().unwrap();
    let picture = plot::draw(folder.path(), 256, &grows).unwrap();
    assert!(std::fs::read_to_string(picture).unwrap().contains("warm down"));

    let all = verdicts(&results, &memory, &grows, &[16, 256], true);
    assert!(all.iter().all(|verdict| verdict.figure.is_some()), "{all:?}");
    assert!((1..=5).all(|number| all.iter().any(|verdict| verdict.requirement == number)));

    let (kept, counts) = counted(|| vec![0_u8; 1000]);
    assert_eq!((counts.calls, counts.bytes), (1, 1000));
    drop(kept);
}

/// The form that the issue gives, and everybody in it.
fn form(results: &Results) {
    let text = serde_json::to_string(&results.to_exchange()).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let top = value.as_object().unwrap();
    assert_eq!(top.keys().collect::<Vec<_>>(), ["results"]);
    for entry in top["results"].as_array().unwrap() {
        let entry = entry.as_object().unwrap();
        let mut names: Vec<_> = entry.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["median_ns", "n", "op", "p99_ns", "who"]);
        assert!(OPERATIONS.contains(&entry["op"].as_str().unwrap()), "{entry:?}");
        assert!(entry["n"].is_u64() && entry["who"].is_string());
        assert!(entry["median_ns"].as_f64().unwrap() <= entry["p99_ns"].as_f64().unwrap());
    }
    for n in [16, 256] {
        for op in OPERATIONS {
            for who in DYNAMIC.into_iter().chain([ENGINE]) {
                assert!(results.median(op, n, who).is_some(), "{op} {n} {who}");
            }
        }
        for op in ["lookup_latency", "lookup_throughput", "neighbours_latency"] {
            assert!(results.median(op, n, FLOOR).is_some(), "{op} {n}");
        }
        for who in DYNAMIC {
            assert!(results.median("grow_down", n, &format!("{who} (entry)")).is_some(), "{who}");
        }
    }
    assert_eq!(serde_json::from_str::<Results>(&text).unwrap(), results.to_exchange());
}

#[test]
fn a_verdict_compares_with_the_bound() {
    let measured = |op: &str, who: &str, median_ns: f64| Measured {
        op: op.to_owned(),
        n: 4096,
        who: who.to_owned(),
        median_ns,
        p99_ns: median_ns,
    };
    let results = Results {
        results: vec![
            measured("lookup_latency", ENGINE, 42.0),
            measured("lookup_latency", "brie-tree", 41.0),
            measured("lookup_latency", "nodit", 80.0),
            measured("lookup_latency", "sorted-vec", 1.0),
            measured("lookup_latency", FLOOR, 29.0),
            measured("neighbours_latency", ENGINE, 10.0),
            measured("grow_down", ENGINE, 36.0),
            measured("insert_remove", "brie-tree", 40.0),
            measured("insert_remove", "nodit", 50.0),
            measured("insert_remove", ENGINE, 60.0),
        ],
    };
    let all = verdicts(&results, &[], &[], &[4096], true);
    let of = |what: &str| all.iter().find(|verdict| verdict.what == what).unwrap();
    assert_eq!(of("lookup_latency 4096: of brie-tree").met(), Some(true));
    assert_eq!(of("lookup_latency 4096: of floor").met(), Some(false), "42 / 29 > 1.4");
    assert_eq!(of("lookup_latency 4096: the floor of brie-tree").met(), Some(true));
    assert_eq!(of("grow_down 4096: of brie-tree").met(), Some(true), "40 is more than 3 x 10");
    assert_eq!(of("insert_remove 4096: of brie-tree").met(), Some(false), "60 / 40 > 1.2");
    assert_eq!(of("grow_up 4096: of own neighbours").met(), None);
    let at_default = verdicts(&results, &[], &[], &[4096], false);
    assert!(at_default.iter().all(|verdict| !verdict.what.contains("floor")));
}
