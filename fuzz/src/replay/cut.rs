//! Cutting a trace down to what still fails.

use super::overlooked::without_overlooked;
use super::{Failure, MapFactory, TRACE, replay};
use crate::input::Input;
use crate::lockstep::quietly;
use crate::shrink;
use crate::trace::Trace;

/// A short trace that fails as `trace` does.
///
/// A failure against a recorded answer keeps every operation before it, because the answer is
/// only worth anything in its place. Where maps disagree among themselves the answers are left out,
/// and the operations are [shrunk](crate::shrink) by what they are near. A map that was too slow is not
/// tried again.
#[must_use]
pub fn cut(trace: &Trace, failure: &Failure, factories: &[MapFactory]) -> Trace {
    let mut start = trace.clone();
    start.steps.truncate(failure.index + 1);
    if failure.sides.0 == TRACE || failure.is_late() {
        return start;
    }
    let start = without_overlooked(&start).without_answers();
    let failing = |trace: &Trace| {
        replay(trace, factories).1.err().filter(|f| f.divergence.is_like(&failure.divergence))
    };
    let short = quietly(|| {
        let input = Input::of(start.config(), start.steps.iter().map(|step| *step.op()));
        shrink::input(input, |input| failing(&input.trace()).is_some()).trace()
    });
    match failing(&short) {
        Some(failure) => {
            let mut short = short;
            short.steps.truncate(failure.index + 1);
            short
        }
        // By what they are near, the operations are others: a large number of an object is lost.
        None => start,
    }
}
