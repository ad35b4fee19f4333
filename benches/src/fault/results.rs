//! What came out, as numbers: the table, the verdicts and the JSON file are made from it.

use hdrhistogram::Histogram;
use serde::Serialize;

use super::subject::Kind;

/// A run.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    /// Processor, compiler and flags.
    pub host: String,
    /// The kernel.
    pub kernel: String,
    /// Nanoseconds of a tick of the time-stamp counter.
    pub ns_per_tick: f64,
    /// What was measured, for each number of other mappings.
    pub sizes: Vec<AtSize>,
}

/// What was measured with one number of other mappings.
#[derive(Clone, Debug, Serialize)]
pub struct AtSize {
    /// How many other mappings.
    pub others: u64,
    /// Mappings of the process, as the kernel counts them, before the first growth.
    pub mappings: usize,
    /// Entries of the engine's map before the first growth. Each growth adds one.
    pub entries: Option<usize>,
    /// One subject each.
    pub rows: Vec<Row>,
    /// What could not be measured.
    pub missing: Vec<Missing>,
}

/// The faults of one subject.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Which.
    pub kind: Kind,
    /// From the touch until its return.
    pub whole: Quantiles,
    /// Asking the engine.
    pub engine: Option<Quantiles>,
    /// The same in ticks of the time-stamp counter.
    pub engine_ticks: Option<Quantiles>,
    /// The kernel's call that commits memory.
    pub commit: Option<Quantiles>,
    /// Samples dropped because the core changed.
    pub dropped: u64,
}

/// What could not be measured, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Missing {
    /// What.
    pub kind: Kind,
    /// Why.
    pub why: String,
}

/// A distribution, in nanoseconds where nothing else is said, less what reading the clock takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quantiles {
    /// Samples.
    pub samples: u64,
    /// The median.
    pub p50: f64,
    /// 90 %.
    pub p90: f64,
    /// 99 %.
    pub p99: f64,
    /// 99.9 %.
    pub p999: f64,
    /// 99.99 %.
    pub p9999: f64,
    /// The largest.
    pub max: f64,
}

impl Quantiles {
    /// Those of a histogram of ticks, in the unit of which a tick is `scale`.
    #[must_use]
    pub fn of(histogram: &Histogram<u64>, scale: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let scaled = |ticks: u64| ticks as f64 * scale;
        let at = |quantile| scaled(histogram.value_at_quantile(quantile));
        Self {
            samples: histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            p9999: at(0.9999),
            max: scaled(histogram.max()),
        }
    }
}

impl AtSize {
    /// The row of a subject.
    #[must_use]
    pub fn row(&self, kind: Kind) -> Option<&Row> {
        self.rows.iter().find(|row| row.kind == kind)
    }
}
