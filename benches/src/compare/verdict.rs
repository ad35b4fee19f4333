//! What figures come to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::statistics::Interval;

/// What a benchmark shows of the head.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Verdict {
    /// It takes as long as the base, as far as can be told.
    #[serde(rename = "no change")]
    NoChange,
    /// It is faster.
    #[serde(rename = "faster")]
    Faster,
    /// It is slower, by less than what fails.
    #[serde(rename = "slower")]
    Slower,
    /// It is slower, by so much that the comparison fails.
    #[serde(rename = "regression")]
    Regression,
}

/// More instructions than this many per cent are a warning, fewer an improvement.
pub const SOFT_PERCENT: u128 = 2;
/// As many more instructions or more fail.
pub const HARD_PERCENT: u128 = 5;
/// A ratio of times this far from 1, or farther, counts: less may come from where the linker put the
/// code.
pub const TIME: f64 = 0.10;
/// The interval must be this far from 1, or farther if the null control was.
pub const LEAST_FLOOR: f64 = 0.05;

impl Verdict {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoChange => "no change",
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Regression => "regression",
        }
    }

    /// The worst of some; no change if there are none.
    #[must_use]
    pub fn worst(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().max().unwrap_or(Self::NoChange)
    }

    /// Of instructions for the same operations. Exact, so that 5 % itself fails.
    #[must_use]
    pub fn of_instructions(base: u64, head: u64) -> Self {
        let (base, head) = (u128::from(base), u128::from(head));
        if head * 100 >= base * (100 + HARD_PERCENT) && head > base {
            Self::Regression
        } else if head * 100 >= base * (100 + SOFT_PERCENT) && head > base {
            Self::Slower
        } else if head * 100 <= base * (100 - SOFT_PERCENT) && head < base {
            Self::Faster
        } else {
            Self::NoChange
        }
    }

    /// Of the logarithms of the ratios of times: the head's, and the null control's.
    ///
    /// The middle must be [`TIME`] away from 1, and the whole interval beyond both [`LEAST_FLOOR`]
    /// and what the null control, a copy of the base, seemed to differ by.
    #[must_use]
    pub fn of_times(head: &Interval, null: &Interval) -> Self {
        let floor = LEAST_FLOOR.ln_1p().max(null.low.abs()).max(null.high.abs());
        match Self::leaning(head.middle) {
            Self::Regression if head.low > floor => Self::Regression,
            Self::Faster if head.high < -floor => Self::Faster,
            _ => Self::NoChange,
        }
    }

    /// What the logarithm of a ratio of times would come to if it were sure.
    #[must_use]
    pub fn leaning(middle: f64) -> Self {
        if middle >= TIME.ln_1p() {
            Self::Regression
        } else if middle <= -TIME.ln_1p() {
            Self::Faster
        } else {
            Self::NoChange
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_have_a_soft_and_a_hard_limit() {
        let of = |head| Verdict::of_instructions(1000, head);
        let expected = [
            (0, Verdict::Faster),
            (980, Verdict::Faster),
            (981, Verdict::NoChange),
            (1000, Verdict::NoChange),
            (1019, Verdict::NoChange),
            (1020, Verdict::Slower),
            (1049, Verdict::Slower),
            (1050, Verdict::Regression),
            (u64::MAX, Verdict::Regression),
        ];
        for (head, verdict) in expected {
            assert_eq!(of(head), verdict, "{head}");
        }
        assert_eq!(Verdict::of_instructions(0, 0), Verdict::NoChange);
        assert_eq!(Verdict::of_instructions(u64::MAX, u64::MAX), Verdict::NoChange);
    }

    #[test]
    fn a_ratio_counts_if_it_is_large_sure_and_beyond_the_null_control() {
        let interval = |low: f64, middle: f64, high: f64| Interval {
            low: low.ln(),
            middle: middle.ln(),
            high: high.ln(),
        };
        let quiet = interval(0.99, 1.0, 1.01);
        let of = |head, null| Verdict::of_times(&head, &null);
        assert_eq!(of(interval(1.12, 1.15, 1.18), quiet), Verdict::Regression);
        assert_eq!(of(interval(1.06, 1.09, 1.12), quiet), Verdict::NoChange, "too small");
        assert_eq!(of(interval(1.02, 1.15, 1.30), quiet), Verdict::NoChange, "too unsure");
        assert_eq!(of(interval(0.82, 0.85, 0.88), quiet), Verdict::Faster);
        let loud = interval(0.95, 1.04, 1.13);
        assert_eq!(of(interval(1.12, 1.15, 1.18), loud), Verdict::NoChange, "too loud");
        assert_eq!(of(interval(1.14, 1.15, 1.18), loud), Verdict::Regression);
        assert_eq!(of(interval(0.82, 0.85, 0.90), loud), Verdict::NoChange);
        let not_a_number = Interval { low: f64::NAN, middle: f64::NAN, high: f64::NAN };
        assert_eq!(of(not_a_number, quiet), Verdict::NoChange);
    }

    #[test]
    fn the_worst_decides() {
        use Verdict::{Faster, NoChange, Regression, Slower};
        assert_eq!(Verdict::worst([NoChange, Faster]), Faster);
        assert_eq!(Verdict::worst([Slower, Faster, Regression]), Regression);
        assert_eq!(Verdict::worst([]), NoChange);
    }
}
