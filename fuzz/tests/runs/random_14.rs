//! Seeded random sequences of FreeBSD 14.2 on its oracle.

use crate::common::call;
use crate::common::liar::{HONEST, Lie};
use growstack::{EntryFlags, KernReturn};
use growstack_fuzz::answer::Answer;
use growstack_fuzz::cli::{Exit, maps};
use growstack_fuzz::driver::Settings;
use growstack_fuzz::engine::{EngineSpace, EngineSpace14};
use growstack_fuzz::freebsd14::{run, sequence};
use growstack_fuzz::kernel::{Family, Kernel};
use growstack_fuzz::op::{Kind, Op};
use growstack_fuzz::oracle::freebsd14::Oracle14;
use growstack_fuzz::replay::{MapFactory, ORACLES};
use growstack_fuzz::trace::{Step, Trace};

fn settings(sequences: u64) -> Settings {
    Settings { seed: 1, sequences: Some(sequences), ..Settings::default() }
}

#[test]
fn the_oracle_keeps_its_rules_and_reaches_all_of_them() {
    let outcome = run(&settings(2000), MapFactory::of::<Oracle14>("itself"));
    assert!(outcome.failure.is_none(), "{}", outcome.failure.unwrap());
    assert!(outcome.counts.operations > 200_000, "{}", outcome.counts.operations);
    let missed = outcome.counts.missed().map(|branch| format!("{} {}", branch.id(), branch.what()));
    let missed: Vec<String> = missed.collect();
    assert!(missed.is_empty(), "not reached:\n{}", missed.join("\n"));
}

/// By the rules of 9.3 it would diverge.
#[test]
fn a_map_of_14_is_checked_by_its_own_rules() {
    growstack_fuzz::check::<EngineSpace14>();
}

#[test]
fn a_sequence_is_the_same_on_every_run_and_its_trace_can_be_read() {
    let mut seen = Vec::new();
    for number in 0..50 {
        let (config, ops) = sequence(7, number);
        assert_eq!(sequence(7, number).1, ops);
        let mut trace = Trace::new(config);
        trace.steps.extend(ops.iter().copied().map(Step::new));
        assert_eq!(trace.config().kernel(), Kernel::Freebsd14);
        let again = Trace::parse(trace.to_string().as_bytes()).unwrap();
        assert_eq!(again.config(), trace.config());
        assert!(again.steps.iter().map(Step::op).eq(&ops));
        seen.extend(ops.iter().map(Kind::of));
    }
    for &kind in Kind::ALL.iter().filter(|kind| !matches!(kind, Kind::Dump | Kind::SetGuardPage)) {
        assert!(seen.contains(&kind), "{}", kind.name());
    }
}

/// Faults of a map that is else the oracle, each where 14.2 is not as 9.3.
const FAULTS: [(&str, Lie); 3] = [
    (
        "guard bytes forgotten",
        Lie {
            rows: |_, rows| {
                for row in rows.iter_mut().filter(|row| row.flags.intersects(EntryFlags::STACK_GAP))
                {
                    row.avail = growstack::Size::ZERO;
                }
            },
            ..HONEST
        },
    ),
    (
        "no failure where nothing is mapped",
        Lie {
            answer: |_, said, _| {
                if said.0 == Answer::Code(KernReturn::Failure) {
                    said.0 = Answer::Code(KernReturn::Success);
                }
            },
            ..HONEST
        },
    ),
    (
        "remap ignored",
        Lie {
            ask: |op| match op {
                Op::Find { start, length, max_addr, space, mut mapping } => {
                    mapping.flags = mapping.flags.difference(growstack::MapFlags::REMAP);
                    Op::Find { start, length, max_addr, space, mapping }
                }
                op => op,
            },
            ..HONEST
        },
    ),
];

#[test]
fn what_is_wrong_is_found_and_made_short() {
    for (name, lie) in FAULTS {
        let outcome = run(&settings(100), lie.on::<Oracle14>(name));
        let failure = outcome.failure.unwrap_or_else(|| panic!("{name}: not found"));
        assert!(failure.trace.steps.len() <= 4, "{name}:\n{}", failure.trace);
        assert!(failure.to_string().contains(name), "{failure}");
    }
}

#[test]
fn the_command_needs_a_map_of_that_kernel() {
    let words = ["random", "--kernel", "freebsd-14", "--sequences", "5", "--seed", "3"];
    let (exit, _, err) = call(&words, &[ORACLES]);
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("there is no map of freebsd-14 but its oracle"), "{err}");
    let of_9 = [MapFactory::of::<EngineSpace>("mine")];
    let (exit, _, err) = call(&[&words[..], &["--map", "mine"]].concat(), &of_9);
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("no map of freebsd-14 is called `mine`"), "{err}");
    for map in ["engine", "engine-4", "oracle"] {
        let (exit, out, err) = call(&[&words[..], &["--map", map]].concat(), &maps());
        assert_eq!(exit, Exit::Agreed, "{err}");
        assert!(out.contains("sequences 5, operations "), "{out}");
    }
    let mine = MapFactory::of::<Oracle14>("mine");
    let words = [&words[..], &["--threads", "2"]].concat();
    let (exit, out, err) = call(&words, &[mine]);
    assert_eq!(exit, Exit::Agreed, "{err}");
    assert!(out.starts_with("seed 3, map mine, 2 threads, freebsd-14\n"), "{out}");
}

#[test]
fn threads_and_totals_are_as_those_of_9() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("tally.json");
    let words = ["random", "--kernel", "freebsd-14", "--sequences", "20", "--seed", "3", "--map"];
    let words = [&words[..], &["oracle", "--threads", "2", "--json", json.to_str().unwrap()]];
    let (exit, out, err) = call(&words.concat(), &maps());
    assert_eq!(exit, Exit::Agreed, "{err}");
    let text = std::fs::read_to_string(&json).unwrap();
    let tally: growstack_fuzz::tally::Tally = serde_json::from_str(&text).unwrap();
    assert_eq!(tally.kernel, Family::FreeBsd(Kernel::Freebsd14));
    assert!(out.contains(&format!("sequences 20, operations {}, ", tally.operations)), "{out}");
    assert!(tally.reached["grow"].contains_key("D13.1a"), "{:?}", tally.reached["grow"]);
    for (name, [done, refused]) in &tally.ended {
        assert!(out.contains(&format!("\n{name:<24} {done:>12} {refused:>12}\n")), "{name}");
    }
    // Which one fails first does not depend on the threads.
    let (_, lie) = FAULTS[0];
    let found = [1, 2].map(|threads| {
        let threads = std::num::NonZero::new(threads).unwrap();
        run(&Settings { threads, ..settings(100) }, lie.on::<Oracle14>("wrong")).failure.unwrap()
    });
    assert_eq!(found[0].sequence, found[1].sequence);
    assert!(found[0].to_string().contains("--kernel freebsd-14 --seed 1 --first"), "{}", found[0]);
}
