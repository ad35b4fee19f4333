//! The tail of growths beside the machine's own.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

use super::{Distribution, Fault, QUANTILES};

/// The growths shown, which edit the map.
const SHOWN: [Fault; 2] = [Fault::Down, Fault::Up];
/// The quantile that is compared.
const TAIL: f64 = 0.9999;

/// The samples of all runs together, so that no tail is chosen for being short.
#[derive(Clone, Debug)]
pub struct Pooled {
    /// The growths.
    pub growths: Histogram<u64>,
    /// A loop of the same median length, in turn with them.
    pub steady: Histogram<u64>,
    /// Empty pairs of readings, in turn with both.
    pub empty: Histogram<u64>,
}

impl Pooled {
    /// How many times the loop's tail the growths' is, if there are enough samples of both.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let tail = |histogram: &Histogram<u64>| {
            let fewest = QUANTILES.iter().find(|(at, _)| *at >= TAIL).map(|(_, fewest)| *fewest)?;
            let enough = histogram.len() >= fewest;
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            enough.then(|| histogram.value_at_quantile(TAIL) as f64)
        };
        Some(tail(&self.growths)? / tail(&self.steady)?)
    }
}

/// A Markdown table: for each growth that edits a row of its own, of the loop, and of the clock;
/// nanoseconds.
#[must_use]
pub fn tails(all: &[Distribution]) -> String {
    let mut text = String::from(
        "| all runs | entries | samples | p50 | p99 | p99.9 | p99.99 | times the loop's p99.99 |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for one in all.iter().filter(|one| SHOWN.contains(&one.fault)) {
        let pooled = &one.pooled;
        let ratio = pooled.ratio().map_or_else(|| "–".into(), |ratio| format!("{ratio:.2}"));
        row(&mut text, &one.fault.to_string(), one, &pooled.growths, &ratio);
        row(&mut text, "a loop as long", one, &pooled.steady, "");
        row(&mut text, "the clock alone", one, &pooled.empty, "");
    }
    text
}

fn row(text: &mut String, name: &str, of: &Distribution, histogram: &Histogram<u64>, end: &str) {
    // Writing to a string does not fail.
    let _ = write!(text, "| {name} | {} | {} |", of.n, histogram.len());
    let quantiles = of.quantiles(histogram);
    for (at, _) in QUANTILES.iter().filter(|(at, _)| (*at - 0.9).abs() > f64::EPSILON) {
        let found = quantiles.iter().find(|(shown, _)| shown.total_cmp(at).is_eq());
        let cell = found.map_or_else(|| "–".into(), |(_, ns)| format!("{ns:.0}"));
        let _ = write!(text, " {cell} |");
    }
    let _ = writeln!(text, " {end} |");
}
