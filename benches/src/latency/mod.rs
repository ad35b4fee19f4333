//! The latency of single growths with warm caches, to the tail.
//!
//! Each sample is one growth of a random stack, between two readings of the time-stamp counter, on
//! one core. What follows it is not timed: the stack goes back to how it was made, so that the
//! number of entries never differs by more than one. There is no schedule that a slow growth could
//! put off, so nothing is corrected for coordinated omission.
//!
//! Some processors move their counter in steps of ten nanoseconds or so: single samples are no finer
//! than that. What an operation costs to the nanosecond is for the blocks of [`crate::speed`].
//!
//! Beside each distribution stands that of as many empty pairs of readings, taken in turn with the
//! samples: whatever it shows is the machine's doing. A pair is too short to be interrupted as often as
//! a growth, so a loop of the growth's median length runs in turn with both ([`tails`]).

mod sample;
mod steady;
mod tail;

use std::fmt::{self, Write as _};

use hdrhistogram::Histogram;
use serde::Serialize;

pub use self::sample::{Sampling, measure};
pub use self::tail::{Pooled, tails};

/// The quantiles shown, with the fewest samples that make one worth a number.
const QUANTILES: [(f64, u64); 5] =
    [(0.5, 1), (0.9, 10), (0.99, 100), (0.999, 10_000), (0.9999, 100_000)];

/// What becomes of the fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The address is mapped.
    Mapped,
    /// It is next to no stack.
    Outside,
    /// The stack above it grows down by a page.
    Down,
    /// The stack below it grows up by a page.
    Up,
    /// It is further below a stack than that may grow (rule 13.5).
    Refused,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Mapped, Self::Outside, Self::Down, Self::Up, Self::Refused];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mapped => "mapped",
            Self::Outside => "outside",
            Self::Down => "down",
            Self::Up => "up",
            Self::Refused => "refused",
        })
    }
}

/// The distribution of one kind of growth, in ticks, less those of an empty pair.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Entries of the map.
    pub n: usize,
    /// What becomes of the fault.
    pub fault: Fault,
    /// The samples of the best run: the one with the shortest tail.
    pub growths: Histogram<u64>,
    /// As many empty pairs of readings, in the same run.
    pub empty: Histogram<u64>,
    /// The samples of all runs, and of a loop as long as a growth.
    pub pooled: Pooled,
    /// Allocations in all samples of all runs.
    pub allocations: u64,
    /// Samples dropped because the core changed, in all runs.
    pub dropped: u64,
    /// Nanoseconds of a tick.
    pub ns_per_tick: f64,
}

impl Distribution {
    /// Nanoseconds at the quantiles that the number of samples bears out.
    fn quantiles(&self, histogram: &Histogram<u64>) -> Vec<(f64, f64)> {
        let shown = QUANTILES.iter().filter(|(_, fewest)| histogram.len() >= *fewest);
        shown.map(|(at, _)| (*at, self.ns(histogram.value_at_quantile(*at)))).collect()
    }

    fn ns(&self, ticks: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let ns = ticks as f64 * self.ns_per_tick;
        (ns * 10.0).round() / 10.0
    }

    /// The same for programs.
    #[must_use]
    pub fn record(&self) -> Record {
        Record {
            op: format!("grow_{}", self.fault),
            n: self.n,
            samples: self.growths.len(),
            quantiles: self.quantiles(&self.growths),
        }
    }
}

/// A distribution as JSON.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Record {
    /// The operation.
    pub op: String,
    /// Entries of the map.
    pub n: usize,
    /// How many growths.
    pub samples: u64,
    /// Shares of the growths, and the nanoseconds that they took at most.
    pub quantiles: Vec<(f64, f64)>,
}

/// A Markdown table with a row for each distribution, and for the clock of the largest one;
/// nanoseconds.
#[must_use]
pub fn table(all: &[Distribution]) -> String {
    let mut text = String::from(
        "| growth | entries | samples | p50 | p90 | p99 | p99.9 | p99.99 | max | allocations |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for one in all {
        let name = one.fault.to_string();
        row(&mut text, &name, one, &one.growths, &one.allocations.to_string());
    }
    if let Some(last) = all.last() {
        row(&mut text, "the clock alone", last, &last.empty, "");
    }
    text
}

fn row(text: &mut String, name: &str, of: &Distribution, histogram: &Histogram<u64>, end: &str) {
    // Writing to a string does not fail.
    let _ = write!(text, "| {name} | {} | {} |", of.n, histogram.len());
    let quantiles = of.quantiles(histogram);
    for at in 0..QUANTILES.len() {
        let cell = quantiles.get(at).map_or_else(String::new, |(_, ns)| format!("{ns:.0}"));
        let _ = write!(text, " {cell} |");
    }
    let _ = writeln!(text, " {:.0} | {end} |", of.ns(histogram.max()));
}
