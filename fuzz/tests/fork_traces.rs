//! The golden traces with forks: what both maps answer is what the real kernel answered.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;

use common::fork_traces;
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::input::Input;
use growstack_fuzz::op::Op;
use growstack_fuzz::oracle::{Branch, Oracle};
use growstack_fuzz::replay::{MapFactory, replay};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;

#[test]
fn they_print_as_they_are() {
    for (path, bytes) in fork_traces() {
        let trace = Trace::parse(&bytes).unwrap_or_else(|e| panic!("{}:{e}", path.display()));
        assert_eq!(trace.to_string().as_bytes(), bytes, "{}", path.display());
    }
}

#[test]
fn both_maps_agree_with_every_answer() {
    let maps = [
        MapFactory::of::<Oracle>("oracle"),
        MapFactory::of::<EngineSpace<16>>("engine"),
        MapFactory::of::<EngineSpace<4>>("engine-4"),
    ];
    let (mut operations, mut answers) = (0, 0);
    for (path, bytes) in fork_traces() {
        let trace = Trace::parse(&bytes).unwrap();
        let (counts, result) = replay(&trace, &maps);
        if let Err(failure) = result {
            let line = trace.steps[failure.index].line().unwrap();
            panic!("{}:{line}: {:?}", path.display(), failure.divergence);
        }
        assert_eq!((counts.passed, counts.ended), (0, None), "{}", path.display());
        operations += counts.operations;
        answers += counts.answers;
    }
    assert_eq!((operations, answers), (18_702, 14_925));
}

#[test]
fn they_reach_every_branch_of_fork() {
    let mut reached = HashSet::new();
    for (_, bytes) in fork_traces() {
        let trace = Trace::parse(&bytes).unwrap();
        let mut map = Oracle::create(trace.config());
        for step in &trace.steps {
            map.apply(step.op(), &mut Vec::new());
            reached.extend(map.trail().iter().copied());
        }
    }
    let fork = Branch::ALL.iter().filter(|branch| branch.id().starts_with("17."));
    let missed: Vec<&str> = fork.filter(|b| !reached.contains(b)).map(|b| b.id()).collect();
    assert_eq!(missed, [""; 0]);
}

/// Inputs made of them are the same operations.
#[test]
fn they_are_inputs() {
    for (path, bytes) in fork_traces() {
        let trace = Trace::parse(&bytes).unwrap();
        let ops: Vec<Op> = trace.steps.iter().map(|step| *step.op()).collect();
        let input = Input::of(trace.config(), ops.iter().copied());
        let input = Input::decode(&input.encode()).unwrap();
        let again: Vec<Op> = input.trace().steps.iter().map(|step| *step.op()).collect();
        assert_eq!(again, ops, "{}", path.display());
    }
}
