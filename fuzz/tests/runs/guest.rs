//! A map of one's own: the example agrees, wrong ones do not, and what it leaves out is left out.

use std::fs;
use std::num::NonZero;

use crate::common::liar::{HONEST, Lie};
use crate::common::{HEADER, call};
use crate::map::ListMap;
use growstack::{Addr, Change, Limits, Prot, Size};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary};
use growstack_fuzz::cli::Exit;
use growstack_fuzz::compare::{Divergence, compare_kept};
use growstack_fuzz::driver::{Outcome, Settings, run};
use growstack_fuzz::keeps::Keeps;
use growstack_fuzz::op::{Config, Kind, LimitName, Mapping, Op};
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::{MapFactory, replay};
use growstack_fuzz::settings::{settings, unsupported, without};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;

fn sequences(number: u64, tested: MapFactory) -> Outcome {
    let (sequences, threads) = (Some(number), NonZero::<usize>::MIN);
    run(&Settings { seed: 11, sequences, threads, ..Settings::default() }, tested)
}

#[test]
fn the_example_agrees_with_the_oracle() {
    let outcome = sequences(2500, MapFactory::of::<ListMap>("btreemap"));
    if let Some(failure) = &outcome.failure {
        panic!("{failure}");
    }
    let counts = &outcome.counts;
    assert!(counts.operations > 300_000, "only {} operations", counts.operations);
    for kind in [Kind::Insert, Kind::Stack, Kind::Grow, Kind::Find, Kind::Remove, Kind::Protect] {
        assert!(counts.kind(kind).done > 1000, "too little of {}", kind.name());
    }
    for kind in [Kind::Fixed, Kind::Wire, Kind::Unwire, Kind::Inherit, Kind::Madvise] {
        assert_eq!((counts.kind(kind).done, counts.kind(kind).refused), (0, 0));
        assert!(counts.not_supported(kind) > 1000);
    }
    assert!(counts.to_string().lines().next().unwrap().ends_with("not supported"));
}

/// Looks for one byte more than was asked for.
const FINDS_TOO_MUCH: Lie = Lie {
    ask: |op| match op {
        Op::FindSpace { start, length } if length != Size::ZERO => {
            Op::FindSpace { start, length: length.wrapping_add(Size::new(1)) }
        }
        _ => op,
    },
    ..HONEST
};

/// Holds the byte at the end of an entry for a part of it.
const LOOKS_ONE_AHEAD: Lie = Lie {
    ask: |op| match op {
        Op::Lookup { addr } => Op::Lookup { addr: addr.wrapping_back(Size::new(1)) },
        _ => op,
    },
    ..HONEST
};

/// Changes something, and says that it does not support the operation.
const SAYS_NOTHING: Lie = Lie {
    ask: |op| match op {
        Op::Fixed { start, length, .. } => Op::Remove { start, end: start.wrapping_add(length) },
        _ => op,
    },
    answer: |liar, (answer, _), _| {
        if matches!(liar.op, Op::Fixed { .. }) {
            *answer = Answer::Unsupported;
        }
    },
    ..HONEST
};

#[test]
fn wrong_maps_are_found_and_cut() {
    let wrong = [
        FINDS_TOO_MUCH.on::<ListMap>("finds-too-much"),
        LOOKS_ONE_AHEAD.on::<ListMap>("looks-one-ahead"),
        SAYS_NOTHING.on::<ListMap>("says-nothing"),
    ];
    for wrong in wrong {
        let outcome = sequences(100, wrong);
        let failure = outcome.failure.unwrap_or_else(|| panic!("{} not found", wrong.name));
        let text = failure.to_string();
        if wrong.name == "says-nothing" {
            // It cannot be shown by a trace, in which nothing unsupported stands.
            assert!(text.contains("did not happen again"), "{text}");
        } else {
            assert!(failure.trace.steps.len() <= 3, "{text}");
            assert!(text.contains(wrong.name) && text.contains("different answers"), "{text}");
        }
    }
}

fn trace(body: &str) -> Trace {
    Trace::parse(format!("{HEADER}{body}").as_bytes()).unwrap()
}

fn both() -> [MapFactory; 2] {
    [MapFactory::of::<Oracle>("oracle"), MapFactory::of::<ListMap>("btreemap")]
}

#[test]
fn a_trace_ends_at_what_a_map_does_not_support() {
    let wire = "wire 0x1000 0x2000 user holes\n= KERN_FAILURE\n";
    let insert = "insert 0x1000 0x2000 rw- rwx - - 0\n= KERN_SUCCESS\n";
    let (counts, result) = replay(&trace(&format!("{insert}{wire}{insert}")), &both());
    // What is recorded from there on is wrong, and nobody looks at it.
    result.unwrap();
    let ended = counts.ended.unwrap();
    assert_eq!((counts.operations, counts.answers), (1, 1));
    assert_eq!((ended.index, ended.map), (Some(1), "btreemap"));
    assert!(matches!(ended.declined, Some(Op::Wire { .. })));

    let header = HEADER.replace("swap=inf", "swap=0x5000");
    let trace = Trace::parse(format!("{header}{insert}").as_bytes()).unwrap();
    let (counts, result) = replay(&trace, &both());
    result.unwrap();
    let ended = counts.ended.unwrap();
    assert_eq!((counts.operations, ended.index, ended.map), (0, None, "btreemap"));
    assert!(matches!(ended.declined, Some(Op::Limit { name: LimitName::Swap, .. })));
    let (counts, _) = replay(&trace, &both()[..1]);
    assert_eq!((counts.operations, counts.ended), (1, None));
}

#[test]
fn what_changes_nothing_is_passed_over() {
    let body = "insert 0x1000 0x2000 rw- rwx - - 0\n= KERN_SUCCESS\n\
        wire 0x8000 0x9000 user noholes\n= KERN_INVALID_ADDRESS\n\
        insert 0x1000 0x2000 rw- rwx - 7 0\n= KERN_NO_SPACE\n\
        limit swap=0x3000\n\
        insert 0x4000 0x5000 rw- rwx - - 0\n= KERN_SUCCESS\n";
    let (counts, result) = replay(&trace(body), &both());
    result.unwrap();
    assert_eq!((counts.operations, counts.answers, counts.passed), (5, 4, 3));
    assert_eq!(counts.ended, None);
    // From where the limit is reached, it matters.
    let reached = format!("{body}insert 0x6000 0x9000 rw- rwx - - 0\n= KERN_RESOURCE_SHORTAGE\n");
    let (counts, result) = replay(&trace(&reached), &both());
    result.unwrap();
    let ended = counts.ended.unwrap();
    assert_eq!((counts.answers, ended.index), (4, Some(5)));
    assert!(matches!(ended.declined, Some(Op::Limit { name: LimitName::Swap, .. })));
    // On the map alone, nothing else does what it passes over.
    let (counts, _) = replay(&trace(body), &both()[1..]);
    assert_eq!((counts.operations, counts.answers, counts.passed), (2, 2, 3));
}

#[test]
fn the_command_says_what_is_left_out() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("a.trace");
    let end = "insert 0x1000 0x2000 rw- rwx - 7 0\n= KERN_SUCCESS\nlookup 0\n= TRUE 0 1\n";
    fs::write(&path, format!("{HEADER}lookup 0\n= FALSE\nwirefuture on\n{end}")).unwrap();
    let path = path.to_str().unwrap();
    let (exit, out, err) = call(&["replay", "--verbose", path], &both());
    assert_eq!(exit, Exit::Unusable);
    let lines: Vec<&str> = out.lines().collect();
    let rest = "left out from line 9 on, because btreemap does not support \
        `insert 0x1000 0x2000 rw- rwx - 7 0x0`";
    let first = format!("2 operations, 1 answers, 1 passed over, agrees; {rest}");
    assert!(lines[0].ends_with(&first), "{out}");
    assert_eq!(
        lines[1..],
        [
            "operations passed over, not supported and without effect: 1, in 1 traces",
            "traces left out from an operation or setting on that a map does not support: 1",
            "traces 1, operations 2, answers compared 1, divergences 0",
        ]
    );
    assert_eq!(
        err,
        format!("growstack: 1 of 1 traces not compared to their end: {path}: {rest}\n")
    );
    assert_eq!(call(&["replay", "--partial", path], &both()).0, Exit::Agreed);
}

#[test]
fn a_map_without_fork_is_left_out_of_traces_with_forks() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("a.trace");
    let child = "use 1\ninsert 0x1000 0x2000 rw- rwx - - 0\n= KERN_SUCCESS\n";
    let parent = "use 0\nlookup 0x1000\n= FALSE\n";
    fs::write(&path, format!("{HEADER}fork\n= KERN_SUCCESS 1\n{child}{parent}")).unwrap();
    let path = path.to_str().unwrap();
    let (exit, out, err) = call(&["replay", path], &both());
    assert_eq!((exit, err.as_str()), (Exit::Agreed, ""), "{out}");
    assert!(out.starts_with("traces with forks, without the maps that have no fork: 1\n"), "{out}");
    assert!(out.contains("answers compared 3, divergences 0"), "{out}");
    assert_eq!(call(&["replay", "--strict", path], &both()).0, Exit::Unusable);
    // Where no map has fork, the trace ends where the parent looks other than the child.
    assert_eq!(call(&["replay", path], &both()[1..]).0, Exit::Unusable);
}

#[test]
fn less_than_asked_is_no_success() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let passed = write("a.trace", &format!("{HEADER}wirefuture on\nlookup 0\n= FALSE\n"));
    assert_eq!(call(&["replay", &passed], &both()).0, Exit::Agreed);
    let (exit, _, err) = call(&["replay", "--strict", &passed], &both());
    assert_eq!(
        (exit, err.as_str()),
        (Exit::Unusable, "growstack: --strict: 1 operations are not supported\n")
    );

    let swap = HEADER.replace("swap=inf", "swap=0x5000");
    let setting = write("b.trace", &format!("{swap}lookup 0\n= FALSE\n"));
    for partial in [&["replay"][..], &["replay", "--partial"]] {
        let (exit, out, err) = call(&[partial, &[&setting]].concat(), &both());
        assert_eq!(exit, Exit::Unusable);
        assert!(out.ends_with("traces 1, operations 0, answers compared 0, divergences 0\n"));
        assert!(
            err.contains("btreemap does not support `limit swap=0x5000` of its header"),
            "{err}"
        );
    }
    let empty = write("c.trace", HEADER);
    let silent = write("d.trace", &format!("{HEADER}lookup 0\n"));
    for (path, maps, why) in [
        (&empty, &both()[..], "there is no operation that the maps support"),
        (&silent, &both()[1..], "one map alone, and no answer is recorded"),
    ] {
        let (exit, _, err) = call(&["replay", path], maps);
        assert_eq!(
            (exit, err),
            (Exit::Unusable, format!("growstack: nothing was compared: {why}\n"))
        );
    }
    assert_eq!(call(&["replay", &silent], &both()).0, Exit::Agreed);
}

#[test]
fn arguments_out_of_range_are_refused() {
    for words in [
        &["random", "--sequences", "0"][..],
        &["random", "--threads", "100000"],
        &["random", "--threads", "0"],
        &["random", "--first", "18446744073709551615", "--sequences", "5"],
        &["stress", "--operations", "0"],
    ] {
        let (exit, out, err) = call(words, &both());
        assert_eq!((exit, out.as_str()), (Exit::Unusable, ""), "{words:?}");
        assert!(err.contains("error: invalid value"), "{words:?}: {err}");
    }
    let nothing = [MapFactory::of::<Nothing>("nothing")];
    let (exit, _, err) = call(&["random", "--seed", "1", "--sequences", "3"], &nothing);
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("nothing was compared: nothing supports no operation"), "{err}");
}

#[test]
fn stress_is_refused_without_the_engine() {
    let (exit, out, err) = call(&["stress", "--operations", "10"], &both());
    assert_eq!((exit, out.as_str()), (Exit::Unusable, ""));
    let expected = "stress works on the engine, which is not among the maps of this command";
    assert_eq!(err, format!("growstack: {expected}\n"));
}

#[test]
fn minimize_works_on_the_map_under_test() {
    let wrong = FINDS_TOO_MUCH.on::<ListMap>("wrong");
    let trace = sequences(100, wrong).failure.unwrap().trace;
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("a.trace");
    fs::write(&path, trace.to_string()).unwrap();
    let path = path.to_str().unwrap();
    let (exit, out, _) = call(&["minimize", path], &[wrong, both()[0]]);
    assert_eq!(exit, Exit::Diverged);
    assert!(out.contains("    wrong: KERN_"), "{out}");
    let (exit, out, _) = call(&["minimize", path], &both());
    assert_eq!((exit, out), (Exit::Agreed, format!("{path}: shows no fault\n")));
}

#[test]
fn random_takes_the_first_map_or_the_one_named() {
    let call = |words: &[&str]| {
        let words = [&["random", "--seed", "1", "--sequences", "3"], words].concat();
        let (exit, out, err) = call(&words, &[both()[1], both()[0]]);
        (exit, out + &err)
    };
    let (exit, text) = call(&[]);
    assert_eq!(exit, Exit::Agreed);
    assert!(text.starts_with("seed 1, map btreemap,"), "{text}");
    let (exit, text) = call(&["--map", "oracle"]);
    assert_eq!(exit, Exit::Agreed);
    assert!(text.starts_with("seed 1, map oracle,"), "{text}");
    let (exit, text) = call(&["--map", "linux"]);
    assert_eq!(exit, Exit::Unusable);
    assert!(text.contains("no map is called `linux`; there are: btreemap, oracle"), "{text}");
    assert_eq!(call(&["--width", "4"]).0, Exit::Unusable);
}

#[test]
fn settings_are_asked_for_and_taken_away() {
    let limited =
        HEADER.replace("inf memlock", "0x9000 memlock").replace("swap=inf", "swap=0x5000");
    let config = *Trace::parse(limited.as_bytes()).unwrap().config();
    let asked: Vec<Op> = settings(&config).collect();
    let limit = |name, value| Op::Limit { name, value: Size::new(value) };
    let (vmem, swap) = (limit(LimitName::Vmem, 0x9000), limit(LimitName::Swap, 0x5000));
    assert_eq!(asked, [vmem, swap, Op::SetGrowSize { value: Size::PAGE }]);
    let missing = unsupported(&mut ListMap::create(&config), &config);
    assert_eq!(missing, [swap]);
    let rest = without(config, &missing);
    assert_eq!(rest.limits, Limits { swap: Size::MAX, ..config.limits });
    assert!(unsupported(&mut Oracle::create(&config), &config).is_empty());
}

/// A map that supports nothing gets empty sequences, and an end.
struct Nothing;
impl AddressSpace for Nothing {
    fn create(_: &Config) -> Self {
        Self
    }
    fn apply(&mut self, _: &Op, _: &mut Vec<Change>) -> (Answer, Cause) {
        (Answer::Unsupported, Cause::NotGiven)
    }
    fn entries(&self, rows: &mut Vec<Row>) {
        rows.clear();
    }
    fn summary(&self) -> Summary {
        Summary::default()
    }
}

#[test]
fn a_map_that_supports_nothing() {
    let outcome = sequences(20, MapFactory::of::<Nothing>("nothing"));
    assert!(outcome.failure.is_none());
    assert_eq!((outcome.counts.sequences, outcome.counts.operations), (20, 0));
    assert!(outcome.counts.is_partial());
}

#[test]
fn what_is_not_kept_is_not_compared() {
    let mut map = Oracle::create(trace("").config());
    let range = (Addr::new(0x1000), Addr::new(0x3000));
    let mapping = Mapping { offset: 0x7000, ..Mapping::anonymous(Prot::RW) };
    map.apply(&Op::Insert { start: range.0, end: range.1, mapping }, &mut Vec::new());
    let mut rows = Vec::new();
    map.entries(&mut rows);
    let summary = map.summary();
    let mut others = rows.clone();
    others[0].offset = 0;
    others[0].prot = Prot::NONE;
    let compare = |others: &[Row], keeps| {
        let other = summary.with(|summary| summary.ssize = 9);
        compare_kept((&rows, summary), (others, other), keeps)
    };
    let without = |keeps: Keeps| keeps.with(|keeps| (keeps.offset, keeps.ssize) = (false, false));
    assert!(matches!(compare(&others, Keeps::ALL), Err(Divergence::Entries { index: 0, .. })));
    assert!(matches!(compare(&others, without(Keeps::ALL)), Err(Divergence::Entries { .. })));
    compare(&others, without(Keeps::ALL).with(|keeps| keeps.prot = false)).unwrap();
    compare(&others, Keeps::BOUNDS).unwrap();
    assert!(matches!(compare(&rows, Keeps::ALL), Err(Divergence::Summary { .. })));
    assert!(matches!(compare(&[], Keeps::BOUNDS), Err(Divergence::Entries { .. })));
    compare(&[], Keeps::NOTHING).unwrap();
}
