//! One line for the whole night.

use super::{Night, Status, Step};

/// What a night comes out as; the numbers are exit codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Verdict {
    /// Everything that was planned ran, and all agreed.
    Clean = 0,
    /// Something was found.
    Found = 1,
    /// Something that should have run did not.
    Incomplete = 2,
}

impl Night {
    /// The verdict. A finding outweighs what could not run.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let any = |status| self.steps.iter().any(|step| step.status == status);
        if any(Status::Found) || !self.findings.is_empty() {
            Verdict::Found
        } else if any(Status::Failed) || self.names(Status::Clean).is_empty() {
            Verdict::Incomplete
        } else {
            Verdict::Clean
        }
    }

    /// The verdict in words, with everything that did not run.
    #[must_use]
    pub fn headline(&self) -> String {
        let clean = join(&self.names(Status::Clean));
        let mut words = match self.verdict() {
            Verdict::Clean if self.names(Status::NotRun).is_empty() => "Clean.".to_owned(),
            Verdict::Clean => format!("Clean: {clean} only."),
            Verdict::Found if self.names(Status::Found).is_empty() => "Found.".to_owned(),
            Verdict::Found => format!("Found by {}.", join(&self.names(Status::Found))),
            Verdict::Incomplete => "Incomplete.".to_owned(),
        };
        let failed = self.names(Status::Failed);
        if !failed.is_empty() {
            words += &format!(" Failed: {}.", failed.join(", "));
        }
        let rest: Vec<&Step> = self.of(Status::NotRun).collect();
        for same in rest.chunk_by(|one, next| one.detail == next.detail) {
            let names: Vec<&str> = same.iter().map(|step| step.step.as_str()).collect();
            words += &format!(" Not run: {} ({}).", names.join(", "), same[0].detail);
        }
        words
    }

    fn of(&self, status: Status) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.status == status)
    }

    /// The kinds of the steps that ended so: the words before a comma. A build that went well is
    /// no test.
    fn names(&self, status: Status) -> Vec<&str> {
        let mut names = Vec::new();
        for step in self.of(status) {
            let name = step.step.split(", ").next().unwrap_or_default();
            let tests = status != Status::Clean || name != "build";
            if tests && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

fn join(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
