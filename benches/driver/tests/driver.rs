//! The driver's command line, which is a contract between revisions.

#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

use growstack_bench_driver::op::Op;
use growstack_bench_driver::report::{CONTRACT, Report};

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let driver = env!("CARGO_BIN_EXE_growstack-bench-driver");
    let ran = Command::new(driver).args(arguments).env_clear().output().unwrap();
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn every_operation_is_measured_in_the_order_asked_for() {
    let (status, text) = run(&["--entries", "64", "--blocks", "3", "--seed", "5"]);
    assert_eq!(status, Some(0));
    let report: Report = serde_json::from_str(&text).unwrap();
    assert_eq!((report.contract, report.entries), (CONTRACT, 64));
    let ops: Vec<Op> = report.results.iter().map(|measured| measured.op).collect();
    assert_eq!(ops, Op::ALL);
    for measured in &report.results {
        assert!(measured.operations >= 3 * 256, "{measured:?}");
        assert!(measured.least > 0.0 && measured.least <= measured.quartile, "{measured:?}");
        assert!(measured.quartile <= measured.median, "{measured:?}");
    }
    let some =
        run(&["--entries", "64", "--blocks", "1", "--ops", "stack,findspace,lookup_latency"]);
    let report: Report = serde_json::from_str(&some.1).unwrap();
    let ops: Vec<Op> = report.results.iter().map(|measured| measured.op).collect();
    assert_eq!(ops, [Op::Stack, Op::Findspace, Op::LookupLatency]);
}

#[test]
fn what_is_counted_depends_on_the_arguments_alone() {
    let count = |seed| {
        let one = ["--entries", "64", "--blocks", "4", "--ops", "grow_down", "--count", "--seed"];
        let (status, text) = run(&[&one[..], &[seed]].concat());
        assert_eq!(status, Some(0));
        let report: Report = serde_json::from_str(&text).unwrap();
        (report.results[0].operations, report.results[0].answers)
    };
    assert_eq!(count("1"), count("1"));
    assert_ne!(count("1").1, count("2").1);
}

#[test]
fn what_cannot_be_measured_fails() {
    let cases: [&[&str]; 4] = [
        &["--entries", "3"],
        &["--blocks", "0"],
        &["--ops", "luck"],
        &["--count", "--ops", "stack,protect"],
    ];
    for arguments in cases {
        assert_ne!(run(arguments).0, Some(0), "{arguments:?}");
    }
}
