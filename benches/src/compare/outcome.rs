//! What a comparison came to, as `--json` writes it.

use serde::{Deserialize, Serialize};

use super::verdict::Verdict;

/// Two revisions, and every benchmark.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// What is compared with.
    pub base: Revision,
    /// What is compared.
    pub head: Revision,
    /// Are both drivers the same, byte for byte? Then no difference is the engine's.
    pub same_bytes: bool,
    /// The worst verdict of any benchmark.
    pub verdict: Verdict,
    /// In the order of measuring.
    pub benchmarks: Vec<Benchmark>,
    /// What a reader has to know beside.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A revision, and the driver that was built of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Revision {
    /// The commit's id.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
    /// The digest of its driver.
    pub driver_sha256: String,
}

impl Revision {
    /// As much of the commit's id as people quote.
    #[must_use]
    pub fn short(&self) -> &str {
        self.commit.get(..10).unwrap_or(&self.commit)
    }
}

/// An operation at one size of map.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Benchmark {
    /// The operation.
    pub name: String,
    /// Entries of the map.
    pub entries: usize,
    /// What the first gate saw, unless it was left out.
    pub instructions: Option<Instructions>,
    /// What the second gate saw, unless it was left out.
    pub time: Option<Time>,
    /// The worse verdict of the two.
    pub verdict: Verdict,
}

/// Instructions of one operation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Instructions {
    /// Of the base.
    pub base: f64,
    /// Of the head.
    pub head: f64,
    /// How much more the head takes, in per cent.
    pub change_percent: f64,
    /// What that comes to.
    pub verdict: Verdict,
}

/// The time of one operation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Time {
    /// Nanoseconds of the base: the median over processes, each with its fastest block.
    pub base_ns: f64,
    /// Nanoseconds of the head.
    pub head_ns: f64,
    /// The head's time as a multiple of the base's: the mean over pairs, the extremes left out. Not
    /// the quotient of the two above, which were not taken side by side.
    pub ratio: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The lower end of the interval for a copy of the base.
    pub null_low: f64,
    /// The upper end.
    pub null_high: f64,
    /// Pairs of processes.
    pub pairs: usize,
    /// What that comes to.
    pub verdict: Verdict,
}

impl Comparison {
    /// A comparison, its verdict the worst of any benchmark.
    #[must_use]
    pub fn new(
        base: Revision,
        head: Revision,
        same_bytes: bool,
        benchmarks: Vec<Benchmark>,
        notes: Vec<String>,
    ) -> Self {
        let verdict = Verdict::worst(benchmarks.iter().map(|benchmark| benchmark.verdict));
        Self { base, head, same_bytes, verdict, benchmarks, notes }
    }
}

impl Benchmark {
    /// A benchmark, its verdict the worse of the two.
    #[must_use]
    pub fn new(
        name: &str,
        entries: usize,
        instructions: Option<Instructions>,
        time: Option<Time>,
    ) -> Self {
        let of_instructions = instructions.as_ref().map(|seen| seen.verdict);
        let verdict =
            Verdict::worst(of_instructions.into_iter().chain(time.as_ref().map(|t| t.verdict)));
        Self { name: name.to_owned(), entries, instructions, time, verdict }
    }
}
