//! What `scripts/bench-compare --json` writes.

use serde::{Deserialize, Serialize};

/// Two revisions beside each other.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// The one compared with.
    pub base: Revision,
    /// The one compared.
    pub head: Revision,
    /// Are the programs the same, byte for byte?
    #[serde(default)]
    pub same_bytes: bool,
    /// The worst of the verdicts.
    pub verdict: String,
    /// One by one.
    pub benchmarks: Vec<Benchmark>,
}

/// A revision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Revision {
    /// Its commit.
    pub commit: String,
}

/// A benchmark.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Benchmark {
    /// What is done.
    pub name: String,
    /// On a map of so many entries.
    #[serde(default)]
    pub entries: Option<u64>,
    /// Instructions, if they were counted.
    #[serde(default)]
    pub instructions: Option<Instructions>,
    /// Time, if it was measured.
    #[serde(default)]
    pub time: Option<Time>,
    /// What both come to.
    pub verdict: String,
}

/// Instructions counted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Instructions {
    /// Of the base.
    pub base: f64,
    /// Of the head.
    pub head: f64,
    /// How many per cent more the head takes.
    pub change_percent: f64,
    /// What that comes to.
    pub verdict: String,
}

/// Times measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Time {
    /// The head's time over the base's.
    pub ratio: f64,
    /// The lower end of what it may be.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// What that comes to.
    pub verdict: String,
}
