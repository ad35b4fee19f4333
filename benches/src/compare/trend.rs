//! Plots over commits, as one page that needs nothing else.

use std::collections::BTreeMap;

use askama::Template;
use plotters::prelude::{
    ChartBuilder, Circle, Color, IntoDrawingArea, LineSeries, PathElement, RGBColor, SVGBackend,
    SeriesLabelPosition,
};

use super::history::Record;
use super::outcome::Benchmark;

/// Width and height of a plot, in the units of its own picture. It is shown as wide as there is
/// room, so this is about the width of a phone, where its text must be large enough.
const PLOT: (u32, u32) = (420, 240);
/// Stands for the colour of text, which is the page's to choose: no series has it.
const TEXT: RGBColor = RGBColor(1, 2, 3);
/// Colours of the lines, to be told from each other and from white and black.
const LINES: [RGBColor; 5] = [
    RGBColor(46, 127, 208),
    RGBColor(214, 110, 20),
    RGBColor(34, 150, 108),
    RGBColor(180, 80, 170),
    RGBColor(150, 130, 30),
];

/// One line of a plot: figures by the number of the record.
type Line = Vec<(usize, f64)>;

/// A plot, and what it is called where it can't be seen.
struct Plot {
    label: String,
    svg: String,
}

/// The page; what is text is made safe by askama, and plots are pictures that plotters wrote.
#[derive(Template)]
#[template(path = "trend.html")]
struct Page<'a> {
    records: &'a [Record],
    instructions: Vec<Plot>,
    times: Vec<Plot>,
}

/// A page of plots over the heads of all records: instructions, and times.
///
/// # Errors
///
/// If a plot cannot be drawn.
pub fn page(records: &[Record]) -> anyhow::Result<String> {
    let of_instructions = lines(records, |seen| Some(seen.instructions.as_ref()?.head));
    // Times of another machine would look like a change.
    let here = |one: &&Record| records.last().is_some_and(|last| one.host == last.host);
    let here: Vec<Record> = records.iter().filter(here).cloned().collect();
    let of_time = lines(&here, |seen| Some(seen.time.as_ref()?.head_ns));
    let page = Page {
        records,
        instructions: plots(&of_instructions, "instructions")?,
        times: plots(&of_time, "ns")?,
    };
    Ok(page.render()?)
}

fn lines(
    records: &[Record],
    figure: impl Fn(&Benchmark) -> Option<f64>,
) -> BTreeMap<String, BTreeMap<usize, Line>> {
    let mut lines: BTreeMap<String, BTreeMap<usize, Line>> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        for benchmark in &record.comparison.benchmarks {
            if let Some(figure) = figure(benchmark) {
                let sizes = lines.entry(benchmark.name.clone()).or_default();
                sizes.entry(benchmark.entries).or_default().push((at + 1, figure));
            }
        }
    }
    lines
}

fn plots(all: &BTreeMap<String, BTreeMap<usize, Line>>, unit: &str) -> anyhow::Result<Vec<Plot>> {
    let of = |(name, sizes): (&String, &_)| {
        let svg = plot(name, sizes, unit)?;
        Ok(Plot { label: format!("{name}, {unit}"), svg })
    };
    all.iter().map(of).collect()
}

fn plot(name: &str, sizes: &BTreeMap<usize, Line>, unit: &str) -> anyhow::Result<String> {
    let points = || sizes.values().flatten();
    let last = points().map(|(at, _)| *at).max().unwrap_or(1);
    let most = points().map(|(_, figure)| *figure).fold(1.0, f64::max);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, PLOT).into_drawing_area();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let end = last as f64 + 0.5;
        let mut chart = ChartBuilder::on(&root)
            .caption(name, ("sans-serif", 20, &TEXT))
            .margin(10)
            .x_label_area_size(24)
            .y_label_area_size(58)
            .build_cartesian_2d(0.5..end, 0.0..most * 1.15)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(last.min(10))
            .y_labels(6)
            .axis_style(TEXT.mix(0.6))
            .bold_line_style(TEXT.mix(0.2))
            .light_line_style(TEXT.mix(0.0))
            .label_style(("sans-serif", 14, &TEXT))
            .x_label_formatter(&|at| format!("{at:.0}"))
            .y_label_formatter(&|figure| format!("{figure:.0}"))
            .y_desc(unit)
            .draw()?;
        for ((entries, line), colour) in sizes.iter().zip(LINES.iter().cycle()) {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let points = || line.iter().map(|(at, figure)| (*at as f64, *figure));
            chart
                .draw_series(LineSeries::new(points(), colour.stroke_width(2)))?
                .label(format!("{entries} entries"))
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2))
                });
            chart.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())))?;
        }
        // Scales begin at 0, so that lines are seldom here.
        let labels = SeriesLabelPosition::LowerRight;
        chart
            .configure_series_labels()
            .position(labels)
            .label_font(("sans-serif", 14, &TEXT))
            .draw()?;
        root.present()?;
    }
    Ok(svg.replace("#010203", "currentColor"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::compare::outcome::{Comparison, Instructions, Revision, Time};
    use crate::compare::verdict::Verdict;

    fn record(at: u32, host: &str) -> Record {
        let revision = Revision {
            commit: format!("{at:040}"),
            subject: "<b>bold</b>".to_owned(),
            driver_sha256: String::new(),
        };
        let verdict = Verdict::NoChange;
        let instructions =
            Instructions { base: 150.0, head: 150.0 + f64::from(at), change_percent: 0.0, verdict };
        let time = Time {
            base_ns: 30.0,
            head_ns: 30.0 + f64::from(at),
            ratio: 1.0,
            low: 0.99,
            high: 1.01,
            null_low: 0.99,
            null_high: 1.01,
            pairs: 2,
            verdict,
        };
        let benchmark = |entries| {
            Benchmark::new(
                "lookup_latency",
                entries,
                Some(instructions.clone()),
                Some(time.clone()),
            )
        };
        let benchmarks = vec![benchmark(256), benchmark(4096)];
        let comparison = Comparison::new(revision.clone(), revision, false, benchmarks, Vec::new());
        Record { when: "2026-11-23T04:00:00Z".to_owned(), host: host.to_owned(), comparison }
    }

    #[test]
    fn a_page_has_a_plot_for_each_operation_and_needs_nothing_else() {
        let records: Vec<Record> = (0..3).map(|at| record(at, "here")).collect();
        let page = page(&records).unwrap();
        assert_eq!(page.matches("<svg").count(), 2, "instructions and times");
        // A line for each size in each plot, beside those of the legend.
        assert_eq!(page.matches("<circle").count(), 2 * 2 * 3);
        assert!(page.contains("256 entries") && page.contains("prefers-color-scheme: dark"));
        assert!(page.contains("&#60;b&#62;bold") && !page.contains("<b>"), "subjects are text");
        assert!(!page.contains("#010203"), "text has the page's colour");
        let first = page.split("<tbody>").nth(1).and_then(|rows| rows.split("</td>").next());
        assert!(first.unwrap().ends_with(">3"), "the last comparison comes first");
        let outside = ["src=", "href=", "@import", "url("];
        assert!(outside.iter().all(|way| !page.contains(way)));
    }

    #[test]
    fn times_of_other_machines_are_left_out() {
        let records = [record(0, "there"), record(1, "here")];
        let page = page(&records).unwrap();
        assert_eq!(page.matches("<circle").count(), 2 * 2 + 2);
    }

    #[test]
    fn no_record_is_a_page_too() {
        assert!(page(&[]).unwrap().contains("No comparison"));
    }
}
