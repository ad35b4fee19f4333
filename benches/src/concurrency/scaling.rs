//! Two threads on one map beside two that have a map each: how both scale, and what that tells.

use super::Mix;

/// Below this, the control did not have two cores: nothing can be said.
const FEWEST: f64 = 1.7;

/// Cache lines that a growth cannot but move where another thread grows and reads: that of the
/// locks, and that of the view in which a boundary moves.
const LINES: f64 = 2.0;

/// Rates that were measured one after the other, in faults a second; or their medians.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// One thread on the shared map.
    pub one: f64,
    /// Two threads on it.
    pub two: f64,
    /// One thread on a map of its own.
    pub alone: f64,
    /// Two threads, each on a map of its own.
    pub both: f64,
    /// Nanoseconds that a cache line took to the other core, the most that was measured.
    pub line: f64,
}

impl Run {
    /// The scaling of the shared map.
    #[must_use]
    pub fn shared(&self) -> f64 {
        self.two / self.one
    }

    /// The scaling of the control.
    #[must_use]
    pub fn control(&self) -> f64 {
        self.both / self.alone
    }

    /// How much of the control's scaling the shared map reaches.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.shared() / self.control()
    }

    /// Does this tell nothing, since the control did not have two cores?
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.control() < FEWEST
    }

    /// Does this tell what the machine takes, and not the map? So it is where a share of `least`
    /// leaves less time for a growth than the cache lines take that a growth must move.
    #[must_use]
    pub fn is_far(&self, mix: Mix, least: f64) -> bool {
        let growths = f64::from(100_u32.saturating_sub(mix.0)) / 100.0;
        // What two threads may take longer than one, for each growth.
        let left = (1.0 / least - 1.0) * 1e9 / self.one / growths;
        LINES * self.line > left
    }

    /// The median of each rate by itself: another program on the machine spoils some of them, and
    /// in no run all. `None` without runs.
    #[must_use]
    pub fn median(runs: &[Self]) -> Option<Self> {
        let of = |rate: fn(&Self) -> f64| {
            let mut rates: Vec<f64> = runs.iter().map(rate).collect();
            rates.sort_by(f64::total_cmp);
            rates.get(rates.len() / 2).copied()
        };
        Some(Self {
            one: of(|run| run.one)?,
            two: of(|run| run.two)?,
            alone: of(|run| run.alone)?,
            both: of(|run| run.both)?,
            line: of(|run| run.line)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: Run = Run { one: 32e6, two: 51e6, alone: 32e6, both: 64e6, line: 27.0 };

    #[test]
    fn the_share_is_that_of_the_scalings() {
        let slower = Run { one: 40e6, two: 40e6, alone: 20e6, both: 40e6, ..RUN };
        assert!((slower.shared() - 1.0).abs() < 1e-9 && (slower.control() - 2.0).abs() < 1e-9);
        assert!((slower.share() - 0.5).abs() < 1e-9 && !slower.is_void());
        assert!(Run { both: 54e6, ..RUN }.is_void() && !Run { both: 55e6, ..RUN }.is_void());
    }

    #[test]
    fn a_bound_that_the_machine_cannot_meet_tells_nothing_of_the_map() {
        // 0.8 leaves 156 ns for each growth: less than two lines take.
        assert!(!Run { line: 77.0, ..RUN }.is_far(Mix(95), 0.8));
        assert!(Run { line: 79.0, ..RUN }.is_far(Mix(95), 0.8));
        assert!(!Run { line: 1000.0, ..RUN }.is_far(Mix(100), 0.95), "nothing grows");
    }

    #[test]
    fn each_rate_has_a_median_of_its_own() {
        let spoilt = [Run { two: 5e6, ..RUN }, Run { both: 9e6, ..RUN }, Run { one: 1e6, ..RUN }];
        let median = Run::median(&spoilt).expect("three");
        assert!((median.share() - RUN.share()).abs() < 1e-9 && (median.line - 27.0).abs() < 1e-9);
        assert!(Run::median(&[]).is_none());
    }
}
