//! How far off a mean may be.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The middle of some samples, and where it lies as far as they can tell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The trimmed mean.
    pub middle: f64,
    /// The upper end.
    pub high: f64,
}

/// Share of the samples left out on either side: a run that something else disturbed.
const TRIMMED: f64 = 0.2;
/// Resamples.
const RESAMPLES: usize = 4000;
/// Share of the resamples beyond either end: the interval holds 99 %.
const TAIL: f64 = 0.005;

/// The trimmed mean of samples, with a bootstrap interval of 99 % around it. The same samples give
/// the same interval. All are 0 without samples. O(samples).
#[must_use]
pub fn interval(samples: &[f64]) -> Interval {
    let random = &mut StdRng::seed_from_u64(1);
    let mut resampled = vec![0.0; samples.len()];
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            for place in &mut resampled {
                let drawn = random.random_range(0..samples.len());
                *place = samples.get(drawn).copied().unwrap_or(0.0);
            }
            trimmed_mean(&mut resampled)
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    let mut samples = samples.to_vec();
    let middle = trimmed_mean(&mut samples);
    Interval { low: quantile(&means, TAIL), middle, high: quantile(&means, 1.0 - TAIL) }
}

/// The mean without the extremes; sorts the samples. 0 if there are none.
fn trimmed_mean(samples: &mut [f64]) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    let trimmed = place(samples.len(), TRIMMED);
    let kept = samples.get(trimmed..samples.len() - trimmed).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = kept.len().max(1) as f64;
    kept.iter().sum::<f64>() / count
}

/// The median; sorts the samples. 0 if there are none.
#[must_use]
pub fn median(samples: &mut [f64]) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    quantile(samples, 0.5)
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = place(sorted.len(), share).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(0.0)
}

fn place(len: usize, share: f64) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let at = len as f64 * share;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within a length")]
    let at = at as usize;
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::verdict::Verdict;

    /// Logarithms of ratios as a busy machine gives them: a few per cent of noise around `shift`,
    /// and one block in twenty that is off by much more, up to half.
    fn noisy(shift: f64, count: usize, random: &mut StdRng) -> Vec<f64> {
        let one = |random: &mut StdRng| {
            let noise: f64 = (0..6).map(|_| random.random_range(-0.015..0.015)).sum();
            let disturbed = random.random_range(0..20) == 0;
            let outlier = if disturbed { random.random_range(-0.5..0.5) } else { 0.0 };
            shift.ln_1p() + noise + outlier
        };
        (0..count).map(|_| one(random)).collect()
    }

    fn verdicts(shift: f64) -> Vec<Verdict> {
        let random = &mut StdRng::seed_from_u64(7);
        let judge = |_| {
            let (head, null) = (noisy(shift, 20, random), noisy(0.0, 20, random));
            Verdict::of_times(&interval(&head), &interval(&null))
        };
        (0..200).map(judge).collect()
    }

    #[test]
    fn noise_alone_is_no_change() {
        assert!(verdicts(0.0).iter().all(|verdict| *verdict == Verdict::NoChange));
        assert!(verdicts(0.03).iter().all(|verdict| *verdict == Verdict::NoChange));
    }

    #[test]
    fn a_shift_is_seen_through_noise() {
        assert!(verdicts(0.2).iter().all(|verdict| *verdict == Verdict::Regression));
        assert!(verdicts(-0.2).iter().all(|verdict| *verdict == Verdict::Faster));
        let seen = verdicts(0.15).iter().filter(|v| **v == Verdict::Regression).count();
        assert!(seen >= 180, "{seen} of 200");
    }

    #[test]
    fn the_interval_is_around_the_middle_and_narrows() {
        let random = &mut StdRng::seed_from_u64(3);
        let (few, many) = (noisy(0.1, 10, random), noisy(0.1, 200, random));
        let (few, many) = (interval(&few), interval(&many));
        for seen in [few, many] {
            assert!(seen.low <= seen.middle && seen.middle <= seen.high, "{seen:?}");
        }
        assert!(many.high - many.low < few.high - few.low);
        assert!(many.low < 1.1_f64.ln() && 1.1_f64.ln() < many.high, "{many:?}");
    }

    #[test]
    fn few_samples_or_none_are_no_panic() {
        assert_eq!(interval(&[]), Interval { low: 0.0, middle: 0.0, high: 0.0 });
        assert_eq!(interval(&[0.5]), Interval { low: 0.5, middle: 0.5, high: 0.5 });
        assert!((median(&mut [3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(&mut []).abs() < f64::EPSILON);
    }
}
