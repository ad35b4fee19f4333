//! Results as a table: a row for each map, a column for each size.

use std::fmt::Write as _;

use super::results::{Memory, Results};
use super::runner::ENGINE;

/// Every operation: medians in nanoseconds, and in brackets how many times the engine's.
#[must_use]
pub fn table(results: &Results) -> String {
    let mut text = String::new();
    for op in distinct(results.results.iter().map(|m| m.op.as_str())) {
        let of_op = || results.results.iter().filter(|m| m.op == op);
        let sizes = distinct(of_op().map(|m| m.n));
        let rows = distinct(of_op().map(|m| m.who.as_str()));
        let cell = |who: &str, n: usize| {
            let median = results.median(op, n, who)?;
            let ratio = results.median(op, n, ENGINE).map(|engine| median / engine);
            let ratio = ratio.filter(|_| who != ENGINE);
            Some(format!("{median:.1} {}", ratio.map_or(" ".repeat(7), |r| format!("({r:5.2})"))))
        };
        write_rows(&mut text, op, &sizes, &rows, cell);
    }
    text
}

/// Bytes of an entry.
#[must_use]
pub fn memory_table(memory: &[Memory]) -> String {
    let (sizes, rows) =
        (distinct(memory.iter().map(|m| m.n)), distinct(memory.iter().map(|m| m.who.as_str())));
    let mut text = String::new();
    write_rows(&mut text, "bytes_per_entry", &sizes, &rows, |who, n| {
        let found = memory.iter().find(|m| m.who == who && m.n == n)?;
        Some(format!("{:.1}", found.bytes_per_entry))
    });
    text
}

fn write_rows(
    text: &mut String,
    title: &str,
    sizes: &[usize],
    rows: &[&str],
    cell: impl Fn(&str, usize) -> Option<String>,
) {
    // Writing to a string does not fail.
    let _ = write!(text, "{title:<26}");
    for n in sizes {
        let _ = write!(text, "{n:>17}");
    }
    text.push('\n');
    for who in rows {
        let _ = write!(text, "  {who:<24}");
        for n in sizes {
            let _ = write!(text, "{:>17}", cell(who, *n).unwrap_or_else(|| "-".to_owned()));
        }
        text.push('\n');
    }
    text.push('\n');
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.fold(Vec::new(), |mut seen, one| {
        if !seen.contains(&one) {
            seen.push(one);
        }
        seen
    })
}
