//! What the executions of a target came to, printed on demand.

use std::fmt;
use std::time::Duration;

use super::Target;
use crate::driver::Counts;
use crate::kernel::Kernel;
use crate::linux::counts::RunCounts;
use crate::oracle::{RuleBranch, freebsd14};

/// Counts of one process.
#[derive(Debug, Default)]
pub struct Statistics {
    /// Inputs run.
    pub executions: u64,
    /// Operations on maps of FreeBSD 9.3, and what they reached.
    pub counts: Counts,
    /// The same of FreeBSD 14.2.
    pub counts_14: Counts<freebsd14::Branch>,
    /// Operations that were refused for want of nodes, and then run with them.
    pub shortages: u64,
    /// Edits of a tree.
    pub edits: u64,
    /// Calls of threads that share a process.
    pub calls: u64,
    /// Texts that could be read as a trace.
    pub traces_read: u64,
    /// Operations on the kernel of this machine, and what they reached.
    pub linux: RunCounts,
}

impl Statistics {
    /// Operations on maps of either kernel.
    #[must_use]
    pub const fn operations(&self) -> u64 {
        self.counts.operations + self.counts_14.operations
    }
}

impl fmt::Display for Statistics {
    /// Totals; and for each kernel how operations ended, and how often each pair of an operation and a
    /// branch of the rules was reached, the rare ones first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { executions, counts, counts_14, shortages, edits, calls, traces_read, linux } =
            self;
        writeln!(
            f,
            "executions {executions}, operations {}, compared {}, searches {}, shortages {shortages}, \
             edits {edits}, calls {calls}, traces read {traces_read}, entries at most {}",
            self.operations(),
            counts.compared + counts_14.compared,
            counts.searches + counts_14.searches,
            counts.most_entries.max(counts_14.most_entries),
        )?;
        if linux.operations != 0 {
            write!(f, "operations of linux {}\n{linux}", linux.operations)?;
        }
        reached(f, Kernel::Freebsd9, counts)?;
        reached(f, Kernel::Freebsd14, counts_14)
    }
}

/// What the inputs for a kernel reached, if there were any.
fn reached<B: RuleBranch>(
    f: &mut fmt::Formatter<'_>,
    kernel: Kernel,
    counts: &Counts<B>,
) -> fmt::Result {
    if counts.operations == 0 {
        return Ok(());
    }
    let inputs = counts.sequences;
    writeln!(f, "{kernel}: inputs {inputs}, operations {}", counts.operations)?;
    write!(f, "{counts}")?;
    let missed: Vec<_> = counts.missed().collect();
    let all = counts.branches().count();
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

/// What a file of statistics begins with: whose they are.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) target: Target,
    /// The fuzzer's seed, if it was given one.
    pub(super) seed: Option<String>,
    /// Since the first execution.
    pub(super) elapsed: Duration,
    /// How many inputs showed a fault.
    pub(super) findings: u64,
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, seed, elapsed, findings } = self;
        let (name, seed) = (target.name(), seed.as_deref().unwrap_or("of the clock"));
        let seconds = elapsed.as_secs_f64();
        write!(f, "target {name}, seed {seed}, seconds {seconds:.1}, findings {findings}")
    }
}
