//! Cutting a trace down to what still fails.

use super::{Contender, Failure, TRACE, replay};
use crate::trace::Trace;

/// Operations that one cut may carry out.
const EFFORT: usize = 300_000;

/// The shortest beginning of `trace` that fails as `failure` says, without the operations that
/// the failure can do without.
///
/// A failure against a recorded answer keeps every operation before it, because the answer is
/// only worth anything in its place. Where maps disagree among themselves the answers are left
/// out, and operations are dropped in ever smaller runs until none can go or the effort is spent.
/// A map that was too slow is not tried again.
#[must_use]
pub fn cut(trace: &Trace, failure: &Failure, contenders: &[Contender]) -> Trace {
    let mut start = trace.clone();
    start.steps.truncate(failure.index + 1);
    if failure.sides.0 == TRACE || failure.is_late() {
        return start;
    }
    let mut best = start.without_answers();
    let mut effort = EFFORT;
    let mut run = best.steps.len() / 2;
    while run != 0 {
        let before = best.steps.len();
        drop_runs(&mut best, run, &mut effort, contenders);
        if effort == 0 {
            break;
        }
        // A pass over single operations that helped is worth another one.
        if run > 1 || best.steps.len() == before {
            run /= 2;
        }
    }
    best
}

/// Tries once to do without each run of `length` operations, the last ones first, since nothing
/// depends on them.
fn drop_runs(best: &mut Trace, length: usize, effort: &mut usize, contenders: &[Contender]) {
    let mut end = best.steps.len();
    while end != 0 && *effort != 0 {
        let start = end.saturating_sub(length);
        let mut shorter = best.clone();
        shorter.steps.drain(start..end);
        let (counts, result) = replay(&shorter, contenders);
        *effort = effort.saturating_sub(counts.operations);
        if let Err(failure) = result {
            if failure.is_late() {
                *effort = 0;
                return;
            }
            shorter.steps.truncate(failure.index + 1);
            *best = shorter;
        }
        end = start.min(best.steps.len());
    }
}
