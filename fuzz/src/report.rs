//! The report of a divergence, for people.

#[cfg(feature = "pictures")]
mod drawn;
mod table;

use core::fmt;

use growstack::Addr;

use crate::answer::Summary;
use crate::compare::{Divergence, answer_text, changes_text};
use crate::keeps::Keeps;
use crate::op::Op;
use crate::replay::{Failure, TRACE};
use crate::trace::{Step, Trace};
use table::{Around, Column};

/// What to tell of a failure. `Display` prints it in several lines:
///
/// - the operation with its line, and in what the sides differ;
/// - every answer with its cause and changes, the recorded one first;
/// - the maps around the address, side by side, with `!` before rows that differ;
/// - the counters;
/// - a trace that shows the failure, if it is short enough to be read.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Where the trace comes from: a path, or a seed.
    pub origin: &'a str,
    /// The trace that failed.
    pub trace: &'a Trace,
    /// How.
    pub failure: &'a Failure,
    /// The trace as [`cut`](crate::replay::cut) cut it.
    pub cut: &'a Trace,
}

/// Traces of more operations than this are not printed.
const READABLE: usize = 60;

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, trace, failure, cut } = *self;
        let step = &trace.steps[failure.index];
        let (left, right) = failure.sides;
        match step.line() {
            Some(line) => writeln!(f, "{origin}:{line}: {}", step.op())?,
            None => writeln!(f, "{origin}, operation {}: {}", failure.index, step.op())?,
        }
        writeln!(f, "  {}", failure.divergence.between(left, right))?;
        self.answers(f, step)?;
        self.maps(f)?;
        let steps = cut.steps.len();
        if steps > READABLE {
            return writeln!(f, "  it takes {steps} operations to show it, too many to print");
        }
        writeln!(f, "  a trace that shows it, {steps} of {} operations:", trace.steps.len())?;
        cut.to_string().lines().try_for_each(|line| writeln!(f, "    {line}"))
    }
}

impl<'a> Report<'a> {
    fn answers(&self, f: &mut fmt::Formatter<'_>, step: &Step) -> fmt::Result {
        if let Some(answer) = step.answer() {
            writeln!(f, "  {TRACE:9}  {answer}")?;
        }
        for (name, seen) in &self.failure.observed {
            write!(f, "  {name:9}  {}; {}", answer_text(&seen.answer), seen.cause)?;
            match &seen.changes {
                Some(changes) => writeln!(f, "; {}", changes_text(changes))?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }

    fn maps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (around, summaries) = self.around();
        write!(f, "{around}")?;
        summaries.iter().try_for_each(|(name, summary)| writeln!(f, "  {name:9}  {summary}"))
    }

    /// The two maps that differ, side by side around the place where they do, as an SVG document;
    /// empty if there are no two, or no entries.
    #[cfg(feature = "pictures")]
    #[must_use]
    pub fn picture(&self) -> String {
        drawn::draw(&self.around().0)
    }

    /// The entries to show, and the counters.
    fn around(&self) -> (Around<'a>, Vec<(&'static str, Summary)>) {
        let step = &self.trace.steps[self.failure.index];
        let recorded = step.dump().filter(|_| self.failure.sides.0 == TRACE);
        let recorded = recorded.map(|dump| (TRACE, dump.rows.as_slice(), dump.summary));
        let seen = self.failure.observed.iter().map(|(name, o)| (*name, &o.rows[..], o.summary));
        // Two fit beside each other: those that differ.
        let mut columns: Vec<_> = recorded.into_iter().chain(seen).collect();
        let (left, right) = self.failure.sides;
        columns.sort_by_key(|(name, ..)| *name != left && *name != right);
        columns.truncate(2);
        let shown = |name| columns.iter().any(|(shown, ..)| *shown == name);
        let reported = self.failure.observed.iter().filter(|(name, _)| shown(*name));
        let keeps = reported.fold(Keeps::ALL, |keeps, (_, seen)| keeps.and(seen.keeps));
        let summaries = columns.iter().map(|(name, _, summary)| (*name, *summary)).collect();
        let columns = columns.into_iter().map(|(name, rows, _)| Column { name, rows }).collect();
        (Around { columns, focus: self.focus(step.op()), keeps }, summaries)
    }

    /// The address to look at when no entry differs.
    fn focus(&self, op: &Op) -> Addr {
        match &self.failure.divergence {
            Divergence::Entries { left: Some(row), .. }
            | Divergence::Entries { right: Some(row), .. } => row.range.start(),
            Divergence::Pages { at, .. } => *at,
            _ => op.address().unwrap_or(self.trace.config().min),
        }
    }
}
