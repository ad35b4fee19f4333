//! What the executions of a target came to, printed on demand.

use std::fmt;

use crate::driver::Counts;

/// Counts of one process.
#[derive(Debug, Default)]
pub struct Statistics {
    /// Inputs carried out.
    pub executions: u64,
    /// Operations on maps, and what they reached.
    pub counts: Counts,
    /// Operations that were refused for want of nodes, and then carried out with them.
    pub shortages: u64,
    /// Edits of a tree.
    pub edits: u64,
    /// Texts that could be read as a trace.
    pub traces_read: u64,
}

impl fmt::Display for Statistics {
    /// Totals; how operations ended; and how often each pair of an operation and a branch of the
    /// rules was reached, the rare ones first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { executions, counts, shortages, edits, traces_read } = self;
        writeln!(
            f,
            "executions {executions}, operations {}, searches {}, shortages {shortages}, \
             edits {edits}, traces read {traces_read}, entries at most {}",
            counts.operations, counts.searches, counts.most_entries,
        )?;
        if counts.operations == 0 {
            return Ok(());
        }
        write!(f, "{counts}")?;
        let missed: Vec<_> = counts.missed().collect();
        let all = Counts::reachable().count();
        writeln!(f, "branches of the rules reached {} of {all}", all - missed.len())?;
        for branch in missed {
            writeln!(f, "  not reached: {} {}", branch.id(), branch.what())?;
        }
        let mut pairs: Vec<_> = counts.taken().collect();
        pairs.sort_by_key(|&(.., count)| count);
        writeln!(f, "pairs of an operation and a branch {}", pairs.len())?;
        for (kind, branch, count) in pairs {
            let (name, id, what) = (kind.name(), branch.id(), branch.what());
            writeln!(f, "{count:>12}  {name:<24} {id:<6} {what}")?;
        }
        Ok(())
    }
}
