//! The golden traces with forks: what the oracle answers is what the real kernel answered.
#![allow(clippy::unwrap_used)]

mod common;

use common::fork_traces;
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::{MapFactory, replay};
use growstack_fuzz::trace::Trace;

#[test]
fn they_print_as_they_are() {
    for (path, bytes) in fork_traces() {
        let trace = Trace::parse(&bytes).unwrap_or_else(|e| panic!("{}:{e}", path.display()));
        assert_eq!(trace.to_string().as_bytes(), bytes, "{}", path.display());
    }
}

#[test]
fn the_oracle_agrees_with_every_answer() {
    let (mut operations, mut answers) = (0, 0);
    for (path, bytes) in fork_traces() {
        let trace = Trace::parse(&bytes).unwrap();
        let (counts, result) = replay(&trace, &[MapFactory::of::<Oracle>("oracle")]);
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
