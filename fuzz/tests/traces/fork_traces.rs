//! The golden traces with forks, and the rules of fork that they reach.

use std::collections::HashSet;

use crate::common::fork_traces;
use growstack_fuzz::oracle::{Branch, Oracle};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;

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
