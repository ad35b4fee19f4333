//! Fuzz targets and random sequences, on all cores.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use growstack_fuzz::tally::Tally;
use growstack_fuzz::targets::Target;

use super::child::{Child, Ended};
use super::corpus::count;
use super::record::Status;
use super::step::Step;
use super::triage;
use super::work::{Outcome, Work};

/// Between two looks at the processes.
const PAUSE: Duration = Duration::from_millis(250);
/// With less time than this no process is started again.
const WORTH_A_START: Duration = Duration::from_secs(5);
/// A process that found something is started again so many times, with other seeds.
const STARTS: usize = 3;
/// The longest that a single input may take, in seconds.
const TIMEOUT: u32 = 20;
/// What a process may take beyond its time, to make what it found short and to tell it.
const TELLING: Duration = Duration::from_secs(120);

/// Builds what the night needs beside the command: the fuzz targets, if any is to run.
pub(super) fn build(work: &Work<'_>, targets: bool, measuring: bool) -> Result<Outcome> {
    let mut commands = Vec::new();
    if targets {
        if !has_cargo_fuzz() {
            return Ok(Outcome::could_not_run(
                "cargo-fuzz is not installed: cargo install cargo-fuzz",
            ));
        }
        commands.extend(Target::ALL.map(|target| (target.name(), fuzz_build(work, target))));
    }
    if measuring {
        let mut command = Command::new("cargo");
        command.args(["build", "--release", "--locked", "-p", "growstack-benches"]);
        command.args(["--bin", "speed", "--bin", "latency"]);
        commands.push(("speed and latency", command));
    }
    for (name, mut command) in commands {
        command.current_dir(&work.root);
        work.progress.part(&format!("build {name}"));
        match work.run(&format!("build {name}"), command, Duration::MAX)? {
            Ended::Code(0) => {}
            Ended::Stopped => return Ok(Outcome::stopped()),
            _ => {
                let words = work.last_words(&format!("build {name}"));
                return Ok(Outcome::could_not_run(format!("{name} does not build: {words}")));
            }
        }
    }
    Ok(Outcome { status: Status::Clean, said: String::new() })
}

fn has_cargo_fuzz() -> bool {
    Command::new("cargo").args(["fuzz", "--version"]).output().is_ok_and(|o| o.status.success())
}

fn fuzz_build(work: &Work<'_>, target: Target) -> Command {
    let mut command = Command::new("cargo");
    if work.night.sanitizer {
        command.args(["+nightly", "fuzz", "build", "-s", "address"]);
    } else {
        command.args(["fuzz", "build", "-s", "none", "--no-trace-compares"]);
    }
    command.arg(target.name());
    command
}

/// Runs a target on all cores for `share`, less what an earlier try of the night took of it.
pub(super) fn fuzz(work: &mut Work<'_>, target: Target, share: Duration) -> Result<Outcome> {
    let name = target.name();
    let step = Step::Fuzz(target);
    let spent = work.night.taken(step).map_or(0.0, |taken| taken.seconds);
    let left = share.saturating_sub(Duration::try_from_secs_f64(spent).unwrap_or_default());
    let left = left.max(Duration::from_secs(1));
    if !work.target_program(target).exists() {
        return Ok(Outcome::could_not_run("it was not built"));
    }
    for folder in [work.state.corpus(target), work.state.crashes(target), work.state.path("stats")]
    {
        fs::create_dir_all(folder)?;
    }
    let crashes = work.state.crashes(target);
    let (inputs, known) = (count(&work.state.corpus(target)), triage::count(&crashes));
    let mut hunt = Hunt { target, deadline: Instant::now() + left, runs: Vec::new(), failed: None };
    for core in 0..work.cores {
        hunt.start(work, core, 0)?;
    }
    while hunt.look(work)? {
        if work.stop.asked() {
            hunt.runs.iter_mut().for_each(|run| run.child.end());
            break;
        }
        let sum = hunt.sum();
        let (rate, said) = (super::history::rate(&sum) * cores(work), sum.executions);
        work.progress.tick(&format!("fuzz {name}"), &format!("{said} inputs, {rate:.0}/s"));
        sleep(PAUSE);
    }
    let tally = hunt.sum();
    let found = triage::count(&crashes).saturating_sub(known);
    let added = count(&work.state.corpus(target)).saturating_sub(inputs);
    let corpus = work.night.corpora.entry(name.to_owned()).or_default();
    corpus.added += added;
    corpus.after = corpus.before + corpus.added;
    let said = format!("{} inputs, {added} of them new, {found} findings", tally.executions);
    work.night.tallies.entry(step.id()).or_default().add(&tally);
    Ok(match (found, hunt.failed) {
        (1.., _) => Outcome { status: Status::Found, said },
        (0, Some(why)) => Outcome::could_not_run(why),
        _ if work.stop.asked() => Outcome { status: Status::Waiting, said },
        _ => Outcome { status: Status::Clean, said },
    })
}

#[expect(clippy::cast_precision_loss, reason = "a number of cores")]
fn cores(work: &Work<'_>) -> f64 {
    work.cores as f64
}

/// The processes of a target.
struct Hunt {
    target: Target,
    deadline: Instant,
    runs: Vec<Run>,
    /// Why a process could not run, if one could not.
    failed: Option<String>,
}

struct Run {
    child: Child,
    core: usize,
    start: usize,
    statistics: PathBuf,
    ended: bool,
}

impl Hunt {
    fn start(&mut self, work: &Work<'_>, core: usize, start: usize) -> Result<()> {
        let name = self.target.name();
        let left = self.deadline.saturating_duration_since(Instant::now()).as_secs().max(1);
        let id = format!("{name}-{core}-{start}");
        let statistics = work.state.path("stats").join(format!("{id}.json"));
        if statistics.exists() {
            fs::remove_file(&statistics)?;
        }
        let mut command = Command::new(work.target_program(self.target));
        let crashes = work.state.crashes(self.target);
        command
            .env("GROWSTACK_STATS", &statistics)
            .env("GROWSTACK_FINDINGS", work.state.path("logs"))
            .current_dir(work.state.path("logs"))
            .arg(format!("-max_total_time={left}"))
            .arg(format!("-seed={}", work.seed(name, core * STARTS + start)))
            .arg(format!("-artifact_prefix={}/", crashes.display()))
            .arg(format!("-timeout={TIMEOUT}"))
            .args(["-rss_limit_mb=4096", "-print_final_stats=1"])
            .arg(work.state.corpus(self.target));
        let seeds = work.root.join("corpus").join(name);
        if seeds.is_dir() {
            command.arg(seeds);
        }
        let child = Child::start(command, &work.state.log(&id))?;
        self.runs.push(Run { child, core, start, statistics, ended: false });
        Ok(())
    }

    /// Looks after the processes; is one of them running?
    fn look(&mut self, work: &Work<'_>) -> Result<bool> {
        let mut again = Vec::new();
        let late = Instant::now() >= self.deadline + TELLING;
        for run in self.runs.iter_mut().filter(|run| !run.ended) {
            let Some(ended) = run.child.poll()? else {
                if late {
                    run.child.end();
                    run.ended = true;
                    self.failed.get_or_insert_with(|| "a process did not end".to_owned());
                }
                continue;
            };
            run.ended = true;
            if ended == Ended::Code(0) {
                continue;
            }
            let said = run.child.tail();
            if !said.contains("Test unit written to") {
                let last = said.lines().last().unwrap_or_default().to_owned();
                self.failed.get_or_insert(format!("{ended:?}: {last}"));
            } else if run.start + 1 < STARTS
                && self.deadline.saturating_duration_since(Instant::now()) >= WORTH_A_START
            {
                again.push((run.core, run.start + 1));
            }
        }
        for (core, start) in again {
            self.start(work, core, start)?;
        }
        Ok(self.runs.iter().any(|run| !run.ended))
    }

    /// What the processes did, as far as they have told.
    fn sum(&self) -> Tally {
        let mut sum = Tally { what: self.target.name().to_owned(), ..Tally::default() };
        for run in &self.runs {
            let read = fs::read_to_string(&run.statistics).ok();
            if let Some(tally) = read.and_then(|text| serde_json::from_str(&text).ok()) {
                sum.add(&tally);
            }
        }
        sum
    }
}

/// Runs random sequences for `share`.
pub(super) fn random(work: &mut Work<'_>, width: usize, share: Duration) -> Result<Outcome> {
    let step = Step::Random(width);
    let id = step.id();
    let json = work.state.path("stats").join(format!("{id}.json"));
    fs::create_dir_all(work.state.path("stats"))?;
    if json.exists() {
        fs::remove_file(&json)?;
    }
    let mut command = work.growstack();
    command.args(["random", "--budget", &share.as_secs().to_string()]);
    command.args(["--seed", &work.night.seed.to_string(), "--width", &width.to_string()]);
    command.arg("--cut").arg(work.state.path("crashes")).arg("--json").arg(&json);
    let ended = work.run(&id, command, share + TELLING)?;
    let tally: Tally = match fs::read_to_string(&json) {
        Ok(text) => serde_json::from_str(&text).context("what random wrote")?,
        Err(_) => Tally::default(),
    };
    let said = format!(
        "{} operations, {} findings (seed {})",
        tally.operations, tally.findings, work.night.seed
    );
    work.night.tallies.entry(id.clone()).or_default().add(&tally);
    Ok(match ended {
        Ended::Code(0) => Outcome { status: Status::Clean, said },
        Ended::Code(1) => Outcome { status: Status::Found, said },
        Ended::Stopped => Outcome::stopped(),
        // An engine that never answers is wrong as well.
        Ended::Late => Outcome {
            status: Status::Found,
            said: format!("it hangs (seed {}, width {width})", work.night.seed),
        },
        Ended::Code(_) | Ended::Signal(_) => Outcome::could_not_run(work.last_words(&id)),
    })
}
