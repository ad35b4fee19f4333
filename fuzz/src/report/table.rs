//! Entries of maps, side by side.

use core::fmt;
use core::ops::Range;
use std::collections::BTreeMap;

use growstack::Addr;

use crate::answer::Row;
use crate::keeps::{Entries, Keeps};
use crate::trace::RowText;

/// Entries to show on either side of the interesting one.
const MARGIN: usize = 3;

/// The entries of one map.
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    pub(super) rows: &'a [Row],
}

/// The entries around the first place where the columns differ, or around `focus` if they do not.
pub(super) struct Around<'a> {
    pub(super) columns: Vec<Column<'a>>,
    pub(super) focus: Addr,
    /// What counts as a difference.
    pub(super) keeps: Keeps,
}

/// Entries that start at the same address, one place for each column.
pub(super) type Line<'a> = Vec<Option<&'a Row>>;

impl Around<'_> {
    /// The lines by the address that their entries start at. A map that is broken enough to have
    /// two entries at one address shows the second.
    fn lines(&self) -> Vec<(Addr, Line<'_>)> {
        let mut lines: BTreeMap<Addr, Line<'_>> = BTreeMap::new();
        for (number, column) in self.columns.iter().enumerate() {
            for row in column.rows {
                let line = lines.entry(row.range.start());
                line.or_insert_with(|| vec![None; self.columns.len()])[number] = Some(row);
            }
        }
        lines.into_iter().collect()
    }

    /// Which of `lines` to show: a few about the first that differs, or else about the focus.
    fn window(&self, lines: &[(Addr, Line<'_>)]) -> Range<usize> {
        let center = lines
            .iter()
            .position(|(_, line)| self.differs(line))
            .unwrap_or_else(|| lines.partition_point(|(start, _)| *start <= self.focus));
        center.saturating_sub(MARGIN)..(center + MARGIN + 1).min(lines.len())
    }

    /// The lines to show.
    pub(super) fn shown(&self) -> Vec<Line<'_>> {
        let mut lines = self.lines();
        let window = self.window(&lines);
        lines.drain(window).map(|(_, line)| line).collect()
    }

    pub(super) fn differs(&self, line: &Line<'_>) -> bool {
        let kept = |row: Option<&Row>| row.map(|row| self.keeps.row(row));
        let differ = |pair: &[Option<&Row>]| kept(pair[0]) != kept(pair[1]);
        match self.keeps.entries {
            Entries::Exact => line.windows(2).any(differ),
            // The focus is where they differ; how they are cut is no difference.
            _ => false,
        }
    }
}

impl fmt::Display for Around<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let window = self.window(&lines);
        let (shown, rest) = (&lines[window.clone()], &lines[window.end..]);
        let cell = |row: &Option<&Row>| row.map_or(String::new(), |r| RowText(r).to_string());
        let width = shown.iter().filter_map(|(_, line)| line.first()).map(|row| cell(row).len());
        let width = width.max().unwrap_or(0).max(16);

        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        writeln!(f, "  {} of {} entries:", shown.len(), lines.len())?;
        write_line(f, " ", names.iter().map(ToString::to_string), width)?;
        for (_, line) in shown {
            write_line(
                f,
                if self.differs(line) { "!" } else { " " },
                line.iter().map(cell),
                width,
            )?;
        }
        match rest.iter().filter(|(_, line)| self.differs(line)).count() {
            0 => Ok(()),
            more => writeln!(f, "  ! {more} more that differ"),
        }
    }
}

fn write_line(
    f: &mut fmt::Formatter<'_>,
    mark: &str,
    cells: impl Iterator<Item = String>,
    width: usize,
) -> fmt::Result {
    let cells: Vec<String> = cells.map(|cell| format!("{cell:width$}")).collect();
    let line = format!("  {mark} {}", cells.join("  |  "));
    writeln!(f, "{}", line.trim_end())
}
