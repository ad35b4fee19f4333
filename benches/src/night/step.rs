//! The steps of a night, and which of them one has.

use std::fmt;
use std::time::Duration;

use clap::ValueEnum;
use growstack_fuzz::driver::WIDTHS;
use growstack_fuzz::targets::Target;
use serde::{Deserialize, Serialize};

use super::budget::SHORT;

/// A step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Corpora and what was found are brought back from the last night.
    Restore,
    /// Fuzz targets and measuring programs are built. The budget does not count it.
    Build,
    /// Every golden trace, regression and committed input is carried out.
    Replay,
    /// Random sequences, with index nodes of a width.
    Random(usize),
    /// A fuzz target, on all cores.
    Fuzz(Target),
    /// The corpora are made small.
    Minimise,
    /// What was found is made short, and what is the same is found once.
    Triage,
    /// Some of the planted faults are hunted.
    Faults,
    /// The engine beside its peers.
    Speed,
    /// The latency of single growths.
    Latency,
    /// The engine beside itself as it was when a night was last clean.
    Compare,
}

/// A part of the night.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// Random sequences, the fuzz targets, and the planted faults.
    Fuzz,
    /// Speed, latency, and the comparison with the last good revision.
    Bench,
    /// The golden traces, the regressions, and the committed inputs.
    Replay,
}

impl Step {
    /// Its name in records.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::Restore => "restore".to_owned(),
            Self::Build => "build".to_owned(),
            Self::Replay => "replay".to_owned(),
            Self::Random(width) => format!("random-{width}"),
            Self::Fuzz(target) => format!("fuzz-{}", target.name()),
            Self::Minimise => "minimise".to_owned(),
            Self::Triage => "triage".to_owned(),
            Self::Faults => "faults".to_owned(),
            Self::Speed => "speed".to_owned(),
            Self::Latency => "latency".to_owned(),
            Self::Compare => "compare".to_owned(),
        }
    }

    /// Does it matter to whether a revision is a good one to compare with?
    #[must_use]
    pub const fn is_fuzzing(self) -> bool {
        matches!(self, Self::Fuzz(_))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restore => f.pad("bring back corpora"),
            Self::Build => f.pad("build"),
            Self::Replay => f.pad("replay golden traces"),
            Self::Random(width) => f.pad(&format!("random, {width}-way nodes")),
            Self::Fuzz(target) => f.pad(&format!("fuzz {}", target.name())),
            Self::Minimise => f.pad("make corpora small"),
            Self::Triage => f.pad("sort findings"),
            Self::Faults => f.pad("planted faults"),
            Self::Speed => f.pad("speed beside peers"),
            Self::Latency => f.pad("latency of growths"),
            Self::Compare => f.pad("beside last good revision"),
        }
    }
}

/// The steps of a night with this budget, in their order.
#[must_use]
pub fn plan(budget: Duration, only: Option<Only>, faults: bool) -> Vec<Step> {
    let random = WIDTHS.map(Step::Random);
    let mut steps = Vec::new();
    match only {
        Some(Only::Replay) => steps.extend([Step::Restore, Step::Replay, Step::Triage]),
        None if budget < SHORT => {
            steps.push(Step::Replay);
            steps.extend(random);
            steps.push(Step::Triage);
        }
        None | Some(Only::Fuzz) => {
            steps.extend([Step::Restore, Step::Build]);
            if only.is_none() {
                steps.push(Step::Replay);
            }
            steps.extend(random);
            steps.extend(Target::ALL.map(Step::Fuzz));
            steps.extend([Step::Minimise, Step::Triage]);
            if faults {
                steps.push(Step::Faults);
            }
            if only.is_none() {
                steps.extend([Step::Speed, Step::Latency, Step::Compare]);
            }
        }
        Some(Only::Bench) => {
            steps.extend([Step::Build, Step::Speed, Step::Latency, Step::Compare]);
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn a_night_has_every_step_once() {
        let steps = plan(LONG, None, true);
        let mut ids: Vec<String> = steps.iter().map(|step| step.id()).collect();
        assert_eq!(ids.len(), 17);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), steps.len());
    }

    #[test]
    fn what_finds_goes_before_what_sorts() {
        for only in [None, Some(Only::Fuzz), Some(Only::Replay)] {
            let steps = plan(LONG, only, true);
            let at = steps.iter().position(|step| *step == Step::Triage).expect("it sorts");
            let finds =
                |step: &Step| matches!(step, Step::Replay | Step::Random(_) | Step::Fuzz(_));
            assert!(!steps[at..].iter().any(finds), "{only:?}");
        }
    }

    #[test]
    fn a_short_night_builds_nothing() {
        let steps = plan(Duration::from_secs(119), None, true);
        assert!(!steps.contains(&Step::Build));
        // But what is asked for by name runs.
        assert!(plan(Duration::from_secs(60), Some(Only::Fuzz), true).contains(&Step::Build));
    }

    #[test]
    fn faults_can_be_left_out() {
        assert!(!plan(LONG, None, false).contains(&Step::Faults));
    }
}
