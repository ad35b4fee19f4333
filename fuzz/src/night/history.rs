//! Instructions by commit, in the stored format of github-action-benchmark, which draws it too.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::Night;

/// The series that the night adds to.
const SERIES: &str = "instructions";

/// The stored format. What other tools keep there goes through unchanged.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    entries: BTreeMap<String, Vec<Entry>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The measurements of one commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    commit: Commit,
    date: u64,
    tool: String,
    benches: Vec<Bench>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Commit {
    id: String,
    message: String,
    timestamp: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// One measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bench {
    name: String,
    unit: String,
    value: Number,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl History {
    /// Reads the file at `path`; there is none before the first night.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is of another format.
    pub fn read(path: &Path) -> Result<Self> {
        if !path.try_exists().with_context(|| path.display().to_string())? {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    }

    /// Adds what `night` measured, in the place of an earlier measurement of the same commit; `false`
    /// if it measured nothing.
    pub fn add(&mut self, night: &Night, date: u64) -> bool {
        let about = &night.about;
        if night.measured.is_empty() || about.commit.is_empty() {
            return false;
        }
        let commit = Commit {
            id: about.commit.clone(),
            message: about.subject.clone(),
            timestamp: about.timestamp.clone(),
            rest: Map::new(),
        };
        let (tool, benches) = ("customSmallerIsBetter".to_owned(), night.measured.clone());
        let series = self.entries.entry(SERIES.to_owned()).or_default();
        series.retain(|entry| entry.commit.id != about.commit);
        series.push(Entry { commit, date, tool, benches });
        true
    }

    /// Writes the file at once or not at all.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let new = path.with_extension("json.new");
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.sync_all()?;
            fs::rename(&new, path)
        });
        written.with_context(|| path.display().to_string())
    }

    /// The values of every measurement by commit, the oldest first.
    pub(super) fn series(&self) -> BTreeMap<&str, Vec<(&str, f64)>> {
        let mut series: BTreeMap<&str, Vec<(&str, f64)>> = BTreeMap::new();
        for entry in self.entries.get(SERIES).into_iter().flatten() {
            let commit = entry.commit.id.get(..7).unwrap_or(&entry.commit.id);
            for bench in &entry.benches {
                let value = bench.value.as_f64().unwrap_or(f64::NAN);
                series.entry(&bench.name).or_default().push((commit, value));
            }
        }
        series
    }
}
