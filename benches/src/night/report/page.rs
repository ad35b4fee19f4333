//! The page: one file, with its styles and pictures in it.

use anyhow::Result;
use askama::Template;

use super::coverage::Coverage;
use super::tables::{self, Table};
use super::{chart, maps, summary};
use crate::night::history::Line;
use crate::night::progress::mark;
use crate::night::record::{Found, Night, Status};
use crate::night::state::Reached;

#[derive(Template)]
#[template(path = "night.html")]
struct Page<'a> {
    verdict: String,
    /// A word for the styles: `clean`, `found` or `partial`.
    tone: &'static str,
    mark: char,
    night: &'a Night,
    revision: &'a str,
    budget: String,
    took: String,
    steps: Vec<StepRow<'a>>,
    findings: Vec<Finding<'a>>,
    fuzzing: Table,
    coverage: Coverage,
    faults: Table,
    speed: Vec<(usize, Table)>,
    comparison: Table,
    latency: Table,
    plots: Vec<Plot>,
    trends: Vec<Trend>,
    nights: usize,
    again: String,
}

struct StepRow<'a> {
    name: &'a str,
    tone: &'static str,
    mark: char,
    word: &'static str,
    time: String,
    said: &'a str,
}

struct Finding<'a> {
    found: &'a Found,
    picture: String,
    lines: Vec<maps::Line<'a>>,
    sides: Vec<(&'a str, &'a str, &'a str)>,
}

struct Plot {
    title: String,
    picture: String,
    /// Number of the style, and name.
    legend: Vec<(usize, String)>,
}

struct Trend {
    name: &'static str,
    last: String,
    picture: String,
}

/// The page of `night`.
///
/// # Errors
///
/// When the template cannot be filled in.
pub fn html(night: &Night, history: &[Line], fresh: &Reached) -> Result<String> {
    let tone = match night.exit() {
        0 => Status::Clean,
        1 => Status::Found,
        _ => Status::CouldNotRun,
    };
    let page = Page {
        verdict: summary::verdict(night),
        tone: word_of(tone),
        mark: mark(tone),
        night,
        revision: if night.revision.is_empty() { "no repository" } else { &night.revision },
        budget: tables::time(precise(night.budget)),
        took: tables::time(night.seconds()),
        steps: night.steps.iter().map(step).collect(),
        findings: night.findings.iter().map(finding).collect(),
        fuzzing: tables::fuzzing(night),
        coverage: Coverage::of(night, fresh),
        faults: tables::faults(night),
        speed: tables::speed(night),
        comparison: tables::comparison(night),
        latency: tables::latency(night),
        plots: plots(night),
        trends: trends(history),
        nights: history.len(),
        again: summary::again(night),
    };
    Ok(page.render()?)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
const fn precise(number: u64) -> f64 {
    number as f64
}

const fn word_of(status: Status) -> &'static str {
    match status {
        Status::Clean => "clean",
        Status::Found => "found",
        Status::CouldNotRun => "partial",
        Status::LeftOut | Status::Waiting => "idle",
    }
}

fn step(taken: &crate::night::record::Taken) -> StepRow<'_> {
    StepRow {
        name: &taken.name,
        tone: word_of(taken.status),
        mark: mark(taken.status),
        word: taken.status.word(),
        time: tables::time(taken.seconds),
        said: &taken.said,
    }
}

fn finding(found: &Found) -> Finding<'_> {
    let seen = &found.evidence.maps;
    let (picture, lines) = match seen.as_slice() {
        [left, right, ..] => (maps::draw(left, right), maps::lines(left, right)),
        _ => (String::new(), Vec::new()),
    };
    let sides = seen.iter().map(|map| (&*map.name, &*map.answer, &*map.summary)).collect();
    Finding { found, picture, lines, sides }
}

/// A picture for each size of map.
fn plots(night: &Night) -> Vec<Plot> {
    let mut sizes: Vec<usize> = night.latency.iter().map(|one| one.n).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let plot = |n: usize| {
        let of_size = || night.latency.iter().filter(|one| one.n == n);
        let warm = of_size().filter(|one| one.caches == "warm");
        let mut series: Vec<chart::Series> = warm
            .map(|one| chart::Series { name: one.fault.clone(), points: one.points.clone() })
            .collect();
        if let Some(one) = of_size().next() {
            let (name, points) = ("empty timer pair".to_owned(), one.empty.clone());
            series.push(chart::Series { name, points });
        }
        Plot {
            title: format!("{} entries, warm caches", tables::grouped(n as u64)),
            picture: chart::distributions(&series),
            legend: series.into_iter().map(|one| one.name).enumerate().collect(),
        }
    };
    sizes.into_iter().map(plot).collect()
}

fn trends(history: &[Line]) -> Vec<Trend> {
    type Measure = (&'static str, fn(&Line) -> Option<f64>, fn(f64) -> String);
    let count = |number: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let whole = number as u64;
        tables::grouped(whole)
    };
    let measures: [Measure; 6] = [
        ("executions", |line| Some(precise(line.executions)), count),
        ("inputs in the corpora", |line| line.corpus.map(|inputs| precise(inputs as u64)), count),
        ("pairs reached", |line| Some(precise(line.pairs as u64)), count),
        ("growth, p50", |line| line.p50_ns, |ns| format!("{ns:.0} ns")),
        ("growth, p99.99", |line| line.p9999_ns, |ns| format!("{ns:.0} ns")),
        ("bytes an entry", |line| line.bytes_per_entry, |bytes| format!("{bytes:.1}")),
    ];
    let trend = |(name, of, show): Measure| {
        let values: Vec<Option<f64>> = history.iter().map(of).collect();
        let picture = chart::trend(name, &values);
        let last = values.iter().rev().find_map(|value| *value).map(show)?;
        (!picture.is_empty()).then_some(Trend { name, last, picture })
    };
    measures.into_iter().filter_map(trend).collect()
}

/// What the template calls by name.
mod filters {
    use std::fmt::Display;

    use askama::Values;

    /// A number with its digits in threes.
    #[askama::filter_fn]
    pub(in crate::night::report) fn grouped(
        number: &u64,
        _: &dyn Values,
    ) -> askama::Result<impl Display> {
        Ok(super::tables::grouped(*number))
    }
}
