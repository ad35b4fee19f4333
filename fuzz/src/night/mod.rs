//! The report of a night from the files that `scripts/nightly` leaves in its folder.
//!
//! | file | contents |
//! |---|---|
//! | `night.json` | what was started, with the names of the steps that were planned |
//! | `steps.jsonl` | a step on each line, with its status |
//! | `findings.jsonl`, `findings/NAME.{txt,trace,svg}` | a finding on each line, and what `growstack minimize` wrote of it |
//! | `random-*.json` | totals of `growstack random --json` |
//! | `bench/*/{base,changes.json,bench.json}` | results of the instruction gate |
//! | `latency.json` | results of the program `speed` |
//! | `history.json` | instructions by commit, as github-action-benchmark stores them |

mod charts;
mod coverage;
mod history;
mod page;
mod verdict;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use charts::Distribution;
use coverage::Coverage;
use history::Bench;
pub use history::History;
pub use verdict::Verdict;

/// What was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct About {
    /// The commit, empty outside a repository.
    commit: String,
    subject: String,
    /// The time of the commit.
    timestamp: String,
    /// The names of the steps that should run.
    plan: Vec<String>,
    /// What only the page needs.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    /// It compared something, and all agreed.
    Clean,
    /// It found something.
    Found,
    /// It should have run to its end and did not, or it compared nothing.
    Failed,
    /// It was not planned.
    #[serde(rename = "not run")]
    NotRun,
}

/// A step of the night.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Step {
    step: String,
    status: Status,
    seconds: u64,
    detail: String,
    /// Inputs or operations, where these are counted.
    #[serde(default)]
    executions: u64,
    /// The end of its output, unless it is clean.
    #[serde(default)]
    log: String,
}

/// All of a night.
#[derive(Clone, Debug, Serialize)]
pub struct Night {
    about: About,
    steps: Vec<Step>,
    findings: Vec<Map<String, Value>>,
    /// Of each kernel that random sequences ran of.
    coverage: Vec<Coverage>,
    /// Bases with the differences in instructions.
    compared: Vec<Value>,
    #[serde(skip)]
    measured: Vec<Bench>,
    latency: Vec<Distribution>,
}

impl Night {
    /// Reads the folder of a night. A file that cannot be read is a failed step of its own, and so
    /// is a planned step that left no line.
    ///
    /// # Errors
    ///
    /// When there is no night in the folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("night.json");
        let about = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let about: About =
            serde_json::from_str(&about).with_context(|| path.display().to_string())?;
        let mut files = Files { folder, failed: Vec::new() };
        let mut steps: Vec<Step> = files.lines("steps.jsonl");
        let findings = files.lines("findings.jsonl").into_iter().map(|f| files.finding(f));
        let findings = findings.collect();
        let (compared, measured) = files.bench();
        let coverage = Coverage::of_each(&files.random());
        let latency = files.json("latency.json").unwrap_or_default();
        steps.append(&mut files.failed);
        for planned in &about.plan {
            if steps.iter().all(|step| step.step != *planned) {
                steps.push(failed(planned, "it left no result".to_owned()));
            }
        }
        Ok(Self { about, steps, findings, coverage, compared, measured, latency })
    }
}

fn failed(step: &str, detail: String) -> Step {
    let (step, log) = (step.to_owned(), String::new());
    Step { step, status: Status::Failed, seconds: 0, detail, executions: 0, log }
}

/// The files of a night, and steps for those that cannot be read.
struct Files<'a> {
    folder: &'a Path,
    failed: Vec<Step>,
}

impl Files<'_> {
    /// The text of a file, `None` if there is no such file.
    fn text(&mut self, name: &str) -> Option<String> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => self.refuse(name, &error),
        }
    }

    fn refuse<T>(&mut self, name: &str, error: &dyn std::error::Error) -> Option<T> {
        self.failed.push(failed("report", format!("{name}: {error}")));
        None
    }

    fn json<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        serde_json::from_str(&text).map_or_else(|error| self.refuse(name, &error), Some)
    }

    fn lines<T: DeserializeOwned>(&mut self, name: &str) -> Vec<T> {
        let text = self.text(name).unwrap_or_default();
        let read = text.lines().map(serde_json::from_str);
        read.filter_map(|line| line.map_or_else(|error| self.refuse(name, &error), Some)).collect()
    }

    fn finding(&mut self, mut finding: Map<String, Value>) -> Map<String, Value> {
        let name = finding.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        for (key, kind) in [("report", "txt"), ("trace", "trace"), ("picture", "svg")] {
            let text = self.text(&format!("findings/{name}.{kind}")).unwrap_or_default();
            finding.insert(key.to_owned(), text.into());
        }
        finding
    }

    /// The names in a folder, in order.
    fn names(&self, below: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.join(below)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|e| Path::new(below).join(e.file_name())).collect();
        names.sort();
        names
    }

    fn random(&mut self) -> Vec<crate::tally::Tally> {
        let names = self.names("");
        let names = names.iter().filter_map(|name| name.to_str());
        let names = names.filter(|name| name.starts_with("random-") && name.ends_with(".json"));
        names.filter_map(|name| self.json(name)).collect()
    }

    fn bench(&mut self) -> (Vec<Value>, Vec<Bench>) {
        let (mut compared, mut measured) = (Vec::new(), Vec::new());
        for folder in self.names("bench") {
            let name = |file: &str| folder.join(file).to_string_lossy().into_owned();
            if let Some(changes) = self.json::<Value>(&name("changes.json")) {
                let base = self.text(&name("base")).unwrap_or_default();
                compared.push(json!({ "base": base.trim(), "changes": changes }));
            }
            if let Some(benches) = self.json(&name("bench.json")) {
                measured = benches;
            }
        }
        (compared, measured)
    }
}
