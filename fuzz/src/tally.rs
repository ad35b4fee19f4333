//! What a run came to, for programs: `GROWSTACK_STATS=FILE.json` and `growstack random --json`
//! write it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::driver::Counts;
use crate::generate::Kind;

/// What one run came to, or several of a kind together.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// What ran: `random`, or the name of a fuzz target.
    pub what: String,
    /// How long it took, in seconds; of runs or threads side by side, the sum.
    pub seconds: f64,
    /// Faults found.
    pub findings: u64,
    /// Inputs, or sequences, carried out.
    pub executions: u64,
    /// Operations carried out on both maps, searches aside.
    pub operations: u64,
    /// Those of them after which everything was compared.
    pub compared: u64,
    /// Searches for space compared.
    pub searches: u64,
    /// Operations that were refused for want of index nodes, and then carried out with them.
    pub shortages: u64,
    /// Edits of a tree.
    pub edits: u64,
    /// Texts that could be read as a trace.
    pub traces_read: u64,
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
    pub fn of(counts: &Counts) -> Self {
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

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.seconds += other.seconds;
        self.findings += other.findings;
        self.executions += other.executions;
        self.operations += other.operations;
        self.compared += other.compared;
        self.searches += other.searches;
        self.shortages += other.shortages;
        self.edits += other.edits;
        self.traces_read += other.traces_read;
        self.most_entries = self.most_entries.max(other.most_entries);
        for (kind, [done, refused]) in &other.ended {
            let mine = self.ended.entry(kind.clone()).or_default();
            mine[0] += done;
            mine[1] += refused;
        }
        for (kind, branches) in &other.reached {
            let mine = self.reached.entry(kind.clone()).or_default();
            for (branch, count) in branches {
                *mine.entry(branch.clone()).or_default() += count;
            }
        }
    }

    /// How many pairs of a kind of operation and a branch were reached.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.reached.values().map(BTreeMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;
    use crate::reference::Reached;
    use growstack::KernReturn;

    fn counts() -> Counts {
        let mut counts = Counts::default();
        counts.operation(Kind::Grow, Answer::Code(KernReturn::Success), &[Reached::SwapReserved]);
        counts.operation(Kind::Grow, Answer::Code(KernReturn::NoSpace), &[Reached::SwapShort]);
        counts.operation(Kind::Dump, Answer::Silent, &[]);
        counts
    }

    #[test]
    fn it_has_what_was_counted() {
        let tally = Tally::of(&counts());
        assert_eq!(tally.operations, 3);
        assert_eq!(tally.ended["grow"], [1, 1]);
        assert_eq!(tally.ended.len(), 2, "only what was carried out: {:?}", tally.ended);
        assert_eq!(tally.reached["grow"]["1.5a"], 1);
        assert_eq!(tally.pairs(), 2);
    }

    #[test]
    fn sums_are_of_everything_but_the_largest_map() {
        let mut sum = Tally { most_entries: 7, ..Tally::of(&counts()) };
        sum.add(&Tally { most_entries: 3, seconds: 2.5, ..Tally::of(&counts()) });
        assert_eq!((sum.operations, sum.pairs(), sum.most_entries), (6, 2, 7));
        assert_eq!(sum.reached["grow"]["1.5b"], 2);
        assert!((sum.seconds - 2.5).abs() < 1e-9);
    }
}
