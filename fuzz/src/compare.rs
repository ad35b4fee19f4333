//! Comparing maps: what they tell of an operation, and what they look like after it.

mod changes;
mod pages;
mod same;
mod text;

use growstack::{Addr, AddrRange, Change, KernReturn};

use crate::answer::{Answer, Cause, Row, Summary};
use crate::keeps::{Entries, Keeps};
use crate::op::Op;
use crate::space::AddressSpace;

pub use changes::coalesce;
pub use pages::fully_merged;
use pages::{EVERYWHERE, compare_within};
use same::hide_avail;
pub(crate) use same::same_rows;
pub(crate) use text::{answer_text, changes_text};

/// Everything that can be seen of a map around one operation.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The answer.
    pub answer: Answer,
    /// The cause; [`Cause::NotGiven`] from a map that gives none.
    pub cause: Cause,
    /// The changes, touching ranges of one kind made one; nothing from a map that gives none.
    pub changes: Option<Vec<Change>>,
    /// The entries after the operation.
    pub rows: Vec<Row>,
    /// The counters after the operation.
    pub summary: Summary,
    /// What of `rows` and `summary` means something.
    pub keeps: Keeps,
    /// What the map says about its own structure.
    pub check: Result<(), String>,
}

/// The first thing in which two maps, or a trace and a map, differ.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Divergence {
    /// The answers.
    Answer {
        /// What the left one says.
        left: Answer,
        /// What the right one says.
        right: Answer,
    },
    /// The causes.
    Cause {
        /// What the left one says.
        left: Cause,
        /// What the right one says.
        right: Cause,
    },
    /// What was reported to have changed.
    Changes {
        /// What the left one says.
        left: Vec<Change>,
        /// What the right one says.
        right: Vec<Change>,
    },
    /// The entries.
    Entries {
        /// The index of the first entry that differs.
        index: usize,
        /// That entry on the left, if it has one.
        left: Option<Row>,
        /// That entry on the right, if it has one.
        right: Option<Row>,
    },
    /// The pages, where entries are compared as [`Entries::Stretches`].
    Pages {
        /// The first address that differs.
        at: Addr,
        /// The entry that holds it on the left, if one does.
        left: Option<Box<Row>>,
        /// The entry that holds it on the right, if one does.
        right: Option<Box<Row>>,
    },
    /// The counters.
    Summary {
        /// What the left one says.
        left: Summary,
        /// What the right one says.
        right: Summary,
    },
    /// A map's own structure is broken.
    Broken {
        /// The invariant, in the words of the map.
        invariant: String,
    },
    /// A map could not answer.
    Failed {
        /// Why, in its words.
        reason: String,
    },
    /// A map did not answer in time.
    Late {
        /// What it was waited for, in its words.
        reason: String,
    },
    /// A map panicked.
    Panic {
        /// Its last words.
        message: String,
    },
}

impl Divergence {
    /// Are both a panic with the same message, numbers aside, or neither one? What is shrunk must
    /// not become another bug on the way.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let words = |message: &str| message.replace(|c: char| c.is_ascii_hexdigit(), "");
        match (self, other) {
            (Self::Panic { message }, Self::Panic { message: other }) => {
                words(message) == words(other)
            }
            (Self::Panic { .. }, _) | (_, Self::Panic { .. }) => false,
            _ => true,
        }
    }
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            answer: Answer::Silent,
            cause: Cause::NotGiven,
            changes: None,
            rows: Vec::new(),
            summary: Summary::default(),
            keeps: Keeps::ALL,
            check: Ok(()),
        }
    }
}

impl Observed {
    /// Has `map` do `op`, and keeps what it reports of that.
    pub fn run_op<M: AddressSpace + ?Sized>(&mut self, map: &mut M, op: &Op) {
        // If it panics, the answer before this one is not to be reported for it.
        (self.answer, self.cause) = (Answer::Silent, Cause::NotGiven);
        let mut changes = self.changes.take().unwrap_or_default();
        changes.clear();
        (self.answer, self.cause) = map.apply(op, &mut changes);
        if map.reports_causes() {
            coalesce(&mut changes);
            self.changes = Some(changes);
        } else {
            self.cause = Cause::NotGiven;
        }
        // Answers are compared before anything is read of the map.
        self.keeps = map.keeps();
        if matches!(self.answer, Answer::Failed | Answer::Late) {
            self.check = map.check();
        }
    }

    /// # Errors
    ///
    /// Why the map gave no answer, if it could give none.
    pub fn answered(&self) -> Result<(), Divergence> {
        let reason = || self.check.clone().err().unwrap_or_else(|| "it does not say why".into());
        match self.answer {
            Answer::Failed => Err(Divergence::Failed { reason: reason() }),
            Answer::Late => Err(Divergence::Late { reason: reason() }),
            _ => Ok(()),
        }
    }

    /// Keeps what `map` looks like, and lets it check itself. Linear in its entries, at least.
    pub fn look_at<M: AddressSpace + ?Sized>(&mut self, map: &M) {
        self.read(map);
        self.check = map.check();
    }

    /// Keeps what `map` looks like. Linear in its entries.
    pub fn read<M: AddressSpace + ?Sized>(&mut self, map: &M) {
        self.look_near(map, None);
    }

    /// Keeps what `map` looks like at `range` and next to it; everywhere, without one.
    pub(crate) fn look_near<M: AddressSpace + ?Sized>(
        &mut self,
        map: &M,
        range: Option<AddrRange>,
    ) {
        match range {
            Some(range) => map.entries_near(range, &mut self.rows),
            None => map.entries(&mut self.rows),
        }
        // What nothing can make visible (rule 1.3) need not agree.
        self.rows.iter_mut().for_each(hide_avail);
        self.summary = map.summary();
        self.keeps = map.keeps();
    }

    /// Compares what two maps answer and report of an operation. Causes and changes count only if
    /// both maps report them.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub fn compare_answers(&self, other: &Self) -> Result<(), Divergence> {
        let keeps = self.keeps.and(other.keeps);
        if !same_answer(self.answer, other.answer, keeps) {
            return Err(Divergence::Answer { left: self.answer, right: other.answer });
        }
        let (Some(left), Some(right)) = (&self.changes, &other.changes) else { return Ok(()) };
        if self.cause != other.cause && keeps.codes {
            return Err(Divergence::Cause { left: self.cause, right: other.cause });
        }
        if left != right {
            return Err(Divergence::Changes { left: left.clone(), right: right.clone() });
        }
        Ok(())
    }

    /// Compares what two maps look like, in what both keep.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub fn compare_looks(&self, other: &Self) -> Result<(), Divergence> {
        let dump = (other.rows.as_slice(), other.summary);
        compare_kept((&self.rows, self.summary), dump, self.keeps.and(other.keeps))
    }

    /// As [`compare_looks`](Self::compare_looks), after both have looked at `range` alone.
    pub(crate) fn compare_near(&self, other: &Self, range: AddrRange) -> Result<(), Divergence> {
        let keeps = self.keeps.and(other.keeps);
        if keeps.entries != Entries::Stretches {
            return self.compare_looks(other);
        }
        let within = pages::seen_by_both(&self.rows, &other.rows, range);
        compare_within(&self.rows, &other.rows, keeps, within)?;
        let dumps = [self, other].map(|seen| (&[][..], seen.summary));
        compare_kept(dumps[0], dumps[1], keeps)
    }

    /// # Errors
    ///
    /// The invariant that the map found broken.
    pub fn sound(&self) -> Result<(), Divergence> {
        self.check.clone().map_err(|invariant| Divergence::Broken { invariant })
    }
}

/// Are two answers the same, as far as `keeps` says?
#[must_use]
pub fn same_answer(left: Answer, right: Answer, keeps: Keeps) -> bool {
    let refusal = |code| code != KernReturn::Success;
    match (left, right) {
        // A refusal of what looks for space has no address, and so is a code like any other.
        (Answer::Code(l), Answer::Code(r)) if !keeps.codes => refusal(l) == refusal(r),
        (Answer::Holds(l), Answer::Holds(r)) if keeps.entries != Entries::Exact => {
            l.is_some() == r.is_some()
        }
        _ => left == right,
    }
}

/// Compares two lists of entries and the counters that go with them.
///
/// # Errors
///
/// The first difference.
pub fn compare_dumps(
    (left, left_summary): (&[Row], Summary),
    (right, right_summary): (&[Row], Summary),
) -> Result<(), Divergence> {
    if !same_rows(left, right) {
        let index = left.iter().zip(right).take_while(|(l, r)| l == r).count();
        let at = |rows: &[Row]| rows.get(index).cloned();
        return Err(Divergence::Entries { index, left: at(left), right: at(right) });
    }
    if !left_summary.agrees(&right_summary) {
        return Err(Divergence::Summary { left: left_summary, right: right_summary });
    }
    Ok(())
}

/// [`compare_dumps`], of what is in `keeps` alone.
///
/// # Errors
///
/// The first difference, with everything that both sides show there.
pub fn compare_kept(
    (left, left_summary): (&[Row], Summary),
    (right, right_summary): (&[Row], Summary),
    keeps: Keeps,
) -> Result<(), Divergence> {
    if keeps == Keeps::ALL {
        return compare_dumps((left, left_summary), (right, right_summary));
    }
    if keeps.entries == Entries::Stretches {
        compare_within(left, right, keeps, EVERYWHERE)?;
    }
    if keeps.entries == Entries::Exact {
        let same = |(l, r): &(&Row, &Row)| keeps.row(l) == keeps.row(r);
        let index = left.iter().zip(right).take_while(same).count();
        if index < left.len().max(right.len()) {
            let at = |rows: &[Row]| rows.get(index).cloned();
            return Err(Divergence::Entries { index, left: at(left), right: at(right) });
        }
    }
    if !keeps.summary(left_summary).agrees(&keeps.summary(right_summary)) {
        return Err(Divergence::Summary { left: left_summary, right: right_summary });
    }
    Ok(())
}
