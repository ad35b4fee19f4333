//! What a night came to. It is written down after every step; the report is made from it alone.

use std::collections::BTreeMap;

use growstack_fuzz::evidence::Evidence;
use growstack_fuzz::tally::Tally;
use serde::{Deserialize, Serialize};

use super::compared::Comparison;
use super::planted::Faults;
use super::step::{Only, Step};
use crate::latency;
use crate::speed::Results;
use crate::speed::results::Memory;

/// A night.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Night {
    /// When it began, in UTC.
    pub started: String,
    /// When it came to its end; nothing before that.
    pub ended: Option<String>,
    /// The commit of the working tree, with `+changed` behind it if that is not as committed.
    pub revision: String,
    /// Processor and compiler.
    pub host: String,
    /// The seed of everything.
    pub seed: u64,
    /// How long it was to take, in seconds.
    pub budget: u64,
    /// The part of a night that it was.
    pub only: Option<Only>,
    /// Which of the planted faults were to be hunted.
    pub faults_asked: String,
    /// Were the fuzz targets built with AddressSanitizer?
    #[serde(default)]
    pub sanitizer: bool,
    /// Was it stopped before its end?
    pub interrupted: bool,
    /// The steps that it has, in their order.
    pub steps: Vec<Taken>,
    /// What random runs and fuzz targets did, by the id of the step.
    pub tallies: BTreeMap<String, Tally>,
    /// What became of each target's corpus.
    pub corpora: BTreeMap<String, Corpus>,
    /// What was found, each fault once.
    pub findings: Vec<Found>,
    /// Pairs of an operation and a branch that earlier nights reached, and this one did not.
    pub lost: Vec<[String; 2]>,
    /// The planted faults.
    pub faults: Option<Faults>,
    /// The engine beside its peers.
    pub speed: Option<Results>,
    /// What entries take.
    pub memory: Vec<Memory>,
    /// The latency of single growths.
    pub latency: Vec<latency::Told>,
    /// The engine beside itself as it was.
    pub comparison: Option<Comparison>,
}

/// A step of a night.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Taken {
    /// Which.
    pub id: String,
    /// For people.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// How long it took, in seconds, over all the tries of a night that was resumed.
    pub seconds: f64,
    /// What there is to say about it, in a line.
    pub said: String,
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has not ended: it was not begun, or it was stopped.
    Waiting,
    /// All is well.
    Clean,
    /// It found something, or something got slower.
    Found,
    /// Something that it needs is missing, or failed.
    CouldNotRun,
    /// There was nothing for it to do.
    LeftOut,
}

impl Status {
    /// In words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "not finished",
            Self::Clean => "clean",
            Self::Found => "found",
            Self::CouldNotRun => "could not run",
            Self::LeftOut => "left out",
        }
    }

    /// Is there nothing more to do?
    #[must_use]
    pub const fn is_done(self) -> bool {
        !matches!(self, Self::Waiting)
    }
}

/// What became of a corpus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Corpus {
    /// Inputs at the start of the night.
    pub before: usize,
    /// Inputs that the night added.
    pub added: usize,
    /// Inputs left when it was made small; as many as there were if it was not.
    pub after: usize,
    /// Was it made small?
    pub minimised: bool,
}

/// A fault that was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Found {
    /// What shows it.
    pub evidence: Evidence,
    /// Steps and targets that found it.
    pub by: Vec<String>,
    /// How many inputs showed it.
    pub times: usize,
    /// Did an earlier night find it as well?
    pub known: bool,
}

impl Night {
    /// Its steps, none of them taken.
    #[must_use]
    pub fn steps_of(steps: &[Step]) -> Vec<Taken> {
        let taken = |step: &Step| Taken {
            id: step.id(),
            name: step.to_string(),
            status: Status::Waiting,
            seconds: 0.0,
            said: String::new(),
        };
        steps.iter().map(taken).collect()
    }

    /// How a step ended.
    #[must_use]
    pub fn taken(&self, step: Step) -> Option<&Taken> {
        let id = step.id();
        self.steps.iter().find(|taken| taken.id == id)
    }

    /// Writes down how a step ended.
    pub fn take(&mut self, step: Step, status: Status, seconds: f64, said: String) {
        let id = step.id();
        if let Some(taken) = self.steps.iter_mut().find(|taken| taken.id == id) {
            taken.status = status;
            taken.seconds += seconds;
            taken.said = said;
        }
    }

    /// Did anything show a fault or get slower?
    #[must_use]
    pub fn has_found(&self) -> bool {
        !self.findings.is_empty() || self.steps.iter().any(|step| step.status == Status::Found)
    }

    /// Is there a step that could not run?
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.status, Status::CouldNotRun | Status::Waiting))
    }

    /// The exit status: what was found counts for more than what could not run.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match (self.has_found(), self.is_partial()) {
            (true, _) => 1,
            (false, true) => 2,
            (false, false) => 0,
        }
    }

    /// The sum of what the random runs and the targets did.
    #[must_use]
    pub fn all(&self) -> Tally {
        let mut sum = Tally::default();
        self.tallies.values().for_each(|tally| sum.add(tally));
        sum
    }

    /// How long it took, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.steps.iter().map(|step| step.seconds).sum()
    }

    /// Is its revision one to compare later ones with: was this a whole night, and clean?
    #[must_use]
    pub fn is_good(&self) -> bool {
        let fuzzed = |taken: &Taken| taken.id.starts_with("fuzz-");
        self.exit() == 0
            && self.only.is_none()
            && self.steps.iter().any(fuzzed)
            && !self.revision.ends_with("+changed")
            && !self.revision.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(statuses: &[Status]) -> Night {
        let mut steps = Night::steps_of(&[Step::Replay, Step::Speed, Step::Compare]);
        for (step, status) in steps.iter_mut().zip(statuses) {
            step.status = *status;
        }
        Night { steps, ..Night::default() }
    }

    #[test]
    fn a_finding_wins() {
        use Status::{Clean, CouldNotRun, Found, LeftOut, Waiting};
        assert_eq!(night(&[Clean, Clean, LeftOut]).exit(), 0);
        assert_eq!(night(&[Clean, CouldNotRun, Clean]).exit(), 2);
        assert_eq!(night(&[Found, CouldNotRun, Clean]).exit(), 1);
        assert_eq!(night(&[Clean, Clean, Waiting]).exit(), 2, "it did not come to its end");
    }

    #[test]
    fn times_of_tries_are_summed() {
        let mut night = night(&[]);
        night.take(Step::Speed, Status::Waiting, 2.0, "stopped".into());
        night.take(Step::Speed, Status::Clean, 3.0, "done".into());
        let taken = night.taken(Step::Speed).expect("it has the step");
        assert_eq!((taken.status, taken.said.as_str()), (Status::Clean, "done"));
        assert!((night.seconds() - 5.0).abs() < 1e-9);
    }

    #[test]
    fn only_a_whole_clean_night_is_good() {
        let mut night = night(&[Status::Clean, Status::Clean, Status::LeftOut]);
        night.revision = "abc".into();
        assert!(!night.is_good(), "nothing was fuzzed");
        let mut fuzz = Night::steps_of(&[Step::Fuzz(growstack_fuzz::targets::Target::Growth)]);
        fuzz[0].status = Status::Clean;
        night.steps.extend(fuzz);
        assert!(night.is_good());
        night.revision = "abc+changed".into();
        assert!(!night.is_good());
    }
}
