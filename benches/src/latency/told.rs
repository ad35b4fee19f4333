//! A distribution for programs, as `latency --json` writes it.

use serde::{Deserialize, Serialize};

use super::Distribution;
use super::plot::points;
use super::table::ns;

/// A distribution of one kind of growth.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Told {
    /// Entries of the map.
    pub n: usize,
    /// What becomes of the fault.
    pub fault: String,
    /// What the caches hold.
    pub caches: String,
    /// Samples of the run.
    pub samples: u64,
    /// Allocations in all samples of all runs.
    pub allocations: u64,
    /// Points of the line: nines of the share of growths, and the nanoseconds that these took at
    /// most.
    pub points: Vec<[f64; 2]>,
    /// The same for the empty pairs of readings.
    pub empty: Vec<[f64; 2]>,
    /// The slowest, in nanoseconds.
    pub max_ns: f64,
}

impl Told {
    /// What is told of `one`.
    #[must_use]
    pub fn of(one: &Distribution) -> Self {
        let line = |histogram| points(histogram, one.ns_per_tick).into_iter().map(<[f64; 2]>::from);
        Self {
            n: one.n,
            fault: one.fault.to_string(),
            caches: one.caches.to_string(),
            samples: one.samples(),
            allocations: one.allocations,
            points: line(&one.growths).collect(),
            empty: line(&one.empty).collect(),
            max_ns: ns(one.growths.max(), one.ns_per_tick),
        }
    }

    /// The nanoseconds that a share of growths took at most, told by its nines: two for 99 %.
    /// `None` with too few samples to tell.
    #[must_use]
    pub fn at(&self, nines: f64) -> Option<f64> {
        let near = |point: &&[f64; 2]| (point[0] - nines).abs() < 0.02;
        self.points.iter().find(near).map(|point| point[1])
    }
}
