//! Work of a fixed length that touches no memory: what its tail shows is the machine's doing.

use std::hint::black_box;

use crate::clock::{Clock, start, stop};

/// Runs of which a median is taken.
const RUNS: usize = 501;
/// Steps that are long beside the clock.
const MANY: u64 = 4096;

/// A chain of multiplications, each of which needs the one before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Steady {
    steps: u64,
}

impl Steady {
    /// As many steps as take a number of ticks, by the median.
    ///
    /// The start of a loop takes some time too, so that one correction follows the first guess.
    pub(super) fn of_length(ticks: u64, clock: &Clock) -> Self {
        let per_step = Self { steps: MANY }.median(clock) / as_f64(MANY);
        let steps = |ticks: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates"
            )]
            let steps = (ticks / per_step.max(f64::MIN_POSITIVE)).round() as u64;
            steps.clamp(1, 1 << 32)
        };
        let guess = Self { steps: steps(as_f64(ticks)) };
        let start = guess.median(clock) - as_f64(guess.steps) * per_step;
        Self { steps: steps(as_f64(ticks) - start) }
    }

    /// Ticks of one run, the readings of the clock included, and the core it ended on.
    #[inline(never)]
    pub(super) fn time(self) -> (u64, u32) {
        let began = start();
        let mut word = black_box(0x9e37_79b9_7f4a_7c15_u64);
        for _ in 0..self.steps {
            word = (word ^ (word >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        }
        black_box(word);
        let ended = stop();
        (ended.ticks.saturating_sub(began), ended.core)
    }

    fn median(self, clock: &Clock) -> f64 {
        let mut ticks: Vec<u64> = (0..RUNS).map(|_| self.time().0).collect();
        ticks.sort_unstable();
        as_f64(ticks.get(RUNS / 2).map_or(0, |ticks| ticks.saturating_sub(clock.overhead)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
const fn as_f64(ticks: u64) -> f64 {
    ticks as f64
}
