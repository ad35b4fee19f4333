//! A night: everything that growstack is tested with, and one report of it.
//!
//! - [`options`]: what is asked for; [`step`] and [`budget`]: what runs, and for how long.
//! - [`work`], [`child`], [`stop`], [`progress`]: what every step needs.
//! - `replaying`, `fuzzing`, [`corpus`], [`triage`], `measuring`: the steps.
//! - [`record`]: what they came to; [`state`] and [`history`]: what is left to the next night.
//! - [`report`]: the page that a person reads.

pub mod budget;
pub mod child;
pub mod compared;
pub mod corpus;
mod fuzzing;
pub mod history;
mod measuring;
pub mod options;
pub mod planted;
pub mod progress;
pub mod record;
mod replaying;
pub mod report;
pub mod state;
pub mod step;
pub mod stop;
pub mod triage;
pub mod work;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use self::history::Line;
use self::options::{Asked, Options, Subset};
use self::progress::Progress;
use self::record::{Night, Status};
use self::state::{Reached, State};
use self::step::{Step, plan};
use self::stop::Stop;
use self::work::{Outcome, Work, revision};
use crate::host;

/// Runs the night that `options` ask for; the exit status.
///
/// # Errors
///
/// When it cannot begin, or cannot be written down.
pub fn run(options: &Options) -> Result<u8> {
    let root = fs::canonicalize(&options.root).context("the project's folder")?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let target = std::path::absolute(target)?;
    let folder = options.state.clone().unwrap_or_else(|| target.join("nightly"));
    let state = State::open(&folder)?;
    let stop = Stop::listen()?;
    let progress = Progress::new();
    let night = if options.resume {
        match state.unfinished()? {
            Some(night) => Night { interrupted: false, ..night },
            None => bail!("{}: no night was stopped here", folder.display()),
        }
    } else {
        // What the programs of the last night said is of no use to this one.
        for name in ["logs", "stats", "results"] {
            let folder = state.path(name);
            if folder.exists() {
                fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
            }
        }
        begin(options, &root)
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut work =
        Work { root, target, state: &state, stop: &stop, progress: &progress, night, cores };
    go_through(&mut work)?;
    let report = options.report.clone().unwrap_or_else(|| state.path("report"));
    let exit = finish(&mut work, &report)?;
    progress.finish();
    Ok(exit)
}

/// A night that has not begun.
fn begin(options: &Options, root: &Path) -> Night {
    let now = SystemTime::now();
    let clock = now.duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let faults = options.faults.map_or_else(|| "by turns".to_owned(), |asked| asked.to_string());
    let steps = plan(options.budget, options.only, options.faults != Some(Asked::None));
    Night {
        started: humantime::format_rfc3339_seconds(now).to_string(),
        revision: revision(root),
        host: host::line(),
        seed: options.seed.unwrap_or(clock),
        budget: options.budget.as_secs(),
        only: options.only,
        faults_asked: faults,
        sanitizer: options.sanitizer,
        steps: Night::steps_of(&steps),
        ..Night::default()
    }
}

/// Takes the steps that were not taken.
fn go_through(work: &mut Work<'_>) -> Result<()> {
    let budget = Duration::from_secs(work.night.budget);
    let faults = work.night.faults_asked.parse::<Asked>().ok();
    let steps = plan(budget, work.night.only, faults != Some(Asked::None));
    let Night { seed, ref revision, .. } = work.night;
    let of = if revision.is_empty() { "no repository" } else { revision };
    let time = humantime::format_duration(budget);
    work.progress.say(&format!("night of {of}, budget {time}, seed {seed}"));
    for (step, share) in budget::shares(budget, &steps) {
        if work.night.taken(step).is_none_or(|taken| taken.status.is_done()) {
            continue;
        }
        // What was found is sorted even so.
        if work.stop.asked() && step != Step::Triage {
            work.night.interrupted = true;
            continue;
        }
        work.progress.begin(&step.to_string(), share);
        let started = Instant::now();
        let outcome = take(work, step, share, &steps)
            .unwrap_or_else(|error| Outcome::could_not_run(format!("{error:#}")));
        let seconds = started.elapsed().as_secs_f64();
        let asked = work.stop.asked();
        // Sorted before all was found, it is to be done again when the night goes on.
        let again = asked && step == Step::Triage;
        let status = if again { Status::Waiting } else { outcome.status };
        work.night.interrupted |= asked;
        work.night.take(step, status, seconds, outcome.said);
        if let Some(taken) = work.night.taken(step) {
            work.progress.end(taken);
        }
        work.state.save(&work.night)?;
    }
    Ok(())
}

/// Takes one step.
fn take(work: &mut Work<'_>, step: Step, share: Duration, steps: &[Step]) -> Result<Outcome> {
    match step {
        Step::Restore => corpus::restore(work),
        Step::Build => {
            let measures = steps.iter().any(|step| matches!(step, Step::Speed | Step::Latency));
            fuzzing::build(work, steps.iter().any(|step| step.is_fuzzing()), measures)
        }
        Step::Replay => replaying::replay(work),
        Step::Random(width) => fuzzing::random(work, width, share),
        Step::Fuzz(target) => fuzzing::fuzz(work, target, share),
        Step::Minimise => corpus::minimise(work, share),
        Step::Triage => triage::triage(work, share),
        Step::Faults => {
            let nights = work.state.history()?.iter().filter(|line| line.faults.is_some()).count();
            let subset = match work.night.faults_asked.parse() {
                Ok(Asked::Some(subset)) => subset,
                _ => Subset::of_night(share, measuring::planted(&work.root), nights),
            };
            measuring::faults(work, share, subset)
        }
        Step::Speed => measuring::speed(work, share),
        Step::Latency => measuring::latency(work, share),
        Step::Compare => measuring::compare(work, share),
    }
}

/// Writes the report, and what the next night wants to know.
fn finish(work: &mut Work<'_>, report: &Path) -> Result<u8> {
    let reached = remember(work)?;
    let state = work.state;
    if !work.night.interrupted {
        work.night.ended = Some(humantime::format_rfc3339_seconds(SystemTime::now()).to_string());
        state.append(&Line::of(&work.night))?;
        if work.night.is_good() {
            state.save_good(&work.night.revision)?;
        }
    }
    state.save(&work.night)?;
    let history = state.history()?;
    let page = report::write(report, &work.night, &history, &reached)?;
    work.progress.say(&report::summary::plain(&work.night));
    work.progress.say(&format!("report: {}", page.display()));
    if work.night.interrupted {
        work.progress.say("the night was stopped; scripts/nightly --resume goes on with it");
    }
    Ok(work.night.exit())
}

/// Adds what this night reached to what any reached; what none before it did is returned.
fn remember(work: &mut Work<'_>) -> Result<Reached> {
    let mut ever = work.state.reached()?;
    let now = work.night.all().reached;
    let fuzzed = work.night.tallies.keys().any(|id| id.starts_with("fuzz-"));
    let missed = |kind: &str, branch: &str| {
        !now.get(kind).is_some_and(|branches| branches.contains_key(branch))
    };
    if fuzzed && !work.night.interrupted {
        work.night.lost = ever
            .iter()
            .flat_map(|(kind, branches)| branches.iter().map(move |branch| (kind, branch)))
            .filter(|(kind, branch)| missed(kind, branch))
            .map(|(kind, branch)| [kind.clone(), branch.clone()])
            .collect();
    }
    let mut fresh: Reached = BTreeMap::new();
    for (kind, branches) in &now {
        let mine = ever.entry(kind.clone()).or_default();
        for branch in branches.keys() {
            if mine.insert(branch.clone()) {
                fresh.entry(kind.clone()).or_default().insert(branch.clone());
            }
        }
    }
    work.state.save_reached(&ever)?;
    Ok(fresh)
}
