//! Totals of a random run, for programs: `growstack random --json` writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::driver::Counts;
use crate::kernel::Family;
use crate::linux::counts::RunCounts;
use crate::op::Kind;
use crate::oracle::RuleBranch;

/// Totals of one run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// The kernel whose rules were followed; 9.3 in files from before there was another.
    #[serde(default, with = "word")]
    pub kernel: Family,
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
    /// The tally of `counts` by the rules of a kernel.
    #[must_use]
    pub fn of<B: RuleBranch>(kernel: Family, counts: &Counts<B>) -> Self {
        let mut tally = Self {
            kernel,
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
            kernel: Family::Linux,
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

/// A kernel as the word that command lines have for it.
mod word {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::kernel::Family;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    pub(super) fn serialize<S: Serializer>(kernel: &Family, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(kernel.word())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Family, D::Error> {
        let word = String::deserialize(from)?;
        word.parse().map_err(|_| D::Error::custom(format_args!("no kernel is called `{word}`")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::kernel::Kernel;

    #[test]
    fn a_tally_names_its_kernel() {
        let tally =
            Tally { kernel: Family::FreeBsd(Kernel::Freebsd14), operations: 3, ..Tally::default() };
        let text = serde_json::to_string(&tally).unwrap();
        assert!(text.starts_with(r#"{"kernel":"freebsd-14","#), "{text}");
        assert_eq!(serde_json::from_str::<Tally>(&text).unwrap(), tally);
        let older = text.replacen(r#""kernel":"freebsd-14","#, "", 1);
        assert_eq!(serde_json::from_str::<Tally>(&older).unwrap().kernel, Family::default());
        let unknown = text.replacen("freebsd-14", "freebsd-99", 1);
        assert!(serde_json::from_str::<Tally>(&unknown).is_err());
    }
}
