//! `growstack report`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Args;

use super::{Exit, Streams};
use crate::night::{History, Night, Verdict};

/// Write the page `report.html` and the summary `summary.md` of a night to its folder, and add its
/// instruction counts to the history there.
///
/// `scripts/nightly` calls it; again is no harm. The last line is the verdict.
///
/// Exit code: 0 if the night is clean, 1 if something was found, 2 if something that should have run
/// did not, or the report could not be written.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The folder of the night.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Only see whether the history in the folder can be read.
    #[arg(long)]
    check: bool,
}

impl Report {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let path = self.folder.join("history.json");
        let history = History::read(&path)?;
        if self.check {
            return Ok(Exit::Agreed);
        }
        let (exit, headline) = report(&self.folder, &path, history)?;
        writeln!(streams.out, "{headline}")?;
        Ok(exit)
    }
}

fn report(folder: &Path, path: &Path, mut history: History) -> Result<(Exit, String)> {
    let night = Night::read(folder)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let added = history.add(&night, u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    let [page, summary] = night.render(&history)?;
    for (name, text) in [("report.html", page), ("summary.md", summary)] {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    if added {
        history.write(path)?;
    }
    let exit = match night.verdict() {
        Verdict::Clean => Exit::Agreed,
        Verdict::Found => Exit::Diverged,
        Verdict::Incomplete => Exit::Unusable,
    };
    Ok((exit, night.headline()))
}
