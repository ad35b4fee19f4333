//! The two bounds that a served growth is held to, of medians.

use std::fmt;

use super::results::AtSize;
use super::subject::Kind;

/// The largest share of the engine in a growth fault, in percent.
const MOST_SHARE: f64 = 5.0;

/// The engine beside the whole fault and beside the kernel's growth.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// How many other mappings.
    others: u64,
    /// What the engine takes, in nanoseconds.
    engine: f64,
    /// The same in ticks.
    ticks: f64,
    /// What the whole fault takes.
    whole: f64,
    /// What `MAP_GROWSDOWN` takes above a first touch, if it was measured.
    kernel: Option<f64>,
}

impl Verdict {
    /// The verdict on page-by-page growth with one number of other mappings; `None` if it was not
    /// measured.
    #[must_use]
    pub fn on(size: &AtSize) -> Option<Self> {
        let row = size.row(Kind::Engine)?;
        let (engine, ticks) = (row.engine?.p50, row.engine_ticks?.p50);
        let median = |kind| Some(size.row(kind)?.whole.p50);
        let kernel =
            median(Kind::GrowsDown).and_then(|grown| Some(grown - median(Kind::FirstTouch)?));
        Some(Self { others: size.others, engine, ticks, whole: row.whole.p50, kernel })
    }

    /// The engine's share of the fault, in percent.
    #[must_use]
    pub fn share(&self) -> f64 {
        100.0 * self.engine / self.whole
    }

    /// Are both bounds kept?
    #[must_use]
    pub fn holds(&self) -> bool {
        self.share() < MOST_SHARE && self.kernel.is_some_and(|kernel| self.engine < kernel)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yes = |kept| if kept { "yes" } else { "NO" };
        let share = self.share();
        writeln!(
            f,
            "{:>6} others: the engine takes {:.0} ns ({:.0} ticks) of {:.0} ns, {share:.1} %; below \
             {MOST_SHARE} %: {}",
            self.others,
            self.engine,
            self.ticks,
            self.whole,
            yes(share < MOST_SHARE),
        )?;
        match self.kernel {
            Some(kernel) => write!(
                f,
                "{:>14} MAP_GROWSDOWN takes {kernel:.0} ns more than a first touch; engine below \
                 that: {}",
                "",
                yes(self.engine < kernel),
            ),
            None => write!(f, "{:>14} MAP_GROWSDOWN was not measured", ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::results::{Quantiles, Row};

    fn row(kind: Kind, whole: f64, engine: Option<f64>) -> Row {
        let of = |p50| Quantiles {
            samples: 9,
            p50,
            p90: p50,
            p99: p50,
            p999: p50,
            p9999: p50,
            max: p50,
        };
        let (whole, engine, engine_ticks) = (of(whole), engine.map(of), engine.map(of));
        Row { kind, whole, engine, engine_ticks, commit: None, dropped: 0 }
    }

    fn size(first: f64, kernel: f64, whole: f64, engine: f64) -> AtSize {
        let rows = vec![
            row(Kind::FirstTouch, first, None),
            row(Kind::GrowsDown, kernel, None),
            row(Kind::Engine, whole, Some(engine)),
        ];
        AtSize { others: 1, mappings: 1, entries: None, rows, missing: Vec::new() }
    }

    #[test]
    fn each_bound_can_be_missed() {
        let holds = |size| Verdict::on(&size).is_some_and(|verdict| verdict.holds());
        assert!(holds(size(500.0, 1800.0, 4000.0, 100.0)));
        assert!(!holds(size(500.0, 1800.0, 2000.0, 100.0)), "the share is 5 %");
        assert!(!holds(size(500.0, 550.0, 4000.0, 100.0)), "the kernel is faster");
    }

    #[test]
    fn what_was_not_measured_does_not_hold() {
        let mut size = size(500.0, 1800.0, 4000.0, 100.0);
        size.rows.retain(|row| row.kind != Kind::GrowsDown);
        assert!(Verdict::on(&size).is_some_and(|verdict| !verdict.holds()));
        size.rows.clear();
        assert!(Verdict::on(&size).is_none());
    }
}
