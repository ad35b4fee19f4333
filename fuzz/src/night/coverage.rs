//! The branches of the rules that random sequences reached.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::op::Kind;
use crate::oracle::{Branch, RuleBranch};
use crate::tally::Tally;

/// Coverage of the rules.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Coverage {
    operations: u64,
    reached: usize,
    of: usize,
    /// In words.
    missed: Vec<String>,
}

impl Coverage {
    /// The coverage of some runs together, if there are any.
    pub(super) fn of(tallies: &[Tally]) -> Option<Self> {
        let reached: BTreeSet<&str> = tallies
            .iter()
            .flat_map(|tally| tally.reached.values().flat_map(|branches| branches.keys()))
            .map(String::as_str)
            .collect();
        let fork = tallies.iter().any(|tally| tally.ended.contains_key(Kind::Fork.name()));
        let (reached, missed): (Vec<_>, Vec<_>) =
            Branch::tested(fork).partition(|branch: &Branch| reached.contains(branch.id()));
        let words = missed.iter().map(|branch| format!("{} {}", branch.id(), branch.what()));
        (!tallies.is_empty()).then(|| Self {
            operations: tallies.iter().map(|tally| tally.operations).sum(),
            reached: reached.len(),
            of: reached.len() + missed.len(),
            missed: words.collect(),
        })
    }
}
