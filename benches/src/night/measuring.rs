//! The steps that measure: planted faults, peers, latency, and the last good revision.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use super::child::Ended;
use super::compared::Comparison;
use super::options::Subset;
use super::planted::Faults;
use super::record::Status;
use super::work::{Outcome, Work, revision};

/// Programs that build for themselves may take so long beyond their share.
const BUILDING: Duration = Duration::from_secs(1800);
/// From this share on, everything is measured at every size, and at length.
const ALL_SIZES: Duration = Duration::from_secs(600);
/// The longest that one planted fault is hunted, in seconds.
const HUNT: u64 = 60;
/// From this share on, planted faults are hunted on all cores, each with a copy of its own to build.
const SEVERAL_COPIES: Duration = Duration::from_secs(600);

/// What a file of results has; nothing if it was not written.
fn results<T: DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    if !file.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).map(Some).with_context(|| file.display().to_string())
}

/// The file of results `name`, which is not there any more.
fn file(work: &Work<'_>, name: &str) -> Result<std::path::PathBuf> {
    let folder = work.state.path("results");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    if path.exists() {
        fs::remove_file(&path)?;
    }
    Ok(path)
}

/// How many planted faults there are.
pub(super) fn planted(root: &Path) -> usize {
    let patch = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|e| e == "patch");
    fs::read_dir(root.join("fuzz/faults")).map_or(0, |all| all.flatten().filter(patch).count())
}

/// Hunts some of the planted faults.
pub(super) fn faults(work: &mut Work<'_>, share: Duration, subset: Subset) -> Result<Outcome> {
    if !work.night.findings.is_empty() {
        return Ok(Outcome::left_out(
            "the engine has a fault already, which every hunt would find",
        ));
    }
    let json = file(work, "faults.json")?;
    let jobs = if share >= SEVERAL_COPIES { work.cores } else { 1 };
    let mut command = Command::new(work.script("planted-faults"));
    command.current_dir(&work.root);
    command.args(["--subset", &subset.to_string(), "--from", "seeds"]);
    command.args(["--budget", &HUNT.to_string(), "--jobs", &jobs.to_string()]);
    command.args(["--seed", &(work.night.seed % 1_000_000).max(1).to_string()]);
    command.arg("--scratch").arg(work.target.join("planted-faults")).arg("--json").arg(&json);
    let ended = work.run("planted faults", command, share * 3 + BUILDING)?;
    let faults: Option<Faults> = results(&json)?;
    let told = faults.as_ref().map(|f| format!("{} of {} found", f.found(), f.faults.len()));
    work.night.faults = faults;
    Ok(match (ended, told) {
        (Ended::Code(0), Some(said)) => Outcome { status: Status::Clean, said },
        (Ended::Code(1), Some(said)) => Outcome { status: Status::Found, said },
        (Ended::Stopped, _) => Outcome::stopped(),
        _ => Outcome::could_not_run(work.last_words("planted faults")),
    })
}

fn sizes(share: Duration) -> &'static str {
    if share >= ALL_SIZES { "16,256,4096,65536,1048576" } else { "4096,65536" }
}

/// Measures the engine beside its peers.
pub(super) fn speed(work: &mut Work<'_>, share: Duration) -> Result<Outcome> {
    let (json, memory) = (file(work, "speed.json")?, file(work, "memory.json")?);
    let mut command = Command::new(work.program("speed"));
    command.args(["--quick", "--sizes", sizes(share)]);
    command.arg("--json").arg(&json).arg("--memory-json").arg(&memory);
    command.arg("--plots").arg(work.state.path("results")).current_dir(&work.root);
    let ended = work.run("speed", command, share * 3 + BUILDING)?;
    work.night.speed = results(&json)?;
    work.night.memory = results(&memory)?.unwrap_or_default();
    Ok(match ended {
        Ended::Code(0) => {
            let verdict = work.last_words("speed");
            Outcome { status: Status::Clean, said: format!("requirements: {verdict}") }
        }
        Ended::Stopped => Outcome::stopped(),
        _ => Outcome::could_not_run(work.last_words("speed")),
    })
}

/// Measures the latency of single growths.
pub(super) fn latency(work: &mut Work<'_>, share: Duration) -> Result<Outcome> {
    let json = file(work, "latency.json")?;
    let mut command = Command::new(work.program("latency"));
    command.args(["--quick", "--sizes", sizes(share)]).arg("--json").arg(&json);
    command.arg("--plots").arg(work.state.path("results")).current_dir(&work.root);
    let ended = work.run("latency", command, share * 3 + BUILDING)?;
    work.night.latency = results(&json)?.unwrap_or_default();
    let lines = work.night.latency.len();
    Ok(match ended {
        Ended::Code(0) => Outcome { status: Status::Clean, said: format!("{lines} distributions") },
        Ended::Stopped => Outcome::stopped(),
        _ => Outcome::could_not_run(work.last_words("latency")),
    })
}

/// Compares the engine with itself as it was when a night was last clean.
pub(super) fn compare(work: &mut Work<'_>, share: Duration) -> Result<Outcome> {
    let Some(good) = work.state.good()? else {
        return Ok(Outcome::left_out("there is no clean night to compare with yet"));
    };
    let head = revision(&work.root);
    if head.is_empty() {
        return Ok(Outcome::could_not_run("there is no repository to take revisions from"));
    }
    if head == good {
        return Ok(Outcome::left_out("nothing was committed since the last clean night"));
    }
    let script = work.script("bench-compare");
    if !script.exists() {
        return Ok(Outcome::could_not_run("there is no scripts/bench-compare"));
    }
    let (json, markdown) = (file(work, "compare.json")?, file(work, "compare.md")?);
    let mut command = Command::new(script);
    command.current_dir(&work.root).args([good.as_str(), "HEAD"]).arg("--json").arg(&json);
    command.arg("--markdown").arg(&markdown);
    if share < ALL_SIZES {
        command.arg("--quick");
    }
    command.arg("--history").arg(work.state.path("bench-history.jsonl"));
    let ended = work.run("bench-compare", command, share * 3 + BUILDING)?;
    work.night.comparison = results::<Comparison>(&json)?;
    let verdict = work.night.comparison.as_ref().map(|c| c.verdict.clone());
    Ok(match (ended, verdict) {
        (Ended::Code(0), Some(said)) => Outcome { status: Status::Clean, said },
        (Ended::Code(1), Some(said)) => Outcome { status: Status::Found, said },
        (Ended::Stopped, _) => Outcome::stopped(),
        _ => Outcome::could_not_run(work.last_words("bench-compare")),
    })
}
