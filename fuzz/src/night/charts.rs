//! Points of lines, which the template draws.

use serde::{Deserialize, Serialize};

use super::History;

/// A distribution of latencies: of a file of the program `speed`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Distribution {
    op: String,
    n: u64,
    /// Shares and nanoseconds.
    quantiles: Vec<(f64, f64)>,
}

/// A measurement over commits.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Trend {
    name: String,
    points: String,
    commits: usize,
    first: String,
    last: String,
    value: f64,
    /// The change from the first commit to the last, in hundredths.
    change: f64,
}

/// The size of the picture of a trend, in pixels.
const SMALL: (f64, f64) = (240.0, 48.0);

/// A line for each measurement, those that changed most first.
#[expect(clippy::cast_precision_loss, reason = "a number of commits")]
pub(super) fn trends(history: &History) -> Vec<Trend> {
    let mut trends = Vec::new();
    for (name, values) in history.series() {
        let [(first, from), .., (last, to)] = values[..] else { continue };
        let low = values.iter().map(|(_, v)| *v).fold(f64::MAX, f64::min);
        let high = values.iter().map(|(_, v)| *v).fold(f64::MIN, f64::max);
        // A span of at least 2 %, so that a flat line looks flat.
        let (middle, span) = (f64::midpoint(low, high), (high - low).max(high * 0.02).max(1e-9));
        let place = |(at, (_, value)): (usize, &(&str, f64))| {
            let x = 4.0 + at as f64 / (values.len() - 1) as f64 * (SMALL.0 - 8.0);
            let y = SMALL.1 / 2.0 - (value - middle) / span * (SMALL.1 - 8.0);
            format!("{x:.1},{y:.1}")
        };
        let points: Vec<String> = values.iter().enumerate().map(place).collect();
        trends.push(Trend {
            name: name.to_owned(),
            points: points.join(" "),
            commits: values.len(),
            first: first.to_owned(),
            last: last.to_owned(),
            value: to,
            change: if from > 0.0 { (to - from) / from * 100.0 } else { 0.0 },
        });
    }
    trends.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
    trends
}

/// Distributions on logarithmic scales: shares by their nines to the right, time upwards.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Plot {
    /// Shares and where they are.
    across: Vec<(String, f64)>,
    /// Times and where they are.
    up: Vec<(String, f64)>,
    /// Names and points.
    lines: Vec<(String, String)>,
}

/// The inside of the plot, in pixels.
const PLOT: (f64, f64) = (560.0, 240.0);

/// The plot of the distributions on the largest map, if there are any: more lines are too many.
pub(super) fn plot(all: &[Distribution]) -> Option<Plot> {
    let largest = all.iter().map(|one| one.n).max()?;
    let all: Vec<&Distribution> = all.iter().filter(|one| one.n == largest).collect();
    let points = || all.iter().flat_map(|one| &one.quantiles).filter(|(share, _)| *share < 1.0);
    let nines = |share: f64| -(1.0 - share).log10();
    let widest = points().map(|(share, _)| nines(*share)).fold(1.0, f64::max).ceil();
    let log = |ns: f64| ns.max(1.0).log10();
    let low = points().map(|(_, ns)| log(*ns)).fold(f64::MAX, f64::min).floor();
    let high = points().map(|(_, ns)| log(*ns)).fold(f64::MIN, f64::max).ceil().max(low + 1.0);
    points().next()?;
    let x = |nines: f64| nines / widest * PLOT.0;
    let y = |log: f64| PLOT.1 - (log - low) / (high - low) * PLOT.1;
    let steps =
        |from: f64, to: f64| (0..20).map(move |i| from + f64::from(i)).filter(move |v| *v <= to);
    let share = |n: f64| format!("{} %", 100.0 - 10f64.powf(2.0 - n));
    let time = |log: f64| match log {
        l if l < 3.0 => format!("{} ns", 10f64.powf(l)),
        l if l < 6.0 => format!("{} µs", 10f64.powf(l - 3.0)),
        l => format!("{} ms", 10f64.powf(l - 6.0)),
    };
    let line = |one: &&Distribution| {
        let shown = one.quantiles.iter().filter(|(share, _)| *share < 1.0);
        let place = |(s, ns): &(f64, f64)| format!("{:.1},{:.1}", x(nines(*s)), y(log(*ns)));
        let name = format!("{}, {} entries", one.op, one.n);
        (name, shown.map(place).collect::<Vec<_>>().join(" "))
    };
    Some(Plot {
        across: steps(0.0, widest).map(|n| (share(n), x(n))).collect(),
        up: steps(low, high).map(|log| (time(log), y(log))).collect(),
        lines: all.iter().map(line).collect(),
    })
}
