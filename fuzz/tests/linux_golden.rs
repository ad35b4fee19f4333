//! What Linux 6.18.44 answered, replayed on the oracle of Linux.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use growstack_fuzz::linux::oracle::{Branch, LinuxOracle};
use growstack_fuzz::linux::replay::{LinuxMap, replay};
use growstack_fuzz::linux::trace::LinuxTrace;

fn traces() -> Vec<(PathBuf, LinuxTrace)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/linux-6.18");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let trace = LinuxTrace::parse(&fs::read(&path).unwrap());
        let trace = trace.unwrap_or_else(|error| panic!("{}:{error}", path.display()));
        (path, trace)
    };
    paths.into_iter().map(read).collect()
}

const ORACLE: LinuxMap<'static> =
    LinuxMap { name: "oracle", create: &|config| Box::new(LinuxOracle::new(*config)) };

#[test]
fn every_answer_and_every_list_agree() {
    let (mut operations, mut lists) = (0, 0);
    let mut failures = Vec::new();
    for (path, trace) in traces() {
        match replay(&trace, &ORACLE, &[]) {
            Ok(counts) => {
                assert_eq!(counts.passed, 0, "{}", path.display());
                operations += counts.operations;
                lists += counts.lists;
            }
            Err(failure) => failures.push(format!("{}: {failure}", path.display())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(operations >= 6000 && lists == operations, "{operations} operations, {lists} lists");
}

#[test]
fn traces_are_written_as_they_were_read() {
    for (path, trace) in traces() {
        assert_eq!(trace.to_string(), fs::read_to_string(&path).unwrap(), "{}", path.display());
    }
}

#[test]
fn branches() {
    let mut reached = vec![0_u64; Branch::COUNT];
    for (_, trace) in traces() {
        let mut map = LinuxOracle::new(trace.config);
        for step in &trace.steps {
            map.apply(&step.op);
            map.trail().iter().for_each(|&branch| reached[branch as usize] += 1);
        }
    }
    for branch in Branch::ALL {
        println!("{:>6} {} {}", reached[*branch as usize], branch.id(), branch.what());
    }
}
