//! What a run did and what it reached.

use std::fmt;
use std::marker::PhantomData;

use growstack::KernReturn;

use crate::answer::Answer;
use crate::op::Kind;
use crate::oracle::{Branch, RuleBranch};

/// Counts of one thread, or of a whole run, by the rules with branches `B`.
#[derive(Clone, Debug)]
pub struct Counts<B = Branch> {
    /// Sequences completed.
    pub sequences: u64,
    /// Operations run on both maps and compared, searches aside.
    pub operations: u64,
    /// Those of them after which both maps were compared in full: all but what fills a map to
    /// begin with.
    pub compared: u64,
    /// Searches for space compared after operations.
    pub searches: u64,
    /// The most entries that a map had.
    pub most_entries: usize,
    kinds: [KindCount; Kind::COUNT],
    left_out: [u64; Kind::COUNT],
    /// By branch, then by kind of operation.
    reached: Vec<[u64; Kind::COUNT]>,
    rules: PhantomData<B>,
}

impl<B: RuleBranch> Default for Counts<B> {
    fn default() -> Self {
        Self {
            sequences: 0,
            operations: 0,
            compared: 0,
            searches: 0,
            most_entries: 0,
            kinds: [KindCount::default(); Kind::COUNT],
            left_out: [0; Kind::COUNT],
            reached: vec![[0; Kind::COUNT]; B::ALL.len()],
            rules: PhantomData,
        }
    }
}

/// How the operations of one kind ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KindCount {
    /// Done, or answered without a code.
    pub done: u64,
    /// Refused with some code.
    pub refused: u64,
}

impl<B: RuleBranch> Counts<B> {
    /// Counts one operation, its answer, and the branches of the rule book that it took.
    pub(crate) fn operation(&mut self, kind: Kind, answer: Answer, trail: &[B]) {
        self.operations += 1;
        let count = &mut self.kinds[kind.index()];
        match answer {
            Answer::Code(code) if code != KernReturn::Success => count.refused += 1,
            _ => count.done += 1,
        }
        for &branch in trail {
            self.reached[branch.index()][kind.index()] += 1;
        }
    }

    /// Counts one operation that the map under test does not support.
    pub(crate) fn left_out(&mut self, kind: Kind) {
        self.left_out[kind.index()] += 1;
    }

    /// Notes how many entries a map has.
    pub(crate) fn entries(&mut self, entries: usize) {
        self.most_entries = self.most_entries.max(entries);
    }

    /// Adds the counts of another thread.
    pub(crate) fn add(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.operations += other.operations;
        self.compared += other.compared;
        self.searches += other.searches;
        self.most_entries = self.most_entries.max(other.most_entries);
        for (mine, theirs) in self.kinds.iter_mut().zip(&other.kinds) {
            mine.done += theirs.done;
            mine.refused += theirs.refused;
        }
        for (mine, theirs) in self.left_out.iter_mut().zip(&other.left_out) {
            *mine += theirs;
        }
        for (mine, theirs) in self.reached.iter_mut().flatten().zip(other.reached.iter().flatten())
        {
            *mine += theirs;
        }
    }

    /// How the operations of `kind` ended.
    #[must_use]
    pub const fn kind(&self, kind: Kind) -> KindCount {
        self.kinds[kind.index()]
    }

    /// How many operations of `kind` were drawn and then left out, because the map under test does
    /// not support them even without flags, without an object and with whole pages.
    #[must_use]
    pub const fn not_supported(&self, kind: Kind) -> u64 {
        self.left_out[kind.index()]
    }

    /// Whether the map under test lacks an operation other than fork and what goes with it.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let lacks = |&&kind: &&Kind| !kind.is_about_processes() && self.not_supported(kind) != 0;
        Kind::ALL.iter().any(|kind| lacks(&kind))
    }

    /// Whether any process forked. If none did, section 17 was not tested.
    #[must_use]
    pub const fn has_fork(&self) -> bool {
        let KindCount { done, refused } = self.kind(Kind::Fork);
        done + refused != 0
    }

    /// The branches that operations could take: without a fork, none of section 17.
    pub fn branches(&self) -> impl Iterator<Item = B> {
        B::tested(self.has_fork())
    }

    /// The branches that no operation took and one could have taken.
    pub fn missed(&self) -> impl Iterator<Item = B> {
        self.branches().filter(|&branch| self.reached(branch) == 0)
    }

    /// How often operations took `branch`.
    #[must_use]
    pub fn reached(&self, branch: B) -> u64 {
        self.reached[branch.index()].iter().sum()
    }

    /// Every pair of a kind of operation and a branch that it took, with how often it did.
    pub fn taken(&self) -> impl Iterator<Item = (Kind, B, u64)> {
        B::ALL.iter().zip(self.reached.iter()).flat_map(|(&branch, kinds)| {
            let counted = Kind::ALL.iter().map(move |&kind| (kind, branch, kinds[kind.index()]));
            counted.filter(|&(.., count)| count != 0)
        })
    }

    /// How many pairs of a kind of operation and a branch that it took there were.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.reached.iter().flatten().filter(|&&count| count != 0).count()
    }
}

impl<B: RuleBranch> fmt::Display for Counts<B> {
    /// One line for each kind of operation that was drawn. What was left out has a column if
    /// anything was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partial = self.left_out.iter().any(|&count| count != 0);
        write!(f, "{:<24} {:>12} {:>12}", "operation", "done", "refused")?;
        writeln!(f, "{}", if partial { "  not supported" } else { "" })?;
        for &kind in Kind::ALL {
            let KindCount { done, refused } = self.kind(kind);
            let left_out = self.not_supported(kind);
            if done + refused + left_out == 0 {
                continue;
            }
            write!(f, "{:<24} {done:>12} {refused:>12}", kind.name())?;
            if partial {
                write!(f, "  {left_out:>13}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
