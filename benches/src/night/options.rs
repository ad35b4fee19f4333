//! What a night is asked to do.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;

use super::budget;
use super::step::Only;

/// Run growstack against all that it is tested with, and write one report.
///
/// A whole night brings back the corpora of the last one, replays every golden trace, runs random
/// sequences and every fuzz target on all cores, makes the corpora small, makes what was found short
/// and sorts it, hunts some of the planted faults, measures speed and latency, and compares the
/// engine with itself as it was when a night was last clean. With a budget below two minutes it only
/// replays and runs random sequences, unless --only says otherwise.
///
/// The report is DIR/report.html, one file that needs no network, and DIR/summary.md. Ctrl-C stops
/// the night cleanly: what was found is kept, made short if that is soon done, and reported;
/// --resume goes on from there.
///
/// Exit status: 0 all clean, 1 something was found or got slower, 2 something could not run or the
/// night was stopped. What was found wins over what could not run.
#[derive(Clone, Debug, Parser)]
#[command(name = "scripts/nightly", max_term_width = 100)]
pub struct Options {
    /// How long it may take, beside building: 10m, 8h; a bare number is of seconds.
    #[arg(long, value_name = "TIME", default_value = "60", value_parser = budget::read)]
    pub budget: Duration,

    /// Run one part alone.
    #[arg(long, value_name = "PART")]
    pub only: Option<Only>,

    /// What nights leave to each other: corpora, findings, history. By default nightly/ in the
    /// target folder. Only one night at a time may use it.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,

    /// Where the report goes. By default report/ in the state.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Go on with the night that was stopped, with its budget, seed and parts. Steps that were done
    /// are kept.
    #[arg(long)]
    pub resume: bool,

    /// The seed of all choices; by default from the date and time.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Hunt every N-th of the planted faults, from the K-th on, or none. By default others each
    /// night, and the more the longer it is.
    #[arg(long, value_name = "K/N|none")]
    pub faults: Option<Asked>,

    /// Build the fuzz targets with AddressSanitizer, which needs a nightly compiler.
    #[arg(long)]
    pub sanitizer: bool,

    /// The project's folder.
    #[arg(long, value_name = "DIR", default_value = ".", hide = true)]
    pub root: PathBuf,
}

/// Which planted faults are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// None.
    None,
    /// Some.
    Some(Subset),
}

/// Every `n`-th, from the `k`-th on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subset {
    k: u32,
    n: u32,
}

/// What hunting one takes, with its build, in seconds.
const ONE_FAULT: u64 = 25;

impl Subset {
    /// Of so many `faults` as many as can be hunted in `share`, others on each of the nights, which
    /// are numbered.
    #[must_use]
    pub fn of_night(share: Duration, faults: usize, night: usize) -> Self {
        let wanted = usize::try_from(share.as_secs() / ONE_FAULT).unwrap_or(usize::MAX).max(2);
        let n = faults.div_ceil(wanted).max(1);
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { k: number(night % n + 1), n: number(n) }
    }
}

impl fmt::Display for Subset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.k, self.n)
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Some(subset) => subset.fmt(f),
        }
    }
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::None);
        }
        let parts =
            text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((k, n)) if 1 <= k && k <= n => Ok(Self::Some(Subset { k, n })),
            _ => Err("wants K/N with K from 1 to N, or none".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
        let options = Options::try_parse_from(["nightly", "--budget", "8h", "--only", "fuzz"]);
        let options = options.unwrap();
        assert_eq!(options.budget, Duration::from_secs(8 * 3600));
        assert_eq!(options.only, Some(Only::Fuzz));
        assert!(Options::try_parse_from(["nightly", "--only", "half"]).is_err());
    }

    #[test]
    fn subsets_are_read_and_printed() {
        for text in ["none", "3/10", "1/1"] {
            assert_eq!(text.parse::<Asked>().unwrap().to_string(), text);
        }
        for bad in ["", "0/3", "4/3", "3", "a/b", "-1/2", "1/2/3"] {
            assert!(bad.parse::<Asked>().is_err(), "{bad}");
        }
    }

    #[test]
    fn in_n_nights_every_fault_has_its_turn() {
        let share = Duration::from_secs(72);
        let Subset { n, .. } = Subset::of_night(share, 85, 0);
        assert_eq!(n, 43, "two a night");
        let mut turns: Vec<u32> =
            (0..n as usize).map(|night| Subset::of_night(share, 85, night).k).collect();
        turns.sort_unstable();
        assert_eq!(turns, (1..=n).collect::<Vec<_>>());
        let long = Duration::from_secs(1 << 20);
        assert_eq!(Subset::of_night(long, 85, 9), Subset { k: 1, n: 1 });
    }
}
