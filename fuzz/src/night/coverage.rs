//! The branches of the rules that random sequences reached, of each kernel.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::kernel::{Family, Kernel};
use crate::linux::oracle as linux;
use crate::op::Kind;
use crate::oracle::{Branch, RuleBranch, freebsd14};
use crate::tally::Tally;

/// Coverage of the rules of one kernel.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Coverage {
    /// As command lines name it.
    kernel: &'static str,
    operations: u64,
    reached: usize,
    of: usize,
    /// In words.
    missed: Vec<String>,
}

impl Coverage {
    /// The coverage of the runs of each kernel together, of which there are any.
    pub(super) fn of_each(tallies: &[Tally]) -> Vec<Self> {
        let of = |kernel| {
            let tallies: Vec<&Tally> = tallies.iter().filter(|t| t.kernel == kernel).collect();
            let covered = match kernel {
                Family::FreeBsd(Kernel::Freebsd9) => Self::of::<Branch>,
                Family::FreeBsd(Kernel::Freebsd14) => Self::of::<freebsd14::Branch>,
                Family::Linux => Self::of::<linux::Branch>,
            };
            (!tallies.is_empty()).then(|| covered(kernel, &tallies))
        };
        Family::ALL.into_iter().filter_map(of).collect()
    }

    fn of<B: RuleBranch>(kernel: Family, tallies: &[&Tally]) -> Self {
        let reached: BTreeSet<&str> = tallies
            .iter()
            .flat_map(|tally| tally.reached.values().flat_map(|branches| branches.keys()))
            .map(String::as_str)
            .collect();
        let fork = tallies.iter().any(|tally| tally.ended.contains_key(Kind::Fork.name()));
        let (reached, missed): (Vec<_>, Vec<_>) =
            B::tested(fork).partition(|branch: &B| reached.contains(branch.id()));
        let words = missed.iter().map(|branch| format!("{} {}", branch.id(), branch.what()));
        Self {
            kernel: kernel.word(),
            operations: tallies.iter().map(|tally| tally.operations).sum(),
            reached: reached.len(),
            of: reached.len() + missed.len(),
            missed: words.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kernel_has_its_own_branches() {
        let tally = |family, branch: &str, operations| {
            let branches = [(branch.to_owned(), 1)].into();
            let reached = [("grow".to_owned(), branches)].into();
            Tally { kernel: family, operations, reached, ..Tally::default() }
        };
        let tallies = [
            tally(Family::FreeBsd(Kernel::Freebsd14), "D13.1a", 5),
            tally(Family::default(), "13.1", 2),
            tally(Family::default(), "13.2a", 3),
            tally(Family::Linux, "L20", 7),
        ];
        let covered = Coverage::of_each(&tallies);
        let seen: Vec<_> = covered.iter().map(|c| (c.kernel, c.operations)).collect();
        assert_eq!(seen, [("freebsd-9", 5), ("freebsd-14", 5), ("linux", 7)]);
        assert!(covered.iter().all(|c| c.reached > 0), "{covered:?}");
        assert!(covered[1].missed.iter().all(|words| !words.starts_with("D13.1a ")));
        assert!(covered[1].missed.iter().all(|words| words.starts_with('D')), "{covered:?}");
        assert_eq!(Coverage::of_each(&tallies[1..3]).len(), 1);
    }
}
