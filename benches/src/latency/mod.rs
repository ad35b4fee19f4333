//! The latency of single growths, to the tail.
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
//! samples: whatever it shows is the machine's doing.

mod evict;
mod sample;
pub mod table;

use std::fmt;

use hdrhistogram::Histogram;

pub use self::sample::{Sampling, measure};

/// Samples below which the outermost ten-thousandth is not worth a number.
const FEWEST_FOR_TAIL: u64 = 100_000;

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

/// What the caches hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caches {
    /// What the growths before left there.
    Warm,
    /// Nothing of the map: they were emptied before the growth.
    Cold,
}

impl fmt::Display for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warm => "warm",
            Self::Cold => "cold",
        })
    }
}

/// The distribution of one kind of growth, in ticks, less those of an empty pair.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Entries of the map.
    pub n: usize,
    /// How many stacks a sample was drawn from.
    pub stacks: usize,
    /// What becomes of the fault.
    pub fault: Fault,
    /// What the caches hold.
    pub caches: Caches,
    /// The samples of the best run: the one with the shortest tail.
    pub growths: Histogram<u64>,
    /// As many empty pairs of readings, in the same run.
    pub empty: Histogram<u64>,
    /// Allocations in all samples of all runs.
    pub allocations: u64,
    /// Samples dropped because the core changed, in all runs.
    pub dropped: u64,
    /// Nodes that a descent visits.
    pub nodes: usize,
    /// Nanoseconds of a tick.
    pub ns_per_tick: f64,
}

impl Distribution {
    /// Its name.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {} {}", self.caches, self.fault, self.n)
    }

    /// Samples of the run.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.growths.len()
    }

    /// Did the stack grow?
    #[must_use]
    pub fn is_growth(&self) -> bool {
        matches!(self.fault, Fault::Down | Fault::Up)
    }

    /// Is it the one that the tail is judged by?
    #[must_use]
    pub fn is_warm_down(&self) -> bool {
        (self.fault, self.caches) == (Fault::Down, Caches::Warm)
    }

    /// p99.99 over p50; `None` with too few samples to tell.
    #[must_use]
    pub fn tail_ratio(&self) -> Option<f64> {
        let at = |quantile| {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let ticks = self.growths.value_at_quantile(quantile).max(1) as f64;
            ticks
        };
        (self.samples() >= FEWEST_FOR_TAIL).then(|| at(0.9999) / at(0.5))
    }
}
