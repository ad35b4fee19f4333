//! The log of long runs: what was compared, on which engine, and what came of it.
//!
//! The log is a table, `fuzz/runs.tsv`, with a line for each run, that is only ever written by the
//! command: `growstack random --log` and `growstack runs --add` append to it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::driver::Counts;

/// A line of the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// When it was written down, in UTC.
    pub when: String,
    /// The last commit of the engine's sources; see [`engine_revision`].
    pub engine: String,
    /// What ran: `random`, or the name of a fuzz target.
    pub what: String,
    /// The width of the index's nodes.
    pub width: String,
    /// What brings it back, such as its seed.
    pub how: String,
    /// Operations carried out on both maps, searches aside.
    pub operations: u64,
    /// Those of them after which everything was compared.
    pub compared: u64,
    /// Searches for space compared.
    pub searches: u64,
    /// Divergences found; a run ends at the first.
    pub divergences: u64,
    /// How long it took.
    pub seconds: u64,
}

impl Run {
    /// The line for a run that ends now.
    #[must_use]
    pub fn ended(engine: String, ran: Ran, divergences: u64) -> Self {
        let Ran { what, width, how, counts, elapsed } = ran;
        let [operations, compared, searches] = counts;
        let when = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        // Half a second counts as one.
        let seconds = (elapsed + Duration::from_millis(500)).as_secs();
        Self {
            when,
            engine,
            what,
            width,
            how,
            operations,
            compared,
            searches,
            divergences,
            seconds,
        }
    }
}

/// What ran, and how far it went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ran {
    /// As in [`Run`].
    pub what: String,
    /// As in [`Run`].
    pub width: String,
    /// As in [`Run`].
    pub how: String,
    /// Operations, those compared in full, and searches.
    pub counts: [u64; 3],
    /// How long it took.
    pub elapsed: Duration,
}

impl Counts {
    /// Operations, those compared in full, and searches, as the log has them.
    #[must_use]
    pub const fn logged(&self) -> [u64; 3] {
        [self.operations, self.compared, self.searches]
    }
}

/// Every run of the log `path`, the oldest first.
///
/// # Errors
///
/// When the file cannot be read, or is no log.
pub fn read(path: &Path) -> Result<Vec<Run>> {
    let name = || path.display().to_string();
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b'\t').from_path(path).with_context(name)?;
    reader.deserialize().collect::<Result<_, _>>().with_context(name)
}

/// Adds `run` to the log `path`, which is begun if it is not there.
///
/// # Errors
///
/// When the file is no log, or cannot be written to.
pub fn append(path: &Path, run: &Run) -> Result<()> {
    let empty = fs::metadata(path).map_or(true, |file| file.len() == 0);
    if !empty {
        read(path)?;
    }
    let mut line =
        csv::WriterBuilder::new().delimiter(b'\t').has_headers(empty).from_writer(vec![]);
    line.serialize(run)?;
    let line = line.into_inner()?;
    // By one write, so that two runs that end at once both get a line of their own.
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(&line));
    written.with_context(|| path.display().to_string())
}

/// The revision of the engine's sources in the repository that the folder `of` belongs to: the last
/// commit that changed them, with `+changed` behind it if they are not as in it.
///
/// # Errors
///
/// When git does not know.
pub fn engine_revision(of: &Path) -> Result<String> {
    const SOURCES: &str = ":/engine/src";
    let git = |words: &[&str]| -> Result<String> {
        let output =
            Command::new("git").arg("-C").arg(of).args(words).args(["--", SOURCES]).output();
        let output = output.context("git")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git: {}", said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["log", "-1", "--format=%h", "--abbrev=12"])?;
    ensure!(!commit.is_empty(), "git has no commit of the engine");
    let changed = !git(&["status", "--porcelain"])?.is_empty();
    Ok(if changed { commit + "+changed" } else { commit })
}

/// Sums of runs without a divergence, and how many had one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Total {
    /// Runs without a divergence.
    pub clean: u64,
    /// Runs with one, of which nothing else is counted.
    pub diverged: u64,
    /// Operations of the clean ones.
    pub operations: u64,
    /// Operations compared in full.
    pub compared: u64,
    /// Searches for space.
    pub searches: u64,
    /// How long they took, one by one.
    pub seconds: u64,
}

impl Total {
    /// The sum of `runs`.
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Self {
        let mut total = Self::default();
        runs.into_iter().for_each(|run| total.add(run));
        total
    }

    fn add(&mut self, run: &Run) {
        if run.divergences != 0 {
            self.diverged += 1;
            return;
        }
        self.clean += 1;
        self.operations += run.operations;
        self.compared += run.compared;
        self.searches += run.searches;
        self.seconds += run.seconds;
    }
}

/// What a log comes to, for people: a line for each kind of run, and the sum of all.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a>(pub &'a [Run]);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: BTreeMap<(&str, &str), Total> = BTreeMap::new();
        for run in self.0 {
            kinds.entry((&run.what, &run.width)).or_default().add(run);
        }
        writeln!(
            f,
            "{:<14} {:<9} {:>6} {:>15} {:>15} {:>15} {:>9} {:>9}",
            "run", "width", "clean", "operations", "compared", "searches", "seconds", "diverged"
        )?;
        let all = Total::of(self.0);
        let lines = kinds.into_iter().chain([(("all", ""), all)]);
        for ((what, width), total) in lines {
            let Total { clean, diverged, operations, compared, searches, seconds } = total;
            writeln!(
                f,
                "{what:<14} {width:<9} {clean:>6} {operations:>15} {compared:>15} {searches:>15} \
                 {seconds:>9} {diverged:>9}"
            )?;
        }
        if let Some(last) = self.0.last() {
            let engine = &last.engine;
            let total = Total::of(self.0.iter().filter(|run| run.engine == *engine));
            writeln!(
                f,
                "engine {engine}, the last one run: operations {}, compared {}, diverged {}",
                total.operations, total.compared, total.diverged
            )?;
        }
        writeln!(f, "operations without divergence {}, compared {}", all.operations, all.compared)
    }
}
