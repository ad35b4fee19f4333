//! The tables of the report, as cells of text.

use crate::night::history::rate;
use crate::night::record::Night;
use crate::speed::runner::ENGINE;

/// A table: its head, and its rows. All but the first cell of a row are numbers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// What every random run and fuzz target did.
pub(super) fn fuzzing(night: &Night) -> Table {
    let head = ["", "executions", "a second", "operations", "compared", "new inputs", "corpus"];
    let mut table = Table::new(&head);
    for step in &night.steps {
        let Some(tally) = night.tallies.get(&step.id) else { continue };
        let corpus = step.id.strip_prefix("fuzz-").and_then(|target| night.corpora.get(target));
        let (added, sizes) = match corpus {
            Some(c) if c.minimised => {
                (grouped(c.added as u64), format!("{} → {}", c.before, c.after))
            }
            Some(c) => (grouped(c.added as u64), format!("{} + {}", c.before, c.added)),
            None => ("–".to_owned(), "–".to_owned()),
        };
        // Edits of an index and texts are operations of their own kind.
        let operations = tally.operations + tally.edits + tally.traces_read;
        table.rows.push(vec![
            step.name.clone(),
            grouped(tally.executions),
            format!("{:.0}", rate(tally)),
            grouped(operations),
            grouped(tally.compared),
            added,
            sizes,
        ]);
    }
    table
}

/// The planted faults.
pub(super) fn faults(night: &Night) -> Table {
    let mut table = Table::new(&["fault", "area", "found by", "seconds", "executions"]);
    for fault in night.faults.iter().flat_map(|faults| &faults.faults) {
        for hunt in fault.hunts.values() {
            let by =
                hunt.found_by.clone().map_or("✗ not found".to_owned(), |by| format!("✓ {by}"));
            table.rows.push(vec![
                fault.id.clone(),
                fault.area.clone(),
                by,
                format!("{:.1}", hunt.seconds),
                grouped(hunt.executions),
            ]);
        }
    }
    table
}

/// A table for each size: nanoseconds of each operation, for the engine and each peer.
pub(super) fn speed(night: &Night) -> Vec<(usize, Table)> {
    let Some(results) = &night.speed else { return Vec::new() };
    let mut sizes: Vec<usize> = results.results.iter().map(|m| m.n).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let ops = distinct(results.results.iter().map(|m| m.op.as_str()));
    // The engine first.
    let mut who = distinct(results.results.iter().map(|m| m.who.as_str()));
    who.sort_by_key(|name| *name != ENGINE);
    let table = |n: usize| {
        let words: Vec<String> = ops.iter().map(|op| op.replace('_', " ")).collect();
        let head = std::iter::once(String::new()).chain(words).collect();
        let mut table = Table { head, rows: Vec::new() };
        for name in &who {
            let cell = |op: &&str| {
                results.median(op, n, name).map_or("–".to_owned(), |ns| format!("{ns:.0}"))
            };
            let cells: Vec<String> = ops.iter().map(cell).collect();
            if cells.iter().any(|cell| cell != "–") {
                table.rows.push([vec![(*name).to_owned()], cells].concat());
            }
        }
        table
    };
    sizes.into_iter().map(|n| (n, table(n))).collect()
}

/// The engine beside itself as it was.
pub(super) fn comparison(night: &Night) -> Table {
    let head = ["benchmark", "entries", "instructions", "time, head over base", "verdict"];
    let mut table = Table::new(&head);
    for one in night.comparison.iter().flat_map(|comparison| &comparison.benchmarks) {
        let none = || "–".to_owned();
        let instructions =
            one.instructions.as_ref().map_or_else(none, |i| format!("{:+.2} %", i.change_percent));
        let time = one
            .time
            .as_ref()
            .map_or_else(none, |t| format!("{:.3} ({:.3} to {:.3})", t.ratio, t.low, t.high));
        let mark = match one.verdict.as_str() {
            "no change" => "=",
            "faster" => "▼",
            _ => "▲",
        };
        table.rows.push(vec![
            one.name.clone(),
            one.entries.map_or_else(none, grouped),
            instructions,
            time,
            format!("{mark} {}", one.verdict),
        ]);
    }
    table
}

/// Quantiles of the latency of single growths.
pub(super) fn latency(night: &Night) -> Table {
    let head = ["growth", "entries", "samples", "p50", "p90", "p99", "p99.9", "p99.99", "max"];
    let mut table = Table::new(&head);
    for one in &night.latency {
        let at = |nines: f64| one.at(nines).map_or("–".to_owned(), |ns| format!("{ns:.0}"));
        let mut row = vec![format!("{}, {}", one.fault, one.caches), grouped(one.n as u64)];
        row.push(grouped(one.samples));
        row.extend([0.301, 1.0, 2.0, 3.0, 4.0].map(at));
        row.push(format!("{:.0}", one.max_ns));
        table.rows.push(row);
    }
    table
}

fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    all.fold(Vec::new(), |mut seen, one| {
        if !seen.contains(&one) {
            seen.push(one);
        }
        seen
    })
}

/// A number with a thin space between every three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A time for people.
pub(super) fn time(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times are short")]
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn times_are_told_as_people_do() {
        assert_eq!(time(0.25), "0.2 s");
        assert_eq!(time(61.0), "1 min 01 s");
        assert_eq!(time(7260.0), "2 h 01 min");
    }
}
