//! Distributions as text.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

use super::Distribution;

/// The quantiles shown, with the fewest samples that make one worth a number.
const QUANTILES: [(&str, f64, u64); 5] = [
    ("p50", 0.5, 1),
    ("p90", 0.9, 10),
    ("p99", 0.99, 100),
    ("p99.9", 0.999, 10_000),
    ("p99.99", 0.9999, 100_000),
];

/// A row for each distribution, and under it that of the empty pairs; nanoseconds.
#[must_use]
pub fn table(all: &[Distribution]) -> String {
    let mut text = format!("{:<22}{:>9}", "grow, ns", "samples");
    for (name, ..) in QUANTILES {
        // Writing to a string does not fail.
        let _ = write!(text, "{name:>9}");
    }
    let _ = writeln!(text, "{:>11}{:>7}{:>8}{:>9}", "max", "nodes", "stacks", "allocs");
    for one in all {
        let _ = write!(text, "{:<22}", one.title());
        row(&mut text, &one.growths, one.ns_per_tick);
        let _ = writeln!(text, "{:>7}{:>8}{:>9}", one.nodes, one.stacks, one.allocations);
        let _ = write!(text, "{:<22}", "  empty timer pair");
        row(&mut text, &one.empty, one.ns_per_tick);
        text.push('\n');
        if one.dropped > 0 {
            let _ = writeln!(text, "  {} samples dropped: the core changed", one.dropped);
        }
    }
    text
}

fn row(text: &mut String, histogram: &Histogram<u64>, ns_per_tick: f64) {
    let _ = write!(text, "{:>9}", histogram.len());
    for (_, quantile, fewest) in QUANTILES {
        if histogram.len() < fewest {
            let _ = write!(text, "{:>9}", "-");
        } else {
            let _ = write!(text, "{:>9.0}", ns(histogram.value_at_quantile(quantile), ns_per_tick));
        }
    }
    let _ = write!(text, "{:>11.0}", ns(histogram.max(), ns_per_tick));
}

/// Nanoseconds of a number of ticks.
pub(super) fn ns(ticks: u64, ns_per_tick: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let ticks = ticks as f64;
    ticks * ns_per_tick
}
