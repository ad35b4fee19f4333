//! Differences, answers, changes and causes in words.

use core::fmt;

use growstack::{Change, Direction, Growth};

use super::Divergence;
use crate::answer::{Answer, Cause, Row, Summary};
use crate::trace::RowText;

impl Divergence {
    /// What differs, and on a line for each what the two sides, of these names, say.
    #[must_use]
    pub fn between(&self, left: &str, right: &str) -> String {
        let both = |what: &str, of_left: String, of_right: String| {
            format!("{what}:\n    {left}: {of_left}\n    {right}: {of_right}")
        };
        match self {
            Self::Answer { left, right } => {
                both("different answers", answer_text(left), answer_text(right))
            }
            Self::Cause { left, right } => {
                both("different causes", left.to_string(), right.to_string())
            }
            Self::Changes { left, right } => {
                both("different changes", changes_text(left), changes_text(right))
            }
            Self::Entries { index, left, right } => {
                let text = |row: &Option<Row>| match row {
                    Some(row) => RowText(row).to_string(),
                    None => "none".into(),
                };
                let what = format!("different entries from number {index} on");
                both(&what, text(left), text(right))
            }
            Self::Summary { left, right } => {
                both("different counters", counters(left), counters(right))
            }
            Self::Pages { at, left, right } => {
                let text = |row: &Option<Box<Row>>| match row {
                    Some(row) => format!("mapped, in {}", RowText(row)),
                    None => "not mapped".into(),
                };
                both(&format!("different pages from {at} on"), text(left), text(right))
            }
            Self::Broken { invariant } => format!("a broken map, {right}: {invariant}"),
            Self::Failed { reason } => format!("{right} failed: {reason}"),
            Self::Late { reason } => format!("{right} was too slow: {reason}"),
            Self::Panic { message } => format!("a panic in {right}: {message}"),
        }
    }
}

impl fmt::Display for Divergence {
    /// As [`between`](Self::between), with the two sides called left and right.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.between("left", "right"))
    }
}

/// Counters with `maxsaddr`, which dumps do not show.
fn counters(summary: &Summary) -> String {
    let maxsaddr = summary.maxsaddr.map(|addr| format!(" maxsaddr={addr}"));
    format!("{summary}{}", maxsaddr.unwrap_or_default())
}

/// An answer in words, the silent one too.
pub(crate) fn answer_text(answer: &Answer) -> String {
    match answer {
        Answer::Silent => "no answer".into(),
        Answer::Unsupported => "not supported".into(),
        Answer::Failed => "failed".into(),
        Answer::Late => "too slow".into(),
        answer => answer.to_string(),
    }
}

/// A list of changes in words.
pub(crate) fn changes_text(changes: &[Change]) -> String {
    let text = |change: &Change| match change {
        Change::Unmapped(range) => format!("unmapped {range}"),
        Change::Mapped(range, prot) => format!("mapped {range} {prot}"),
        Change::Protected(range, prot) => format!("protected {range} {prot}"),
        Change::Wired(range) => format!("wired {range}"),
        Change::Unwired(range) => format!("unwired {range}"),
        Change::CopyOnWrite(range) => format!("copied on write {range}"),
    };
    match changes {
        [] => "no changes".into(),
        _ => changes.iter().map(text).collect::<Vec<_>>().join(", "),
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGiven => f.write_str("gives no cause"),
            Self::Done => f.write_str("done"),
            Self::Grew(Growth::AlreadyMapped) => f.write_str("mapped already"),
            Self::Grew(Growth::NoStack) => f.write_str("no stack to grow"),
            Self::Grew(Growth::Grown { added, direction }) => {
                let way = match direction {
                    Direction::Down => "down",
                    Direction::Up => "up",
                };
                write!(f, "grew {way} by {added}")
            }
            Self::Refused(refusal) => write!(f, "refused, {refusal}"),
        }
    }
}
