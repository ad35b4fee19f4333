//! How the time of a night is shared out.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::step::Step;

/// With less time than this only what is quick runs, unless more is asked for by name.
pub const SHORT: Duration = Duration::from_secs(120);
/// The longest night: as much as a number of seconds in ten digits.
const LONGEST: Duration = Duration::from_secs(9_999_999_999);

/// Reads a budget: `10m`, `8h`, `1h 30m`; a bare number is of seconds.
///
/// # Errors
///
/// If it is neither, or too long.
pub fn read(text: &str) -> Result<Duration> {
    let budget = if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
        Duration::from_secs(text.parse().context("so many seconds are no budget")?)
    } else {
        humantime::parse_duration(text)?
    };
    ensure!(budget <= LONGEST, "that is too long for a night");
    Ok(budget)
}

/// The part that each step has of the sum of those that run. Those without one take what they take:
/// that is little, or is building, or comes only with a finding.
#[must_use]
pub const fn weight(step: Step) -> u32 {
    use growstack_fuzz::targets::Target;
    match step {
        Step::Restore | Step::Build | Step::Replay | Step::Triage => 0,
        Step::Random(_) => 5,
        Step::Fuzz(Target::Growth) => 14,
        Step::Fuzz(Target::Differential) => 13,
        Step::Fuzz(Target::Allocation) => 8,
        Step::Fuzz(Target::Concurrent) => 6,
        Step::Fuzz(Target::Index) => 7,
        Step::Fuzz(Target::Trace) => 4,
        Step::Minimise => 4,
        Step::Faults => 12,
        Step::Speed | Step::Compare => 10,
        Step::Latency => 4,
    }
}

/// The share of each of `steps` in `budget`, in whole seconds; together no more than the budget.
#[must_use]
pub fn shares(budget: Duration, steps: &[Step]) -> Vec<(Step, Duration)> {
    let whole: u32 = steps.iter().map(|step| weight(*step)).sum();
    let share = |step: Step| {
        let part = u64::from(weight(step));
        let seconds = u128::from(budget.as_secs()) * u128::from(part);
        let seconds = seconds.checked_div(u128::from(whole)).unwrap_or(0);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX))
    };
    steps.iter().map(|&step| (step, share(step))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::night::step::{Only, plan};

    #[test]
    fn a_bare_number_is_of_seconds() {
        assert_eq!(read("90").unwrap(), Duration::from_secs(90));
        assert_eq!(read("008").unwrap(), Duration::from_secs(8));
        assert_eq!(read("10m").unwrap(), Duration::from_secs(600));
        assert_eq!(read("1h 30m").unwrap(), Duration::from_secs(5400));
        for bad in ["", "-1", "ten", "10x", "99999999999999999999", "900000years"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shares_fill_the_budget_and_no_more() {
        for only in [None, Some(Only::Fuzz), Some(Only::Bench)] {
            for seconds in [120, 600, 1801, 28_800] {
                let budget = Duration::from_secs(seconds);
                let steps = plan(budget, only, true);
                let shares = shares(budget, &steps);
                let sum: u64 = shares.iter().map(|(_, share)| share.as_secs()).sum();
                assert!(sum <= seconds, "{only:?} {seconds}: {sum}");
                assert!(sum + steps.len() as u64 > seconds, "{only:?} {seconds}: {sum}");
                assert_eq!(shares.len(), steps.len());
            }
        }
    }

    #[test]
    fn a_short_night_is_all_random() {
        let budget = Duration::from_secs(10);
        let shares = shares(budget, &plan(budget, None, true));
        let random = shares.iter().filter(|(step, _)| matches!(step, Step::Random(_)));
        assert!(random.clone().count() == 2 && random.clone().all(|(_, s)| s.as_secs() >= 3));
    }

    #[test]
    fn nothing_to_share_is_no_error() {
        assert_eq!(shares(Duration::ZERO, &[Step::Replay]), [(Step::Replay, Duration::ZERO)]);
    }
}
