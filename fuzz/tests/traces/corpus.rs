//! The committed inputs of the fuzz targets: they can be read, they show no fault, and between
//! them they reach every branch of the rules.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use growstack_fuzz::answer::Cause;
use growstack_fuzz::input::Input;
use growstack_fuzz::oracle::{Branch, Oracle};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::targets::{Session, Target, Verdict};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// Path and bytes of the inputs of `target`.
fn seeds(target: Target) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(corpus().join(target.name()))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 100, "{} inputs of {}", paths.len(), target.name());
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Runs all inputs of `target`.
fn run(target: Target) -> Session {
    let mut session = Session::default();
    for (path, bytes) in seeds(target) {
        match session.run(target, &bytes) {
            Ok(verdict) => assert_eq!(verdict, Verdict::Sound, "{}", path.display()),
            Err(finding) => panic!("{}: {finding}", path.display()),
        }
    }
    session
}

#[test]
fn every_input_of_operations_decodes() {
    for target in Target::ALL.into_iter().filter(|target| target.takes_operations()) {
        for (path, bytes) in seeds(target) {
            let input = Input::decode(&bytes);
            let input = input.unwrap_or_else(|| panic!("{}: another version", path.display()));
            assert!(!input.trace().steps.is_empty(), "{}: no operation", path.display());
        }
    }
}

#[test]
fn differential_and_growth_reach_every_branch() {
    let (whole, growth) = (run(Target::Differential), run(Target::Growth));
    let reached = |branch: Branch| {
        [&whole, &growth].iter().any(|session| session.statistics.counts.reached(branch) != 0)
    };
    let missing: Vec<String> = Branch::ALL
        .iter()
        .copied()
        .filter(|&branch| !reached(branch))
        .map(|branch| format!("{} {}", branch.id(), branch.what()))
        .collect();
    assert!(missing.is_empty(), "never reached:\n{}", missing.join("\n"));
}

/// Every refusal but the want of nodes, which the target `allocation` meets below.
const REFUSALS: [&str; 32] = [
    "AboveMaxAddr",
    "Avail",
    "ChargedObject",
    "ForkSwap",
    "GrowMemlock",
    "GrowSwap",
    "GrowVmem",
    "Hole",
    "MapEnd",
    "MaxProtection",
    "NeedWraps",
    "Neighbour",
    "NextBelowEnd",
    "NoAccess",
    "NoGap",
    "NoGrowthFlag",
    "NofaultObject",
    "NotSystemWired",
    "ObjectGrowth",
    "OutsideMap",
    "ProtectSwap",
    "StackLimit",
    "StackMapped",
    "StackMemlock",
    "StackNeighbour",
    "StackOutsideMap",
    "StackVmem",
    "StackWraps",
    "StartMapped",
    "StartUnmapped",
    "Swap",
    "UnwireHole",
];

#[test]
fn every_refusal_is_met() {
    let mut met = BTreeSet::new();
    for target in [Target::Differential, Target::Growth] {
        for (_, bytes) in seeds(target) {
            let input = Input::decode(&bytes).unwrap();
            let mut map = Oracle::create(&input.header.config);
            for step in input.trace().steps {
                if let Cause::Refused(refusal) = map.apply(step.op(), &mut Vec::new()).1 {
                    let name = format!("{refusal:?}");
                    met.insert(name.split([' ', '{']).next().unwrap().to_owned());
                }
            }
        }
    }
    let wanted: BTreeSet<String> = REFUSALS.iter().map(ToString::to_string).collect();
    assert_eq!(met, wanted);
}

#[test]
fn allocation_runs_out_of_nodes() {
    let session = run(Target::Allocation);
    assert!(session.statistics.shortages > 1000, "{}", session.statistics.shortages);
}

#[test]
fn index_and_trace_agree() {
    assert!(run(Target::Index).statistics.edits > 5000);
    assert!(run(Target::Concurrent).statistics.calls > 500);
    assert!(run(Target::Trace).statistics.traces_read > 50);
}

/// On the oracle alone, since this program is no child.
#[test]
fn linux_is_drawn_without_a_panic() {
    let mut session = Session::default();
    for (path, bytes) in seeds(Target::Linux) {
        match session.run(Target::Linux, &bytes) {
            Ok(verdict) => assert_ne!(verdict, Verdict::Unreadable, "{}", path.display()),
            Err(finding) => panic!("{}: {finding}", path.display()),
        }
        assert!(Target::Linux.describe(&bytes).contains("kernel=linux"), "{}", path.display());
    }
}
