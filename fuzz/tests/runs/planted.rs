//! Differences planted into the oracle: the driver must find and cut each of them.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::liar::{HONEST, Lie};
use growstack::{Change, EntryFlags, Inherit, KernReturn, Refusal, Size};
use growstack_fuzz::answer::{Answer, Cause, Row};
use growstack_fuzz::compare::Divergence;
use growstack_fuzz::driver::{Failure, Settings, run};
use growstack_fuzz::op::Op;
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::{MapFactory, replay};
use growstack_fuzz::trace::Trace;

fn settings(threads: usize) -> Settings {
    let threads = NonZero::new(threads).unwrap();
    Settings { seed: 5, sequences: Some(3000), threads, ..Settings::default() }
}

/// The failure found, after a look at what holds for all of them.
#[track_caller]
fn found(lie: Lie, most_operations: usize) -> Failure {
    let liar = lie.on::<Oracle>("liar");
    let failure = run(&settings(2), liar).failure.expect("the planted difference is found");
    let report = failure.to_string();
    let steps = failure.trace.steps.len();
    assert!(steps <= most_operations, "{steps} operations are left:\n{report}");
    assert!(steps <= failure.length);
    let rerun = format!("--seed 5 --first {}", failure.sequence);
    assert!(report.contains(&rerun), "{report}");

    // The trace alone, read back from its text, shows the difference at its last operation.
    let trace = Trace::parse(failure.trace.to_string().as_bytes()).unwrap();
    let maps = [MapFactory::of::<Oracle>("oracle"), liar];
    let again = replay(&trace, &maps).1.expect_err("the trace shows the difference");
    assert_eq!(again.index, steps - 1);
    assert_eq!(again.divergence, failure.divergence);
    failure
}

#[test]
fn a_wrong_code() {
    let lie = Lie {
        answer: |_, (answer, cause), _| {
            if matches!(cause, Cause::Refused(Refusal::Avail { .. })) {
                *answer = Answer::Code(KernReturn::InvalidAddress);
            }
        },
        ..HONEST
    };
    let failure = found(lie, 2);
    assert!(matches!(failure.divergence, Divergence::Answer { .. }));
}

#[test]
fn a_wrong_number_in_a_refusal() {
    let lie = Lie {
        answer: |_, (_, cause), _| {
            if let Cause::Refused(Refusal::StackNeighbour { end, .. }) = cause {
                *end = end.wrapping_add(Size::new(1));
            }
        },
        ..HONEST
    };
    let failure = found(lie, 2);
    assert!(matches!(failure.divergence, Divergence::Cause { .. }));
}

#[test]
fn a_change_left_out() {
    let lie = Lie {
        answer: |_, _, changes| changes.retain(|change| !matches!(change, Change::Unwired(_))),
        ..HONEST
    };
    // Something to map, a wire, and what takes it off.
    let failure = found(lie, 3);
    assert!(matches!(failure.divergence, Divergence::Changes { .. }));
}

#[test]
fn a_wrong_attribute() {
    let lie = Lie {
        rows: |_, rows| {
            let stack = |row: &&mut Row| row.is_stack() && row.inherit == Inherit::None;
            if let Some(row) = rows.iter_mut().find(stack) {
                row.inherit = Inherit::Copy;
            }
        },
        ..HONEST
    };
    let failure = found(lie, 2);
    assert!(matches!(failure.divergence, Divergence::Entries { .. }));
}

#[test]
fn a_wrong_reserve() {
    let lie = Lie {
        rows: |_, rows| {
            let wired =
                |row: &&mut Row| row.is_stack() && row.flags.contains(EntryFlags::USER_WIRED);
            if let Some(row) = rows.iter_mut().find(wired) {
                row.avail = row.avail.wrapping_add(Size::PAGE);
            }
        },
        ..HONEST
    };
    found(lie, 3);
}

#[test]
fn entries_out_of_order() {
    let lie = Lie {
        rows: |_, rows| {
            if rows.len() > 8 {
                rows.swap(3, 4);
            }
        },
        ..HONEST
    };
    // Nine entries can come of fewer operations, by splits.
    found(lie, 10);
}

const WRONG_COUNTER: Lie =
    Lie { summary: |_, summary| summary.ssize += u64::from(summary.ssize != 0), ..HONEST };

#[test]
fn a_wrong_counter() {
    // A stack and its growth, or a stack, a fork and a look at the child.
    let failure = found(WRONG_COUNTER, 3);
    assert!(matches!(failure.divergence, Divergence::Summary { .. }));
}

#[test]
fn a_wrong_search() {
    let lie = Lie {
        answer: |liar, (answer, _), _| {
            if let (Op::FindSpace { length, .. }, Answer::Found(addr)) = (liar.op, answer)
                && length.get() == 0x5000
            {
                *addr = addr.wrapping_add(Size::new(1));
            }
        },
        ..HONEST
    };
    found(lie, 1);
}

#[test]
fn a_broken_invariant() {
    let lie = Lie {
        check: |liar| match liar.map.summary().reserved > Size::pages(64) {
            true => Err("too much".into()),
            false => Ok(()),
        },
        ..HONEST
    };
    let failure = found(lie, 2);
    assert_eq!(failure.divergence, Divergence::Broken { invariant: "too much".into() });
}

#[test]
fn a_panic() {
    let lie = Lie {
        answer: |liar, (answer, _), _| {
            let done = *answer == Answer::Code(KernReturn::Success);
            assert!(!(done && matches!(liar.op, Op::Protect { .. })), "planted");
        },
        ..HONEST
    };
    let failure = found(lie, 1);
    assert_eq!(failure.divergence, Divergence::Panic { message: "planted".into() });
}

/// The search after every operation is one more place for a map to panic: an operation and the
/// search are left.
#[test]
fn a_panic_in_a_search() {
    let lie = Lie {
        answer: |liar, _, _| assert!(!matches!(liar.op, Op::FindSpace { .. }), "planted"),
        ..HONEST
    };
    let failure = found(lie, 2);
    assert_eq!(failure.divergence, Divergence::Panic { message: "planted".into() });
}

#[test]
fn the_failure_depends_on_the_seed_alone() {
    let liar = WRONG_COUNTER.on::<Oracle>("liar");
    let one = run(&settings(1), liar).failure.unwrap();
    for threads in [2, 5] {
        let other = run(&settings(threads), liar).failure.unwrap();
        assert_eq!((other.sequence, other.length), (one.sequence, one.length));
        assert_eq!(other.trace, one.trace);
    }
    let alone = Settings { first: one.sequence, sequences: Some(1), ..settings(1) };
    assert_eq!(run(&alone, liar).failure.unwrap().trace, one.trace);
    let before = Settings { sequences: Some(one.sequence), ..settings(1) };
    assert!(run(&before, liar).failure.is_none());
}

#[test]
fn a_difference_that_does_not_come_back_is_reported_as_it_was() {
    let lie = Lie {
        answer: |liar, (answer, _), _| {
            static DONE: AtomicBool = AtomicBool::new(false);
            if matches!(liar.op, Op::Lookup { .. }) && !DONE.swap(true, Ordering::Relaxed) {
                *answer = Answer::Silent;
            }
        },
        ..HONEST
    };
    let failure = run(&settings(1), lie.on::<Oracle>("liar")).failure.unwrap();
    assert!(matches!(failure.divergence, Divergence::Answer { right: Answer::Silent, .. }));
    assert_eq!(failure.trace.steps.len(), failure.length);
    assert!(failure.to_string().contains("did not happen again"), "{failure}");
}
