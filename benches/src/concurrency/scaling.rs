//! Two threads on one map beside two that have a map each: how both scale, and what that tells.

use super::Mix;

/// Below this, the control did not have two cores: nothing can be said.
const FEWEST: f64 = 1.7;

/// Cache lines that a growth cannot but move where another thread grows and reads: that of the
/// locks, and that of the view in which a boundary moves.
const LINES: f64 = 2.0;

/// Rates of one measurement, in faults a second.
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

/// What a run tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing: the control did not have two cores.
    Void,
    /// What the machine takes, not the map: a bound that wants so much leaves less time for a growth
    /// than the cache lines take that a growth must move.
    Far,
    /// How the map scales.
    Counts,
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

    /// What this run tells where a share of `least` is wanted.
    #[must_use]
    pub fn verdict(&self, mix: Mix, least: f64) -> Verdict {
        let growths = f64::from(100_u32.saturating_sub(mix.0)) / 100.0;
        // What two threads may take longer than one, for each growth.
        let left = (1.0 / least - 1.0) * 1e9 / self.one / growths;
        if self.control() < FEWEST {
            Verdict::Void
        } else if LINES * self.line > left {
            Verdict::Far
        } else {
            Verdict::Counts
        }
    }
}

/// The median share of the runs of a kind, and how many they are; `None` if there is none.
#[must_use]
pub fn share(runs: &[Run], mix: Mix, least: f64, kind: Verdict) -> Option<(f64, usize)> {
    let of_kind = runs.iter().filter(|run| run.verdict(mix, least) == kind);
    let mut shares: Vec<f64> = of_kind.map(Run::share).collect();
    shares.sort_by(f64::total_cmp);
    Some((*shares.get(shares.len() / 2)?, shares.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: Run = Run { one: 32e6, two: 51e6, alone: 32e6, both: 64e6, line: 27.0 };

    #[test]
    fn the_share_is_that_of_the_scalings() {
        let slower = Run { one: 40e6, two: 40e6, alone: 20e6, both: 40e6, ..RUN };
        assert!((slower.shared() - 1.0).abs() < 1e-9 && (slower.control() - 2.0).abs() < 1e-9);
        assert!((slower.share() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_bound_that_the_machine_cannot_meet_tells_nothing_of_the_map() {
        let far = Run { line: 160.0, ..RUN };
        assert_eq!(RUN.verdict(Mix(95), 0.8), Verdict::Counts);
        // 0.8 leaves 156 ns for each growth: less than two lines take.
        assert_eq!(far.verdict(Mix(95), 0.8), Verdict::Far);
        assert_eq!(Run { line: 77.0, ..RUN }.verdict(Mix(95), 0.8), Verdict::Counts);
        assert_eq!(Run { line: 79.0, ..RUN }.verdict(Mix(95), 0.8), Verdict::Far);
        assert_eq!(far.verdict(Mix(100), 0.95), Verdict::Counts, "nothing grows");
        assert_eq!(Run { both: 50e6, ..far }.verdict(Mix(95), 0.8), Verdict::Void);
    }

    #[test]
    fn each_kind_has_a_median_of_its_own() {
        let far = Run { line: 160.0, two: 30e6, ..RUN };
        let runs = [RUN, far, Run { two: 48e6, ..RUN }, Run { two: 45e6, ..RUN }];
        let (median, counted) = share(&runs, Mix(95), 0.8, Verdict::Counts).expect("three");
        assert!((median - 0.75).abs() < 1e-9 && counted == 3);
        assert_eq!(share(&runs, Mix(95), 0.8, Verdict::Far).map(|(_, n)| n), Some(1));
        assert_eq!(share(&runs, Mix(95), 0.8, Verdict::Void), None);
    }
}
