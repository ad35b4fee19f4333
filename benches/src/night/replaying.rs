//! Replaying what is known: golden traces, regressions, committed inputs.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use growstack_fuzz::targets::Target;

use super::child::{Ended, tail};
use super::record::Status;
use super::work::{Outcome, Work};

/// An engine that has not answered after so long is wrong: everything takes seconds.
const LIMIT: Duration = Duration::from_secs(300);

/// The folders of traces below `corpus/`.
const TRACES: [&str; 2] = ["freebsd-9.3", "regressions"];

/// Replays everything committed. The traces come first and are waited for on their own: where the
/// engine is wrong, every one of the inputs is made short, which takes its time.
pub(super) fn replay(work: &mut Work<'_>) -> Result<Outcome> {
    let cuts = work.state.path("crashes");
    std::fs::create_dir_all(&cuts)?;
    let corpus = work.root.join("corpus");
    let existing = |names: &[&str]| {
        let paths = names.iter().map(|name| corpus.join(name));
        paths.filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    let inputs = Target::ALL.map(Target::name);
    let (mut status, mut said) = (Status::Clean, Vec::new());
    for (name, folders) in
        [("replay traces", existing(&TRACES)), ("replay inputs", existing(&inputs))]
    {
        if status != Status::Clean || folders.is_empty() {
            continue;
        }
        let mut command: Command = work.growstack();
        command.arg("replay").arg("--cut").arg(&cuts).args(folders);
        status = match work.run(name, command, LIMIT)? {
            Ended::Code(0) => Status::Clean,
            Ended::Code(1) => Status::Found,
            Ended::Stopped => return Ok(Outcome::stopped()),
            Ended::Late => {
                said.push("it hangs".to_owned());
                Status::Found
            }
            Ended::Code(_) | Ended::Signal(_) => Status::CouldNotRun,
        };
        let text = tail(&work.state.log(name));
        let sums = text.lines().filter(|l| l.starts_with("traces ") || l.starts_with("inputs "));
        let sums: Vec<&str> = sums.filter(|line| !line.starts_with("traces 0,")).collect();
        said.extend(sums.into_iter().map(str::to_owned));
        if status == Status::CouldNotRun {
            said.push(work.last_words(name));
        }
    }
    Ok(Outcome { status, said: said.join("; ") })
}
