//! Sorting what was found: each fault once, by the shortest trace that shows it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use growstack_fuzz::evidence::Evidence;
use growstack_fuzz::targets::Target;

use super::child::{Child, Ended, tail};
use super::record::{Found, Status};
use super::work::{Outcome, Work};

/// To make one input short takes no longer than this.
const ONE: Duration = Duration::from_secs(90);
/// To sort may always take so long.
const FLOOR: Duration = Duration::from_secs(60);
/// The same in a night that was stopped, whose person waits.
const HURRIED: Duration = Duration::from_secs(20);

/// What leaves traces, and no inputs of a target.
const RUNS: &str = "replay and random sequences";

/// Something that showed a fault.
#[derive(Clone, Debug)]
struct Suspect {
    path: PathBuf,
    /// The target whose input it is; else it is a trace.
    target: Option<Target>,
    /// An earlier night left it.
    known: bool,
}

/// What became of one.
enum Judged {
    Shown(Box<Evidence>),
    /// It shows nothing.
    Passed,
    /// There was no time.
    Unsorted,
}

/// Makes everything in the folder for crashes short, and keeps each fault once.
pub(super) fn triage(work: &mut Work<'_>, share: Duration) -> Result<Outcome> {
    let limit = if work.stop.asked() { HURRIED } else { share.max(FLOOR) };
    let started = Instant::now();
    let (mut gone, mut unsorted) = (0, 0);
    // A night that goes on has sorted before. What still has its file is sorted again.
    work.night.findings.retain(|found| found.evidence.test.is_empty());
    let mut texts = HashSet::new();
    for suspect in suspects(work)? {
        let path = suspect.path.clone();
        // Many inputs come down to one short trace.
        if suspect.target.is_none() && !texts.insert(fs::read(&path)?) {
            remove(&path)?;
            continue;
        }
        let left = limit.saturating_sub(started.elapsed());
        match judge(work, &suspect, left.min(ONE))? {
            Judged::Shown(evidence) => {
                let by = suspect.target.map_or(RUNS, Target::name);
                keep(&mut work.night.findings, *evidence, by, suspect.known);
            }
            Judged::Passed => {
                gone += 1;
                remove(&path)?;
            }
            Judged::Unsorted => unsorted += 1,
        }
    }
    let found = work.night.findings.len();
    let mut said = format!("{found} different");
    if gone > 0 {
        said += &format!(", {gone} of earlier nights no longer show");
    }
    if unsorted > 0 {
        said += &format!(", {unsorted} not looked at for want of time, kept");
    }
    let status = if found + unsorted > 0 { Status::Found } else { Status::Clean };
    Ok(Outcome { status, said })
}

/// Adds `evidence`; of those of one fault the one with the fewest operations stays.
pub fn keep(findings: &mut Vec<Found>, evidence: Evidence, by: &str, known: bool) {
    let key = |e: &Evidence| (e.operation.clone(), e.class.clone());
    let length = |e: &Evidence| (e.operations.is_none(), e.operations, e.report.len());
    match findings.iter_mut().find(|found| key(&found.evidence) == key(&evidence)) {
        Some(found) => {
            found.times += 1;
            found.known |= known;
            if !found.by.iter().any(|name| name == by) {
                found.by.push(by.to_owned());
            }
            if length(&evidence) < length(&found.evidence) {
                found.evidence = evidence;
            }
        }
        None => findings.push(Found { evidence, by: vec![by.to_owned()], times: 1, known }),
    }
}

/// Adds what can be told by words alone, such as that something hangs.
pub(super) fn keep_words(findings: &mut Vec<Found>, by: &str, class: &str, words: &str) {
    let name: String =
        by.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let evidence = Evidence {
        name,
        operation: by.to_owned(),
        class: class.to_owned(),
        what: class.to_owned(),
        operations: None,
        report: words.to_owned(),
        trace: None,
        input: None,
        test: String::new(),
        maps: Vec::new(),
    };
    keep(findings, evidence, by, false);
}

/// How many inputs of a folder showed a fault.
#[must_use]
pub fn count(folder: &Path) -> usize {
    let shows = |entry: &fs::DirEntry| is_fault(&entry.file_name().to_string_lossy());
    fs::read_dir(folder).map_or(0, |all| all.flatten().filter(shows).count())
}

/// Is what libFuzzer keeps by this name a fault? What was slow is not.
fn is_fault(name: &str) -> bool {
    !name.starts_with("slow-unit")
}

/// All inputs and traces, the small ones first: they are soon made short, and are most likely to be
/// what stays.
fn suspects(work: &Work<'_>) -> Result<Vec<Suspect>> {
    let began = humantime::parse_rfc3339_weak(&work.night.started).unwrap_or(SystemTime::now());
    let folders = Target::ALL.map(|target| (work.state.crashes(target), Some(target)));
    let traces = (work.state.path("crashes"), None);
    let mut all = Vec::new();
    for (folder, target) in folders.into_iter().chain([traces]) {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let wanted = match target {
                Some(_) => is_fault(&name),
                None => name.ends_with(".trace"),
            };
            let file = fs::metadata(&path).with_context(|| path.display().to_string())?;
            if wanted && file.is_file() {
                let known = file.modified().is_ok_and(|modified| modified < began);
                all.push((file.len(), Suspect { path, target, known }));
            }
        }
    }
    all.sort_by(|(one, first), (other, second)| {
        one.cmp(other).then_with(|| first.path.cmp(&second.path))
    });
    Ok(all.into_iter().map(|(_, suspect)| suspect).collect())
}

fn judge(work: &mut Work<'_>, suspect: &Suspect, limit: Duration) -> Result<Judged> {
    if limit.is_zero() || work.stop.asked_twice() {
        return Ok(Judged::Unsorted);
    }
    let name = suspect.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let json = work.state.path("evidence.json");
    if json.exists() {
        fs::remove_file(&json)?;
    }
    let mut command = work.growstack();
    command.arg("minimize").arg(&suspect.path).arg("--json").arg(&json);
    if let Some(target) = suspect.target {
        command.args(["--target", target.name()]);
    }
    let mut child = Child::start(command, &work.state.log("minimize"))?;
    let mut tick = || work.progress.tick("sort findings", &name);
    let ended = child.wait(limit, &|| work.stop.asked_twice(), &mut tick)?;
    let by = suspect.target.map_or(RUNS, Target::name);
    match ended {
        Ended::Code(1) if json.exists() => {
            let text = fs::read_to_string(&json)?;
            let evidence = serde_json::from_str(&text).context("what minimize wrote")?;
            Ok(Judged::Shown(Box::new(evidence)))
        }
        // With the checks of a build for fuzzing it failed; without them it does not.
        Ended::Code(0) if !suspect.known => {
            let words = told(work, &name).unwrap_or_default();
            keep_words(&mut work.night.findings, by, "only in a build for fuzzing", &words);
            Ok(Judged::Passed)
        }
        Ended::Code(0) => Ok(Judged::Passed),
        Ended::Late if name.starts_with("timeout-") => {
            let words = format!("{name} takes too long, and is kept with the state");
            keep_words(&mut work.night.findings, by, "it hangs", &words);
            Ok(Judged::Unsorted)
        }
        Ended::Late | Ended::Stopped => Ok(Judged::Unsorted),
        Ended::Code(_) | Ended::Signal(_) => {
            let words = format!("{name}: {ended:?}\n{}", child.tail());
            keep_words(&mut work.night.findings, by, "it cannot be made short", &words);
            Ok(Judged::Unsorted)
        }
    }
}

/// What the process that wrote the input `name` said of it.
fn told(work: &Work<'_>, name: &str) -> Option<String> {
    let logs = fs::read_dir(work.state.path("logs")).ok()?;
    let texts = logs.flatten().map(|log| tail(&log.path()));
    texts.into_iter().find(|text| text.contains(name))
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn evidence(operation: &str, class: &str, operations: Option<usize>) -> Evidence {
        Evidence {
            name: format!("{operation}_{operations:?}"),
            operation: operation.to_owned(),
            class: class.to_owned(),
            what: String::new(),
            operations,
            report: "a report".to_owned(),
            trace: operations.map(|_| "a trace".to_owned()),
            input: None,
            test: String::new(),
            maps: Vec::new(),
        }
    }

    #[test]
    fn one_fault_is_kept_once_by_its_shortest_trace() {
        let mut findings = Vec::new();
        keep(&mut findings, evidence("grow", "entries: avail", Some(5)), "growth", false);
        keep(&mut findings, evidence("grow", "entries: avail", None), "allocation", false);
        keep(&mut findings, evidence("grow", "entries: avail", Some(2)), "growth", true);
        keep(&mut findings, evidence("grow", "entries: avail", Some(4)), "trace", false);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].evidence.operations, Some(2));
        assert_eq!((findings[0].times, findings[0].known), (4, true));
        assert_eq!(findings[0].by, ["growth", "allocation", "trace"]);
    }

    #[test]
    fn another_operation_or_difference_is_another_fault() {
        let mut findings = Vec::new();
        for (operation, class) in
            [("grow", "entries: avail"), ("grow", "changes"), ("stack", "changes")]
        {
            keep(&mut findings, evidence(operation, class, Some(1)), "growth", false);
        }
        assert_eq!(findings.len(), 3);
    }

    #[test]
    fn what_has_no_trace_is_told_by_words() {
        let mut findings = Vec::new();
        keep_words(&mut findings, "random-16", "it hangs", "seed 1");
        assert_eq!(findings[0].evidence.name, "random_16");
        assert_eq!(findings[0].evidence.report, "seed 1");
    }
}
