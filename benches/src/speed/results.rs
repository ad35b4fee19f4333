//! Results, as `scripts/speed --json` writes them.

use super::act::Act;
use serde::{Deserialize, Serialize};

/// What one map took for one operation at one size.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The operation.
    pub op: String,
    /// Entries of the map.
    pub n: usize,
    /// The map.
    pub who: String,
    /// Nanoseconds of an operation: the median over blocks.
    pub median_ns: f64,
    /// The 99th percentile over blocks. A block is many operations, so this tells how steady the
    /// machine was; for the tail of single growths see the latency distributions.
    pub p99_ns: f64,
}

/// All of them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// In the order of measuring.
    pub results: Vec<Measured>,
}

/// Bytes of an entry.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Entries of the map.
    pub n: usize,
    /// The map.
    pub who: String,
    /// Bytes asked of the allocator for each entry, spare capacity included.
    pub bytes_per_entry: f64,
}

impl Results {
    /// Those to be exchanged, without what the table has beside them.
    #[must_use]
    pub fn to_exchange(&self) -> Self {
        let beside = |op: &str| Act::ALL.iter().any(|act| act.is_beside() && act.op() == op);
        Self { results: self.results.iter().filter(|m| !beside(&m.op)).cloned().collect() }
    }

    /// The median of a map, if it was measured.
    #[must_use]
    pub fn median(&self, op: &str, n: usize, who: &str) -> Option<f64> {
        let is_it = |m: &&Measured| m.op == op && m.n == n && m.who == who;
        self.results.iter().find(is_it).map(|measured| measured.median_ns)
    }

    /// The fastest of some maps, whatever way they did it in, with its name.
    #[must_use]
    pub fn best(&self, op: &str, n: usize, among: &[&str]) -> Option<(&str, f64)> {
        let is_one = |who: &str| among.iter().any(|name| who.split(" (").next() == Some(name));
        let candidates = self.results.iter().filter(|m| m.op == op && m.n == n && is_one(&m.who));
        candidates
            .map(|m| (m.who.as_str(), m.median_ns))
            .min_by(|left, right| left.1.total_cmp(&right.1))
    }
}
