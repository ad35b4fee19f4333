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
        let read = |path: &PathBuf| {
            let name = || path.display().to_string();
            let text = fs::read_to_string(path).with_context(name)?;
            targets::ran(&text)
                .context("no statistics of a target that compares maps")
                .with_context(name)
        };
        let added: Vec<(Ran, u64)> = self.add.iter().map(read).collect::<Result<_>>()?;
        added.into_iter().try_for_each(|(ran, found)| self.engine.log(&self.log, ran, found))
    }
}

/// Which engine it was.
#[derive(Debug, Args)]
pub(super) struct Engine {
    /// What the log shall call the engine; by default the last commit of its sources in the
    /// repository that the log is in.
    #[arg(long, value_name = "REVISION")]
    engine: Option<String>,
}

impl Engine {
    /// Adds a run to the log.
    pub(super) fn log(&self, log: &Path, ran: Ran, divergences: u64) -> Result<()> {
        let revision = self.revision(log)?;
        append(log, &Run::ended(revision, ran, divergences))
    }

    /// The revision for a log; a file without a folder is in this one.
    pub(super) fn revision(&self, log: &Path) -> Result<String> {
        let folder = log.parent().filter(|folder| !folder.as_os_str().is_empty());
        match &self.engine {
            Some(engine) => Ok(engine.clone()),
            None => engine_revision(folder.unwrap_or(Path::new("."))),
        }
    }
}
