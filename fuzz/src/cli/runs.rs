//! `growstack runs`, and the options of those that add to the log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use super::{Exit, Streams};
use crate::runs::{Ran, Run, Summary, append, engine_revision, read};
use crate::targets;

/// Where the log is in the repository.
const LOG: &str = "fuzz/runs.tsv";

/// Print how many operations were run without a divergence, by the log of long runs.
///
/// The log is a table that only `growstack random --log` and `growstack runs --add` write to.
/// A run that found a divergence counts as that, and for no operations.
///
/// Exit code: 0 if the log could be read, 2 if not or if something could not be added.
#[derive(Debug, Args)]
pub(super) struct Runs {
    /// The log.
    #[arg(value_name = "LOG", default_value = LOG)]
    log: PathBuf,

    /// First add the run of a fuzz target, from the file that GROWSTACK_STATS named.
    #[arg(long, value_name = "FILE")]
    add: Vec<PathBuf>,

    #[command(flatten)]
    engine: Engine,
}

impl Runs {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> io::Result<Exit> {
        match self.add().and_then(|()| read(&self.log)) {
            Ok(runs) => {
                write!(streams.out, "{}", Summary(&runs))?;
                Ok(Exit::Agreed)
            }
            Err(error) => {
                writeln!(streams.err, "growstack: {error:#}")?;
                Ok(Exit::Unusable)
            }
        }
    }

    /// Adds all or, if one of them is no statistics, nothing.
    fn add(&self) -> Result<()> {
        if self.add.is_empty() {
            return Ok(());
        }
        let read = |path: &PathBuf| {
            let name = || path.display().to_string();
            let text = fs::read_to_string(path).with_context(name)?;
            targets::ran(&text)
                .context("no statistics of a target that compares maps")
                .with_context(name)
        };
        let added: Vec<(Ran, u64)> = self.add.iter().map(read).collect::<Result<_>>()?;
        let log = self.engine.log(&self.log)?;
        added.into_iter().try_for_each(|(ran, found)| log.add(ran, found))
    }
}

/// Which engine it was.
#[derive(Debug, Args)]
pub(super) struct Engine {
    /// What the log shall call the engine; by default the last commit of its sources in the
    /// repository that the command is given in.
    #[arg(long, value_name = "REVISION")]
    engine: Option<String>,
}

impl Engine {
    /// The log `path`, ready to be added to: whether it can be is known before a long run.
    pub(super) fn log(&self, path: &Path) -> Result<Log> {
        let engine = match &self.engine {
            Some(engine) => engine.clone(),
            None => engine_revision(Path::new("."))?,
        };
        if path.exists() {
            read(path)?;
        }
        Ok(Log { path: path.to_owned(), engine })
    }
}

/// A log, and the engine that is under test.
pub(super) struct Log {
    path: PathBuf,
    engine: String,
}

impl Log {
    /// Adds a run.
    pub(super) fn add(&self, ran: Ran, divergences: u64) -> Result<()> {
        append(&self.path, &Run::ended(self.engine.clone(), ran, divergences))
    }
}
