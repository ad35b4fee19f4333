//! A night in a line, for trends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::Night;
use crate::speed::runner::ENGINE;

/// Entries of the map whose latency is followed.
const FOLLOWED: usize = 4096;

/// A night in a line.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Line {
    /// When it began.
    pub started: String,
    /// What ran.
    pub revision: String,
    /// The exit status.
    pub exit: u8,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Inputs and sequences carried out.
    pub executions: u64,
    /// The same for a second of one core, by step.
    pub rates: BTreeMap<String, f64>,
    /// The same for a second of one core, over all targets; none without fuzz targets.
    pub rate: Option<f64>,
    /// Inputs in all corpora at the end; none without fuzz targets.
    pub corpus: Option<usize>,
    /// Pairs of an operation and a branch reached.
    pub pairs: usize,
    /// Findings.
    pub findings: usize,
    /// Planted faults found, and hunted.
    pub faults: Option<[usize; 2]>,
    /// Half of the growths took at most so many nanoseconds, with warm caches.
    pub p50_ns: Option<f64>,
    /// All but one in ten thousand did.
    pub p9999_ns: Option<f64>,
    /// Bytes of an entry, in the largest map.
    pub bytes_per_entry: Option<f64>,
}

impl Line {
    /// `night` in a line.
    #[must_use]
    pub fn of(night: &Night) -> Self {
        let all = night.all();
        let down = |one: &&crate::latency::Told| {
            (one.n, one.fault.as_str(), one.caches.as_str()) == (FOLLOWED, "down", "warm")
        };
        let down = night.latency.iter().find(down);
        let own = night.memory.iter().filter(|memory| memory.who == ENGINE);
        let corpora: Vec<usize> = night.corpora.values().map(|corpus| corpus.after).collect();
        Self {
            started: night.started.clone(),
            revision: night.revision.clone(),
            exit: night.exit(),
            seconds: night.seconds(),
            executions: all.executions,
            rates: night.tallies.iter().map(|(id, tally)| (id.clone(), rate(tally))).collect(),
            rate: fuzzed(night),
            corpus: (!corpora.is_empty()).then(|| corpora.iter().sum()),
            pairs: all.pairs(),
            findings: night.findings.len(),
            faults: night.faults.as_ref().map(|faults| [faults.found(), faults.faults.len()]),
            p50_ns: down.and_then(|down| down.at(0.301)),
            p9999_ns: down.and_then(|down| down.at(4.0)),
            bytes_per_entry: own.max_by_key(|memory| memory.n).map(|m| m.bytes_per_entry),
        }
    }
}

/// Executions of all fuzz targets in a second of one core.
fn fuzzed(night: &Night) -> Option<f64> {
    let mut sum: Option<growstack_fuzz::tally::Tally> = None;
    for (_, tally) in night.tallies.iter().filter(|(id, _)| id.starts_with("fuzz-")) {
        sum.get_or_insert_default().add(tally);
    }
    sum.as_ref().map(rate)
}

/// Executions in a second of one core.
#[must_use]
pub fn rate(tally: &growstack_fuzz::tally::Tally) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let executions = tally.executions as f64;
    if tally.seconds > 0.0 { executions / tally.seconds } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growstack_fuzz::tally::Tally;

    #[test]
    fn rates_are_of_a_second() {
        let tally = Tally { executions: 300, seconds: 1.5, ..Tally::default() };
        assert!((rate(&tally) - 200.0).abs() < 1e-9);
        assert!(rate(&Tally::default()).abs() < 1e-9, "nothing ran");
    }

    #[test]
    fn a_night_that_measured_nothing_says_so() {
        let line = Line::of(&Night::default());
        assert_eq!((line.corpus, line.p50_ns, line.bytes_per_entry), (None, None, None));
        assert_eq!(line.rate, None);
    }

    #[test]
    fn the_followed_latency_is_that_of_warm_growth_down() {
        let told = |fault: &str, ns: f64| crate::latency::Told {
            n: FOLLOWED,
            fault: fault.to_owned(),
            caches: "warm".to_owned(),
            samples: 100_000,
            allocations: 0,
            points: vec![[0.0, 1.0], [0.3, ns], [4.0, 9.0 * ns]],
            empty: Vec::new(),
            max_ns: 100.0 * ns,
        };
        let latency = vec![told("up", 5.0), told("down", 7.0)];
        let line = Line::of(&Night { latency, ..Night::default() });
        assert_eq!((line.p50_ns, line.p9999_ns), (Some(7.0), Some(63.0)));
    }
}
