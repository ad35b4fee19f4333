//! The committed inputs of the fuzz targets: they can be read, they show no fault, and between
//! them they reach every branch of the rules of both kernels.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use growstack_fuzz::answer::Cause;
use growstack_fuzz::driver::Counts;
use growstack_fuzz::input::Input;
use growstack_fuzz::kernel::Kernel;
use growstack_fuzz::oracle::freebsd14::Oracle14;
use growstack_fuzz::oracle::{Oracle, RuleBranch};
use growstack_fuzz::replay::MapFactory;
use growstack_fuzz::targets::{Session, Statistics, Target, Verdict};
use growstack_fuzz::trace::Trace;

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
    let each = [&whole.statistics, &growth.statistics];
    let mut missing = missed(each.map(|statistics| &statistics.counts));
    missing.extend(missed(each.map(|statistics| &statistics.counts_14)));
    assert!(missing.is_empty(), "never reached:\n{}", missing.join("\n"));
}

/// The branches that nothing reached.
fn missed<B: RuleBranch>(each: [&Counts<B>; 2]) -> Vec<String> {
    let missed = B::ALL.iter().filter(|branch| each.iter().all(|c| c.reached(**branch) == 0));
    missed.map(|branch| format!("{} {}", branch.id(), branch.what())).collect()
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

/// The same of FreeBSD 14.2.
const REFUSALS_14: [&str; 36] = [
    "AboveMaxAddr",
    "ForkSwap",
    "GapShort",
    "GrowMemlock",
    "GrowSwap",
    "GrowVmem",
    "GuardAllows",
    "Hole",
    "MaxProtection",
    "NeedWraps",
    "NextBelowEnd",
    "NoAccess",
    "NoGap",
    "NoGrowthFlag",
    "NofaultObject",
    "NotInGap",
    "NotSystemWired",
    "ObjectGrowth",
    "OrphanGap",
    "OutOfBounds",
    "OutsideMap",
    "ProtAboveMax",
    "ProtectSwap",
    "StackBothWays",
    "StackGuard",
    "StackLimit",
    "StackMapped",
    "StackNeighbour",
    "StackObject",
    "StackRange",
    "StackVmem",
    "StackWireFuture",
    "StartMapped",
    "StartUnmapped",
    "Swap",
    "UnwireHole",
];

#[test]
fn every_refusal_is_met() {
    for (factory, kernel, refusals) in [
        (MapFactory::of::<Oracle>("oracle"), Kernel::Freebsd9, &REFUSALS[..]),
        (MapFactory::of::<Oracle14>("oracle"), Kernel::Freebsd14, &REFUSALS_14[..]),
    ] {
        let wanted: BTreeSet<String> = refusals.iter().map(ToString::to_string).collect();
        assert_eq!(refusals_met(factory, kernel), wanted, "{kernel}");
    }
}

/// The names of the refusals that inputs for a kernel meet.
fn refusals_met(oracle: MapFactory, kernel: Kernel) -> BTreeSet<String> {
    let mut met = BTreeSet::new();
    for target in [Target::Differential, Target::Growth] {
        for (_, bytes) in seeds(target) {
            let input = Input::decode(&bytes).unwrap();
            if input.header.kernel() != kernel {
                continue;
            }
            let mut map = (oracle.create)(&input.header.config);
            for step in input.trace().steps {
                if let Cause::Refused(refusal) = map.apply(step.op(), &mut Vec::new()).1 {
                    let name = format!("{refusal:?}");
                    met.insert(name.split([' ', '{']).next().unwrap().to_owned());
                }
            }
        }
    }
    met
}

#[test]
fn allocation_runs_out_of_nodes() {
    let session = run(Target::Allocation);
    let Statistics { counts, counts_14, shortages, .. } = &session.statistics;
    assert!(*shortages > 1200, "{shortages}");
    assert!(counts.sequences > 300 && counts_14.sequences > 100, "inputs for each kernel");
}

#[test]
fn index_and_trace_agree() {
    assert!(run(Target::Index).statistics.edits > 5000);
    assert!(run(Target::Concurrent).statistics.calls > 500);
    assert!(run(Target::Trace).statistics.traces_read > 80);
    let of_14 = |(_, text): &(PathBuf, Vec<u8>)| {
        Trace::parse(text).is_ok_and(|trace| trace.config().kernel() == Kernel::Freebsd14)
    };
    assert!(seeds(Target::Trace).iter().filter(|&seed| of_14(seed)).count() > 20);
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
