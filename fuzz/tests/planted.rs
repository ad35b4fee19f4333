//! Differences planted into the oracle: the driver must find and cut each of them.

#![allow(clippy::unwrap_used)]

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};

use growstack::{Change, EntryFlags, Inherit, KernReturn, Refusal, Size};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary};
use growstack_fuzz::compare::Divergence;
use growstack_fuzz::driver::{Failure, Settings, run};
use growstack_fuzz::op::{Config, Op};
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::{MapFactory, replay};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;

/// One way to be wrong; each method may spoil what the oracle said.
trait Lie: 'static {
    fn answer(_op: &Op, _answer: &mut (Answer, Cause), _changes: &mut Vec<Change>) {}
    fn rows(_rows: &mut [Row]) {}
    fn summary(_summary: &mut Summary) {}
    fn check(_map: &Oracle) -> Result<(), String> {
        Ok(())
    }
}

/// The oracle, but for one lie.
struct Liar<L> {
    map: Oracle,
    lie: std::marker::PhantomData<L>,
}

impl<L: Lie> AddressSpace for Liar<L> {
    fn create(config: &Config) -> Self {
        Self { map: Oracle::create(config), lie: std::marker::PhantomData }
    }

    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        let mut answer = self.map.apply(op, changes);
        L::answer(op, &mut answer, changes);
        answer
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        self.map.entries(rows);
        L::rows(rows);
    }

    fn summary(&self) -> Summary {
        let mut summary = self.map.summary();
        L::summary(&mut summary);
        summary
    }

    fn check(&self) -> Result<(), String> {
        L::check(&self.map)
    }
}

fn settings(threads: usize) -> Settings {
    Settings {
        seed: 5,
        first: 0,
        sequences: Some(3000),
        budget: None,
        threads: NonZero::new(threads).unwrap(),
    }
}

/// The failure found, after a look at what holds for all of them.
#[track_caller]
fn found<L: Lie>(most_operations: usize) -> Failure {
    let liar = MapFactory::of::<Liar<L>>("liar");
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

struct WrongCode;
impl Lie for WrongCode {
    fn answer(_: &Op, answer: &mut (Answer, Cause), _: &mut Vec<Change>) {
        if matches!(answer.1, Cause::Refused(Refusal::Avail { .. })) {
            answer.0 = Answer::Code(KernReturn::InvalidAddress);
        }
    }
}

#[test]
fn a_wrong_code() {
    let failure = found::<WrongCode>(2);
    assert!(matches!(failure.divergence, Divergence::Answer { .. }));
}

struct WrongNumber;
impl Lie for WrongNumber {
    fn answer(_: &Op, answer: &mut (Answer, Cause), _: &mut Vec<Change>) {
        if let Cause::Refused(Refusal::StackNeighbour { end, .. }) = &mut answer.1 {
            *end = end.wrapping_add(Size::new(1));
        }
    }
}

#[test]
fn a_wrong_number_in_a_refusal() {
    let failure = found::<WrongNumber>(2);
    assert!(matches!(failure.divergence, Divergence::Cause { .. }));
}

struct MissingChange;
impl Lie for MissingChange {
    fn answer(_: &Op, _: &mut (Answer, Cause), changes: &mut Vec<Change>) {
        changes.retain(|change| !matches!(change, Change::Unwired(_)));
    }
}

#[test]
fn a_change_left_out() {
    // Something to map, a wire, and what takes it off.
    let failure = found::<MissingChange>(3);
    assert!(matches!(failure.divergence, Divergence::Changes { .. }));
}

struct WrongInherit;
impl Lie for WrongInherit {
    fn rows(rows: &mut [Row]) {
        let stack = rows.iter_mut().find(|row| row.is_stack() && row.inherit == Inherit::None);
        if let Some(row) = stack {
            row.inherit = Inherit::Copy;
        }
    }
}

#[test]
fn a_wrong_attribute() {
    let failure = found::<WrongInherit>(2);
    assert!(matches!(failure.divergence, Divergence::Entries { .. }));
}

struct WrongAvail;
impl Lie for WrongAvail {
    fn rows(rows: &mut [Row]) {
        let wired = |row: &&mut Row| row.is_stack() && row.flags.contains(EntryFlags::USER_WIRED);
        if let Some(row) = rows.iter_mut().find(wired) {
            row.avail = row.avail.wrapping_add(Size::PAGE);
        }
    }
}

#[test]
fn a_wrong_reserve() {
    found::<WrongAvail>(3);
}

struct LostEntry;
impl Lie for LostEntry {
    fn rows(rows: &mut [Row]) {
        if rows.len() > 8 {
            rows.swap(3, 4);
        }
    }
}

#[test]
fn entries_out_of_order() {
    // Nine entries can come of fewer operations, by splits.
    found::<LostEntry>(10);
}

struct WrongCounter;
impl Lie for WrongCounter {
    fn summary(summary: &mut Summary) {
        if summary.ssize != 0 {
            summary.ssize += 1;
        }
    }
}

#[test]
fn a_wrong_counter() {
    // A stack and its growth, or a stack, a fork and a look at the child.
    let failure = found::<WrongCounter>(3);
    assert!(matches!(failure.divergence, Divergence::Summary { .. }));
}

struct WrongSearch;
impl Lie for WrongSearch {
    fn answer(op: &Op, answer: &mut (Answer, Cause), _: &mut Vec<Change>) {
        if let (Op::FindSpace { length, .. }, Answer::Found(addr)) = (op, &mut answer.0)
            && length.get() == 0x5000
        {
            *addr = addr.wrapping_add(Size::new(1));
        }
    }
}

#[test]
fn a_wrong_search() {
    found::<WrongSearch>(1);
}

struct Broken;
impl Lie for Broken {
    fn check(map: &Oracle) -> Result<(), String> {
        if map.summary().reserved > Size::pages(64) { Err("too much".into()) } else { Ok(()) }
    }
}

#[test]
fn a_broken_invariant() {
    let failure = found::<Broken>(2);
    assert_eq!(failure.divergence, Divergence::Broken { invariant: "too much".into() });
}

struct Panics;
impl Lie for Panics {
    fn answer(op: &Op, answer: &mut (Answer, Cause), _: &mut Vec<Change>) {
        let done = answer.0 == Answer::Code(KernReturn::Success);
        assert!(!(done && matches!(op, Op::Protect { .. })), "planted");
    }
}

#[test]
fn a_panic() {
    let failure = found::<Panics>(1);
    assert_eq!(failure.divergence, Divergence::Panic { message: "planted".into() });
}

struct PanicsInSearches;
impl Lie for PanicsInSearches {
    fn answer(op: &Op, _: &mut (Answer, Cause), _: &mut Vec<Change>) {
        assert!(!matches!(op, Op::FindSpace { .. }), "planted");
    }
}

/// The search after every operation is one more place for a map to panic: an operation and the
/// search are left.
#[test]
fn a_panic_in_a_search() {
    let failure = found::<PanicsInSearches>(2);
    assert_eq!(failure.divergence, Divergence::Panic { message: "planted".into() });
}

#[test]
fn the_failure_depends_on_the_seed_alone() {
    let liar = MapFactory::of::<Liar<WrongCounter>>("liar");
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

struct OnlyOnce;
impl Lie for OnlyOnce {
    fn answer(op: &Op, answer: &mut (Answer, Cause), _: &mut Vec<Change>) {
        static DONE: AtomicBool = AtomicBool::new(false);
        if matches!(op, Op::Lookup { .. }) && !DONE.swap(true, Ordering::Relaxed) {
            answer.0 = Answer::Silent;
        }
    }
}

#[test]
fn a_difference_that_does_not_come_back_is_reported_as_it_was() {
    let failure = run(&settings(1), MapFactory::of::<Liar<OnlyOnce>>("liar")).failure.unwrap();
    assert!(matches!(failure.divergence, Divergence::Answer { right: Answer::Silent, .. }));
    assert_eq!(failure.trace.steps.len(), failure.length);
    assert!(failure.to_string().contains("did not happen again"), "{failure}");
}
