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
    // A night without fuzz targets, which may be a short one, has nothing to say to most of them.
    let measures: [Measure; 7] = [
        ("executions", |line| line.rate.map(|_| precise(line.executions)), count),
        ("executions a second", |line| line.rate, count),
        ("inputs in the corpora", |line| line.corpus.map(|inputs| precise(inputs as u64)), count),
        ("pairs reached", |line| line.rate.map(|_| precise(line.pairs as u64)), count),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use growstack_fuzz::evidence::{EntrySeen, Evidence, MapSeen};
    use growstack_fuzz::tally::Tally;

    use super::*;
    use crate::latency::Told;
    use crate::night::compared::{Benchmark, Comparison, Instructions, Revision};
    use crate::night::planted::{Fault, Faults, Hunt};
    use crate::night::record::Corpus;
    use crate::night::step::{Step, plan};
    use crate::speed::{Measured, Results};

    const EVIL: &str = "<script>alert('&')</script>";

    fn evidence() -> Evidence {
        let entry = |end: u64| EntrySeen {
            start: 0x1000,
            end,
            grows: None,
            avail: 0,
            text: format!("0x1000 {end:#x} {EVIL}"),
        };
        let map = |end| MapSeen {
            name: EVIL.into(),
            answer: EVIL.into(),
            entries: vec![entry(end)],
            summary: EVIL.into(),
        };
        Evidence {
            name: "growth_1".into(),
            operation: EVIL.into(),
            class: EVIL.into(),
            what: EVIL.into(),
            operations: Some(3),
            report: EVIL.into(),
            trace: Some(EVIL.into()),
            input: None,
            test: EVIL.into(),
            maps: vec![map(0x2000), map(0x3000)],
        }
    }

    /// A night in which all of it ran, and every word that comes from outside is hostile.
    fn night() -> Night {
        let evil = || EVIL.to_owned();
        let steps = plan(std::time::Duration::from_secs(600), None, true);
        let mut night = Night { revision: evil(), host: evil(), ..Night::default() };
        night.steps = Night::steps_of(&steps);
        for step in steps {
            night.take(step, Status::Clean, 1.0, evil());
        }
        let growth = Step::Fuzz(growstack_fuzz::targets::Target::Growth).id();
        let reached = BTreeMap::from([("grow".into(), BTreeMap::from([(evil(), 7)]))]);
        let ended = BTreeMap::from([("grow".into(), [5, 2])]);
        let executions = 12_345;
        night.tallies.insert(growth, Tally { executions, reached, ended, ..Tally::default() });
        let corpus = Corpus { before: 10, added: 5, after: 12, minimised: true };
        night.corpora.insert("growth".into(), corpus);
        let (evidence, by) = (evidence(), vec![evil()]);
        night.findings.push(Found { evidence, by, times: 2, known: true });
        night.lost.push([evil(), evil()]);
        let hunt = Hunt { found_by: None, seconds: 3.0, executions: 9 };
        let hunts = BTreeMap::from([("seeds".to_owned(), hunt)]);
        let faults = vec![Fault { id: evil(), area: evil(), hunts }];
        night.faults = Some(Faults { budgets: BTreeMap::new(), faults });
        let measured = Measured { op: evil(), n: 16, who: evil(), median_ns: 5.0, p99_ns: 6.0 };
        night.speed = Some(Results { results: vec![measured] });
        night.latency.push(Told {
            n: 16,
            fault: evil(),
            caches: "warm".into(),
            samples: 10,
            allocations: 0,
            points: vec![[0.0, 10.0], [1.0, 20.0]],
            empty: vec![[0.0, 1.0], [1.0, 2.0]],
            max_ns: 30.0,
        });
        let revision = || Revision { commit: evil() };
        let instructions =
            Instructions { base: 100.0, head: 106.0, change_percent: 6.0, verdict: evil() };
        let benchmark = Benchmark {
            name: evil(),
            entries: Some(4096),
            instructions: Some(instructions),
            time: None,
            verdict: evil(),
        };
        night.comparison = Some(Comparison {
            base: revision(),
            head: revision(),
            same_bytes: false,
            verdict: evil(),
            benchmarks: vec![benchmark],
        });
        night
    }

    fn history() -> Vec<Line> {
        let line = |executions| Line { executions, rate: Some(7.0), ..Line::default() };
        vec![line(100), line(200)]
    }

    #[test]
    fn hostile_text_stays_text() {
        let page = html(&night(), &history(), &Reached::new()).unwrap();
        assert!(!page.contains("<script") && !page.contains("alert('"), "{page}");
        assert!(page.matches("&lt;script&gt;").count() + page.matches("&#60;script").count() > 20);
    }

    #[test]
    fn every_part_is_there() {
        let page = html(&night(), &history(), &Reached::new()).unwrap();
        for title in [
            "Found",
            "What ran",
            "Random sequences and fuzz targets",
            "Rules reached",
            "never reached",
            "reached by earlier nights, not by this one: 1 pairs",
            "Planted faults",
            "Beside the last good revision",
            "Latency of one growth",
            "Speed beside peers",
            "Trends",
        ] {
            assert!(page.contains(title), "{title}");
        }
        assert!(page.contains("One fault was found."), "the verdict comes first");
        assert!(page.contains("10 → 12") && page.contains("+6.00 %") && page.contains("not found"));
        assert_eq!(page.matches("class=\"entry differs\"").count(), 2);
        assert!(page.contains("The short trace has 3 operations."));
    }

    #[test]
    fn it_needs_no_network_and_no_program() {
        let page = html(&night(), &history(), &Reached::new()).unwrap();
        for word in ["http://", "https://", "<script", "<link", "url(", "@import", "src="] {
            assert!(!page.contains(word), "{word}");
        }
    }

    #[test]
    fn what_did_not_run_has_no_part() {
        let page = html(&Night::default(), &[], &Reached::new()).unwrap();
        for title in ["<h2>Found", "Planted faults", "Latency of one growth", "Rules reached"] {
            assert!(!page.contains(title), "{title}");
        }
        assert!(page.contains("0 nights so far"));
    }
}
