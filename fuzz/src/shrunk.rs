//! A divergence, shrunk.

use std::fmt::Write as _;

use crate::compare::Divergence;
use crate::input::Input;
use crate::lockstep::{Failed, ORACLE};
use crate::replay::{self, MapFactory, ORACLES, replay};
use crate::report::Report;
use crate::shrink;
use crate::trace::Trace;

/// A divergence of one map from the oracle, shrunk.
pub(crate) struct Shrunk {
    /// The operations of the shortest input that shows it, with plain numbers.
    pub(crate) trace: Trace,
    divergence: Divergence,
    /// What replay shows of the trace; `None` if the trace alone does not show it.
    pub(crate) replayed: Option<Box<replay::Failure>>,
    /// Did the same operations fail the second time?
    came_back: bool,
}

impl Shrunk {
    /// Shrinks an input of `tested` that failed; `again` runs one. The shortest that shows it, and that
    /// as a trace.
    pub(crate) fn of(
        input: Input,
        failed: Failed,
        tested: MapFactory,
        again: &mut dyn FnMut(&Input) -> Option<Box<Failed>>,
    ) -> (Input, Self) {
        // A map that was too slow costs that time at each try.
        let late = matches!(failed.divergence, Divergence::Late { .. });
        let first = failed.divergence.clone();
        let mut again =
            |input: &Input| again(input).filter(|failed| failed.divergence.is_like(&first));
        let mut came_back = !late;
        let (input, failed) = if late {
            (input, failed)
        } else {
            // With all that ran as operations, a search that was only a probe among them.
            let mut explicit = Input::of(&failed.config, failed.ops.iter().copied());
            explicit.header.narrow = input.header.narrow;
            let start = if again(&explicit).is_some() { explicit } else { input };
            let start = shrink::large(start, |input| again(input).is_some());
            let short = shrink::input(start, |input| again(input).is_some());
            let again = again(&short);
            came_back = again.is_some();
            (short, again.map_or(failed, |failed| *failed))
        };
        let trace = failed.trace();
        let replayed = if late { None } else { replay(&trace, &[ORACLES, tested]).1.err() };
        (input, Self { trace, divergence: failed.divergence, replayed, came_back })
    }

    /// What differs.
    pub(crate) fn divergence(&self) -> &Divergence {
        self.replayed.as_ref().map_or(&self.divergence, |failure| &failure.divergence)
    }

    /// The report for a reader.
    pub(crate) fn report(&self, origin: &str, tested: &str) -> String {
        let trace = &self.trace;
        if let Some(failure) = &self.replayed {
            return Report { origin, trace, failure, cut: trace }.to_string();
        }
        let mut report = format!("{origin}: {}\n", self.divergence.between(ORACLE, tested));
        if !self.came_back {
            report.push_str(
                "  it did not happen again: the same operations passed the second time\n",
            );
        }
        report.push_str("  its operations:\n");
        trace.to_string().lines().for_each(|line| _ = writeln!(report, "    {line}"));
        report
    }

    #[cfg(feature = "pictures")]
    pub(crate) fn picture(&self) -> String {
        let report = |failure| Report { origin: "", trace: &self.trace, failure, cut: &self.trace };
        self.replayed.as_ref().map_or_else(String::new, |failure| report(failure).picture())
    }
}
