//! Comparisons of the past, one a line.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::SystemTime;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::outcome::Comparison;

/// A comparison, and where and when it was made.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// When, in RFC 3339.
    pub when: String,
    /// The machine and the compiler. Times from different ones do not compare.
    pub host: String,
    /// What it came to.
    pub comparison: Comparison,
}

impl Record {
    /// A comparison that was made just now on this machine.
    #[must_use]
    pub fn now(comparison: Comparison) -> Self {
        let when = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        Self { when, host: crate::host::line(), comparison }
    }
}

/// Adds a record to a file, which is made if it is not there, with its folder.
///
/// # Errors
///
/// If the file cannot be written.
pub fn append(file: &Path, record: &Record) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(cannot)?;
    }
    // One write, so that of two that append at a time neither cuts the other's line.
    let mut line = serde_json::to_string(record)?;
    line.push('\n');
    let mut open = OpenOptions::new().create(true).append(true).open(file).with_context(cannot)?;
    open.write_all(line.as_bytes()).with_context(cannot)
}

/// The records of a file, the oldest first, and how many lines are none: one may have been cut, or
/// written by another version. No file is no record.
///
/// # Errors
///
/// If the file is there, but cannot be read.
pub fn read(file: &Path) -> anyhow::Result<(Vec<Record>, usize)> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        text => text.with_context(|| format!("cannot read {}", file.display()))?,
    };
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let records: Vec<Record> = lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let spoilt = lines().count() - records.len();
    Ok((records, spoilt))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::compare::outcome::{Benchmark, Revision};

    fn record(commit: &str) -> Record {
        let revision = Revision { commit: commit.to_owned(), ..Revision::default() };
        let benchmarks = vec![Benchmark::new("stack", 256, None, None)];
        Record::now(Comparison::new(revision.clone(), revision, true, benchmarks, Vec::new()))
    }

    #[test]
    fn what_was_appended_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/history.jsonl");
        assert_eq!(read(&file).unwrap(), (Vec::new(), 0));
        append(&file, &record("one")).unwrap();
        append(&file, &record("two")).unwrap();
        let (records, spoilt) = read(&file).unwrap();
        let commits: Vec<_> = records.iter().map(|r| r.comparison.head.commit.as_str()).collect();
        assert_eq!((commits, spoilt), (vec!["one", "two"], 0));
    }

    #[test]
    fn a_cut_line_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.jsonl");
        append(&file, &record("one")).unwrap();
        let mut text = fs::read_to_string(&file).unwrap();
        text.insert_str(0, "{\"when\": \"20\n\n");
        fs::write(&file, text).unwrap();
        append(&file, &record("two")).unwrap();
        let (records, spoilt) = read(&file).unwrap();
        assert_eq!((records.len(), spoilt), (2, 1));
    }
}
