//! Maps that have no fork, and traces that have some.

use crate::answer::Answer;
use crate::op::Op;
use crate::replay::MapFactory;
use crate::trace::Trace;

/// Those of `maps` that `trace` can be compared on: where it forks, the ones that have fork. All of
/// them, if none has.
pub(super) fn able(trace: &Trace, maps: &[MapFactory]) -> Vec<MapFactory> {
    if !trace.steps.iter().any(|step| *step.op() == Op::Fork) {
        return maps.to_vec();
    }
    let forks = |map: &&MapFactory| {
        let (answer, _) = (map.create)(trace.config()).apply(&Op::Fork, &mut Vec::new());
        answer != Answer::Unsupported
    };
    let able: Vec<MapFactory> = maps.iter().filter(forks).copied().collect();
    if able.is_empty() { maps.to_vec() } else { able }
}
