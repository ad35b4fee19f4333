//! Differences, answers, changes and causes in words.

use core::fmt;

use growstack::{Change, Direction, Growth};

use super::Divergence;
use crate::answer::{Answer, Cause, Row, Summary};
use crate::trace::RowText;

impl Divergence {
    /// What differs, and on a line for each what the two sides, of these names, say.
    #[must_use]
    pub fn between<'a>(&'a self, left: &'a str, right: &'a str) -> impl fmt::Display + 'a {
        Between { divergence: self, left, right }
    }
}

impl fmt::Display for Divergence {
    /// As [`between`](Self::between), with the two sides called left and right.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.between("left", "right"))
    }
}

/// Counters with `maxsaddr`, which dumps do not show.
struct Counters<'a>(&'a Summary);

impl fmt::Display for Counters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.0.maxsaddr.map_or(Ok(()), |addr| write!(f, " maxsaddr={addr}"))
    }
}

struct Between<'a> {
    divergence: &'a Divergence,
    left: &'a str,
    right: &'a str,
}

impl Between<'_> {
    fn write(
        &self,
        f: &mut fmt::Formatter<'_>,
        what: impl fmt::Display,
        left: impl fmt::Display,
        right: impl fmt::Display,
    ) -> fmt::Result {
        write!(f, "{what}:\n    {}: {left}\n    {}: {right}", self.left, self.right)
    }
}

impl fmt::Display for Between<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.divergence {
            Divergence::Answer { left, right } => {
                self.write(f, "different answers", AnswerText(left), AnswerText(right))
            }
            Divergence::Cause { left, right } => self.write(f, "different causes", left, right),
            Divergence::Changes { left, right } => {
                self.write(f, "different changes", ChangesText(left), ChangesText(right))
            }
            Divergence::Entries { index, left, right } => {
                let what = format!("different entries from number {index} on");
                self.write(f, what, RowOrNone(left.as_ref()), RowOrNone(right.as_ref()))
            }
            Divergence::Summary { left, right } => {
                self.write(f, "different counters", Counters(left), Counters(right))
            }
            Divergence::Pages { at, left, right } => {
                let what = format!("different pages from {at} on");
                self.write(f, what, PageOrNone(left.as_deref()), PageOrNone(right.as_deref()))
            }
            Divergence::Broken { invariant } => {
                write!(f, "a broken map, {}: {invariant}", self.right)
            }
            Divergence::Failed { reason } => write!(f, "{} failed: {reason}", self.right),
            Divergence::Late { reason } => write!(f, "{} was too slow: {reason}", self.right),
            Divergence::Panic { message } => write!(f, "a panic in {}: {message}", self.right),
        }
    }
}

/// An answer in words, the silent one too.
pub(crate) struct AnswerText<'a>(pub(crate) &'a Answer);

impl fmt::Display for AnswerText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Answer::Silent => f.write_str("no answer"),
            Answer::Unsupported => f.write_str("not supported"),
            Answer::Failed => f.write_str("failed"),
            Answer::Late => f.write_str("too slow"),
            answer => write!(f, "{answer}"),
        }
    }
}

struct RowOrNone<'a>(Option<&'a Row>);

impl fmt::Display for RowOrNone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(row) => write!(f, "{}", RowText(row)),
            None => f.write_str("none"),
        }
    }
}

/// As [`RowOrNone`], of an address.
struct PageOrNone<'a>(Option<&'a Row>);

impl fmt::Display for PageOrNone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(row) => write!(f, "mapped, in {}", RowText(row)),
            None => f.write_str("not mapped"),
        }
    }
}

/// A list of changes in words.
pub(crate) struct ChangesText<'a>(pub(crate) &'a [Change]);

impl fmt::Display for ChangesText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no changes");
        }
        let mut comma = "";
        for change in self.0 {
            f.write_str(comma)?;
            match change {
                Change::Unmapped(range) => write!(f, "unmapped {range}")?,
                Change::Mapped(range, prot) => write!(f, "mapped {range} {prot}")?,
                Change::Protected(range, prot) => write!(f, "protected {range} {prot}")?,
                Change::Wired(range) => write!(f, "wired {range}")?,
                Change::Unwired(range) => write!(f, "unwired {range}")?,
                Change::CopyOnWrite(range) => write!(f, "copied on write {range}")?,
            }
            comma = ", ";
        }
        Ok(())
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
