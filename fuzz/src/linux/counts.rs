//! What a run of Linux did and what it reached.

use std::fmt;

use super::oracle::Branch;
use super::{LinuxAnswer, LinuxOp};
use crate::oracle::RuleBranch;

/// Counts of one thread, or of a whole run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunCounts {
    /// Sequences completed.
    pub sequences: u64,
    /// Operations after which answer, ranges and protections were compared.
    pub operations: u64,
    /// Those of them after which all flags were compared as well.
    pub whole: u64,
    /// VMAs compared, over all operations.
    pub vmas: u64,
    /// The most VMAs that there were.
    pub most_vmas: usize,
    /// By kind of operation: done, refused.
    ended: [[u64; 2]; LinuxOp::KINDS.len()],
    /// By kind of operation, then by branch.
    reached: Vec<[u64; LinuxOp::KINDS.len()]>,
    outcomes: [u64; Outcome::ALL.len()],
}

/// How a touch of an address ended that no VMA held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A VMA grew, and the touch was done.
    Grew,
    /// A VMA grew, and its protection forbade the touch (L21).
    GrewForbidden,
    /// Growth was refused.
    Refused(Branch),
}

impl Outcome {
    /// Every outcome: what ends a touch, in the order of the rules.
    pub const ALL: [Self; 11] = [
        Self::Grew,
        Self::GrewForbidden,
        Self::Refused(Branch::NothingAbove),
        Self::Refused(Branch::NotGrowable),
        Self::Refused(Branch::BelowMin),
        Self::Refused(Branch::GapShort),
        Self::Refused(Branch::OffsetShort),
        Self::Refused(Branch::AddressSpaceLimit),
        Self::Refused(Branch::StackLimit),
        Self::Refused(Branch::LockLimit),
        Self::Refused(Branch::CommitLimit),
    ];

    /// The outcome of an operation that took these branches; `None` if it touched no address without a
    /// VMA, or one that nothing can grow for.
    fn of(trail: &[Branch]) -> Option<Self> {
        if trail.contains(&Branch::Grew) {
            let forbidden = [Branch::ProtectionForbids, Branch::KeyForbids, Branch::ProcMemAccess];
            let is_forbidden = forbidden.iter().any(|branch| trail.contains(branch));
            return Some(if is_forbidden { Self::GrewForbidden } else { Self::Grew });
        }
        let refused = |&branch: &Branch| Self::ALL.contains(&Self::Refused(branch));
        trail.iter().copied().find(refused).map(Self::Refused)
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|&outcome| outcome == self).unwrap_or(0)
    }

    /// Whether a VMA grew.
    #[must_use]
    pub const fn grew(self) -> bool {
        matches!(self, Self::Grew | Self::GrewForbidden)
    }

    fn what(self) -> &'static str {
        match self {
            Self::Grew => "grew",
            Self::GrewForbidden => "grew, and the protection forbade the access",
            Self::Refused(branch) => branch.what(),
        }
    }
}

impl Default for RunCounts {
    fn default() -> Self {
        Self {
            sequences: 0,
            operations: 0,
            whole: 0,
            vmas: 0,
            most_vmas: 0,
            ended: Default::default(),
            reached: vec![[0; LinuxOp::KINDS.len()]; Branch::ALL.len()],
            outcomes: [0; Outcome::ALL.len()],
        }
    }
}

impl RunCounts {
    /// Counts an operation that was compared: its answer, the branches that it took, how many VMAs there
    /// are after it, and whether all their flags were compared.
    pub(crate) fn operation(
        &mut self,
        op: &LinuxOp,
        answer: LinuxAnswer,
        trail: &[Branch],
        vmas: usize,
        whole: bool,
    ) {
        self.operations += 1;
        self.whole += u64::from(whole);
        self.vmas += vmas as u64;
        self.most_vmas = self.most_vmas.max(vmas);
        let refused = matches!(answer, LinuxAnswer::Failed(_) | LinuxAnswer::Segv(_));
        self.ended[op.kind()][usize::from(refused)] += 1;
        for branch in trail {
            self.reached[branch.index()][op.kind()] += 1;
        }
        if let Some(outcome) = Outcome::of(trail) {
            self.outcomes[outcome.index()] += 1;
        }
    }

    /// Adds the counts of another thread.
    pub(crate) fn add(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.operations += other.operations;
        self.whole += other.whole;
        self.vmas += other.vmas;
        self.most_vmas = self.most_vmas.max(other.most_vmas);
        let mine = self.ended.iter_mut().flatten().chain(self.reached.iter_mut().flatten());
        let theirs = other.ended.iter().flatten().chain(other.reached.iter().flatten());
        mine.zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        self.outcomes.iter_mut().zip(other.outcomes).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Each kind of operation, and how often it was done and was refused.
    pub fn ended(&self) -> impl Iterator<Item = (&'static str, [u64; 2])> {
        LinuxOp::KINDS.into_iter().zip(self.ended)
    }

    /// How often operations took `branch`.
    #[must_use]
    pub fn reached(&self, branch: Branch) -> u64 {
        self.reached[branch.index()].iter().sum()
    }

    /// The branches that operations which are drawn can take.
    pub fn branches() -> impl Iterator<Item = Branch> {
        Branch::ALL.iter().copied().filter(|branch| branch.is_drawn())
    }

    /// Those of them that no operation took.
    pub fn missed(&self) -> impl Iterator<Item = Branch> {
        Self::branches().filter(|&branch| self.reached(branch) == 0)
    }

    /// Every pair of a kind of operation and a branch that it took, with how often it did.
    pub fn taken(&self) -> impl Iterator<Item = (&'static str, Branch, u64)> {
        Branch::ALL.iter().zip(&self.reached).flat_map(|(&branch, kinds)| {
            let counted = LinuxOp::KINDS.into_iter().zip(*kinds);
            let counted = counted.filter(|&(_, count)| count != 0);
            counted.map(move |(kind, count)| (kind, branch, count))
        })
    }

    /// How touches ended of addresses that no VMA held.
    pub fn outcomes(&self) -> impl Iterator<Item = (Outcome, u64)> {
        Outcome::ALL.into_iter().zip(self.outcomes)
    }

    /// The share of touches of addresses that no VMA held for which one grew, in percent.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn growth(&self) -> f64 {
        let grew = self.outcomes().filter(|(outcome, _)| outcome.grew()).map(|(_, n)| n);
        let all: u64 = self.outcomes.iter().sum();
        grew.sum::<u64>() as f64 * 100.0 / all.max(1) as f64
    }
}

impl fmt::Display for RunCounts {
    /// A line for each kind of operation, and one for each outcome of a touch of free space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<12} {:>12} {:>12}", "operation", "done", "refused")?;
        for (kind, [done, refused]) in self.ended() {
            if done + refused != 0 {
                writeln!(f, "{kind:<12} {done:>12} {refused:>12}")?;
            }
        }
        writeln!(f, "touches of free space, of which {:.1} % grew:", self.growth())?;
        for (outcome, count) in self.outcomes() {
            writeln!(f, "{count:>12}  {}", outcome.what())?;
        }
        Ok(())
    }
}
