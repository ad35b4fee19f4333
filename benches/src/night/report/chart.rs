//! Lines over nights, and distributions: pictures in the colours of the page.

use std::fmt::Write as _;

use super::maps::escape;

/// The geometry of a picture, in pixels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;

/// A line of a picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// Where it goes through.
    pub points: Vec<[f64; 2]>,
}

/// Distributions: nanoseconds, on a logarithmic scale, over the share of growths, told by its nines.
#[must_use]
pub fn distributions(series: &[Series]) -> String {
    let values = || series.iter().flat_map(|s| &s.points).map(|point| point[1].max(1.0));
    let (low, high) = values().fold((f64::MAX, 1.0_f64), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return String::new();
    }
    let (low, high) = (low.log10().floor(), high.log10().ceil().max(low.log10().floor() + 1.0));
    let nines = series.iter().flat_map(|s| &s.points).map(|p| p[0]).fold(1.0_f64, f64::max);
    let x = |at: f64| LEFT + at / nines * (WIDTH - LEFT - RIGHT);
    let y = |ns: f64| {
        TOP + (1.0 - (ns.max(1.0).log10() - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)
    };
    let mut svg = open("latency of one growth, nanoseconds over the share of growths");
    let mut decade = low;
    while decade <= high + 0.01 {
        let at = y(10_f64.powf(decade));
        horizontal(&mut svg, at, &nanoseconds(10_f64.powf(decade)));
        decade += 1.0;
    }
    for (at, label) in
        [(0.0, "0"), (1.0, "90 %"), (2.0, "99 %"), (3.0, "99.9 %"), (4.0, "99.99 %"), (5.0, "")]
    {
        if at <= nines + 0.01 {
            vertical(&mut svg, x(at), label);
        }
    }
    for (number, one) in series.iter().enumerate() {
        let points = one.points.iter().map(|point| (x(point[0]), y(point[1])));
        line(&mut svg, number, points, &one.name);
    }
    svg + "</svg>"
}

/// A measure over nights, the oldest first; nights that did not take it are passed over. With fewer
/// than two there is no line to draw, and the answer is empty.
#[must_use]
pub fn trend(name: &str, values: &[Option<f64>]) -> String {
    const SMALL: [f64; 2] = [300.0, 90.0];
    const EDGE: f64 = 8.0;
    #[expect(clippy::cast_precision_loss, reason = "a number of nights")]
    let known: Vec<(f64, f64)> =
        values.iter().enumerate().filter_map(|(at, v)| Some((at as f64, (*v)?))).collect();
    let [(first, _), .., (last, _)] = known[..] else { return String::new() };
    let (low, high) =
        known.iter().fold((f64::MAX, f64::MIN), |(l, h), (_, v)| (l.min(*v), h.max(*v)));
    let span = if high > low { high - low } else { 1.0 };
    let x = |at: f64| EDGE + (at - first) / (last - first) * (SMALL[0] - 2.0 * EDGE);
    let y = |v: f64| EDGE + (1.0 - (v - low) / span) * (SMALL[1] - 2.0 * EDGE);
    let y = |v: f64| if high > low { y(v) } else { SMALL[1] / 2.0 };
    let points: Vec<(f64, f64)> = known.iter().map(|(at, v)| (x(*at), y(*v))).collect();
    let mut svg = format!(
        "<svg class=\"trend\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{} over nights\">",
        SMALL[0],
        SMALL[1],
        escape(name)
    );
    line(&mut svg, 0, points.iter().copied(), name);
    if let Some((x, y)) = points.last() {
        // Writing to a string does not fail.
        let _ = write!(svg, "<circle class=\"last\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>");
    }
    svg + "</svg>"
}

fn open(label: &str) -> String {
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escape(label)
    )
}

fn horizontal(svg: &mut String, y: f64, label: &str) {
    let _ = write!(
        svg,
        "<line class=\"tick\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
         <text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
        WIDTH - RIGHT,
        LEFT - 6.0,
        y + 4.0,
    );
}

fn vertical(svg: &mut String, x: f64, label: &str) {
    let _ = write!(
        svg,
        "<line class=\"tick\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>\
         <text class=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{label}</text>",
        HEIGHT - BOTTOM,
        HEIGHT - BOTTOM + 18.0,
    );
}

/// A line in the style of this number: styles differ in dashes, not in colour alone.
fn line(svg: &mut String, number: usize, points: impl Iterator<Item = (f64, f64)>, name: &str) {
    let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = write!(
        svg,
        "<polyline class=\"line l{}\" points=\"{}\"><title>{}</title></polyline>",
        number % 6,
        points.join(" "),
        escape(name),
    );
}

/// A time in the unit that suits it.
#[must_use]
pub fn nanoseconds(ns: f64) -> String {
    match ns {
        _ if ns < 1e3 => format!("{ns:.0} ns"),
        _ if ns < 1e6 => format!("{:.0} µs", ns / 1e3),
        _ => format!("{:.0} ms", ns / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_takes_two_nights() {
        assert_eq!(trend("x", &[]), "");
        assert_eq!(trend("x", &[None, Some(3.0)]), "");
        let svg = trend("x", &[Some(1.0), None, Some(3.0)]);
        assert!(svg.contains("points=\"8.0,82.0 292.0,8.0\""), "{svg}");
    }

    #[test]
    fn a_trend_that_stays_is_a_level_line() {
        let svg = trend("x", &[Some(2.0), Some(2.0)]);
        assert!(svg.contains("points=\"8.0,45.0 292.0,45.0\""), "{svg}");
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn distributions_have_their_decades() {
        let series = Series { name: "warm <down>".into(), points: vec![[0.0, 40.0], [4.0, 900.0]] };
        let svg = distributions(&[series]);
        assert!(svg.contains("10 ns") && svg.contains("1 µs") && svg.contains("99.99 %"), "{svg}");
        assert!(svg.contains("warm &lt;down&gt;") && !svg.contains("NaN"));
        assert_eq!(distributions(&[]), "");
    }
}
