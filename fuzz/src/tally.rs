//! Totals of a random run, for programs: `growstack random --json` writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::driver::Counts;
use crate::linux::counts::RunCounts;
use crate::op::Kind;
use crate::oracle::RuleBranch;

/// Totals of one run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Seconds that it took, summed over its threads.
    pub seconds: f64,
    /// Divergences found.
    pub findings: u64,
    /// Sequences completed.
    pub executions: u64,
    /// Operations run on both maps, searches aside.
    pub operations: u64,
    /// Those of them after which everything was compared.
    pub compared: u64,
    /// Searches for space compared.
    pub searches: u64,
    /// The most entries that a map had.
    pub most_entries: usize,
    /// How operations ended, by kind: done, refused.
    pub ended: BTreeMap<String, [u64; 2]>,
    /// How often each pair was reached: by kind of operation, then by the id of the branch of the
    /// rules.
    pub reached: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Tally {
    /// The tally of `counts`.
    #[must_use]
    pub fn of<B: RuleBranch>(counts: &Counts<B>) -> Self {
        let mut tally = Self {
            executions: counts.sequences,
            operations: counts.operations,
            compared: counts.compared,
            searches: counts.searches,
            most_entries: counts.most_entries,
            ..Self::default()
        };
        for &kind in Kind::ALL {
            let count = counts.kind(kind);
            if count.done + count.refused != 0 {
                tally.ended.insert(kind.name().to_owned(), [count.done, count.refused]);
            }
        }
        for (kind, branch, count) in counts.taken() {
            let branches = tally.reached.entry(kind.name().to_owned()).or_default();
            branches.insert(branch.id().to_owned(), count);
        }
        tally
    }

    /// The tally of a run of Linux.
    #[must_use]
    pub fn of_linux(counts: &RunCounts) -> Self {
        let mut tally = Self {
            executions: counts.sequences,
            operations: counts.operations,
            compared: counts.operations,
            most_entries: counts.most_vmas,
            ..Self::default()
        };
        let ended = counts.ended().filter(|(_, [done, refused])| done + refused != 0);
        tally.ended.extend(ended.map(|(kind, ended)| (kind.to_owned(), ended)));
        for (kind, branch, count) in counts.taken() {
            let branches = tally.reached.entry(kind.to_owned()).or_default();
            branches.insert(branch.id().to_owned(), count);
        }
        tally
    }

    /// How many pairs of a kind of operation and a branch were reached.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.reached.values().map(BTreeMap::len).sum()
    }
}
