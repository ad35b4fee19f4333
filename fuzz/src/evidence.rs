//! A finding for programs: `growstack minimize --json` writes it.

use growstack::EntryFlags;
use serde::{Deserialize, Serialize};

use crate::answer::Row;
use crate::replay::Failure;
use crate::trace::RowText;

/// A fault, made short, with all that a report shows of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// A name for files and for the test.
    pub name: String,
    /// The operation at which it shows, as traces call it; for an input that is none, the target.
    pub operation: String,
    /// What kind of difference it is, without numbers. With [`operation`](Self::operation) it
    /// tells whether two findings are most likely of one fault.
    pub class: String,
    /// The fault in a sentence or a few lines.
    pub what: String,
    /// Operations of the short trace; none where there is no trace.
    pub operations: Option<usize>,
    /// The report for people.
    pub report: String,
    /// The short trace.
    pub trace: Option<String>,
    /// The short input in hexadecimal, if no trace shows the fault.
    pub input: Option<String>,
    /// A test to paste into `fuzz/tests/regressions.rs`.
    pub test: String,
    /// What the maps looked like after the last operation, where two maps differ.
    pub maps: Vec<MapSeen>,
}

/// What a map looked like.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MapSeen {
    /// Which it is.
    pub name: String,
    /// What it answered.
    pub answer: String,
    /// Its entries, in order.
    pub entries: Vec<EntrySeen>,
    /// Its counters.
    pub summary: String,
}

/// What an entry looked like.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntrySeen {
    /// Its first byte.
    pub start: u64,
    /// The byte behind its last.
    pub end: u64,
    /// Which way it grows, if it is a stack.
    pub grows: Option<Grows>,
    /// What is left of its reserve, in bytes.
    pub avail: u64,
    /// All of it, as dumps print it.
    pub text: String,
}

/// A direction of growth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grows {
    /// To lower addresses.
    Down,
    /// To higher addresses.
    Up,
}

impl EntrySeen {
    fn of(row: &Row) -> Self {
        let grows = if row.flags.contains(EntryFlags::GROWS_DOWN) {
            Some(Grows::Down)
        } else if row.flags.contains(EntryFlags::GROWS_UP) {
            Some(Grows::Up)
        } else {
            None
        };
        Self {
            start: row.range.start().get(),
            end: row.range.end().get(),
            grows,
            avail: row.shown_avail().get(),
            text: RowText(row).to_string(),
        }
    }
}

/// What was seen of every map when `failure` happened.
pub(crate) fn maps_seen(failure: &Failure) -> Vec<MapSeen> {
    let seen = failure.observed.iter().map(|(name, seen)| MapSeen {
        name: (*name).to_owned(),
        answer: crate::compare::AnswerText(&seen.answer).to_string(),
        entries: seen.rows.iter().map(EntrySeen::of).collect(),
        summary: seen.summary.to_string(),
    });
    seen.collect()
}
