//! What traces are made of: how many entries, stacks, and operations of which kind.

use crate::kernel::Kernel;
use crate::op::Op;
use crate::replay::QUICK;
use crate::trace::Trace;

/// The kinds of operations that are counted apart, and what a table calls them.
pub const KINDS: [&str; 9] =
    ["find", "insert", "fixed", "remove", "protect", "stack", "grow", "wire", "advise"];

/// What a trace is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Description {
    /// Operations of all kinds.
    pub operations: usize,
    /// Entries, where there are most of them.
    pub most: usize,
    /// Entries at the end.
    pub last: usize,
    /// Stacks that may grow, where there are most of them.
    pub stacks: usize,
    /// Operations by kind, in the order of [`KINDS`]: `wire` with `unwire`, and `inherit` with
    /// `madvise`. Settings and questions are in none.
    pub kinds: [usize; KINDS.len()],
}

fn kind(op: &Op) -> Option<usize> {
    Some(match op {
        Op::Find { .. } => 0,
        Op::Insert { .. } => 1,
        Op::Fixed { .. } => 2,
        Op::Remove { .. } => 3,
        Op::Protect { .. } => 4,
        Op::Stack { .. } => 5,
        Op::Grow { .. } => 6,
        Op::Wire { .. } | Op::Unwire { .. } => 7,
        Op::Inherit { .. } | Op::Madvise { .. } => 8,
        _ => return None,
    })
}

/// Runs `trace` on a map of its kernel and counts.
#[must_use]
pub fn describe(trace: &Trace) -> Description {
    let mut described = Description::default();
    let newer = trace.config().kernel() == Kernel::Freebsd14;
    let mut map = (QUICK.create)(trace.config());
    let (mut changes, mut rows) = (Vec::new(), Vec::new());
    for op in trace.steps.iter().map(crate::trace::Step::op) {
        changes.clear();
        map.apply(op, &mut changes);
        described.operations += 1;
        if let Some(kind) = kind(op) {
            described.kinds[kind] += 1;
        }
        described.last = map.summary().entries;
        described.most = described.most.max(described.last);
        // Only these make a stack more: one that is cut in two, too; and in 14.2 what maps with a
        // growth flag, or grows.
        if matches!(op, Op::Stack { .. } | Op::Remove { .. } | Op::Protect { .. }) || newer {
            map.entries(&mut rows);
            let stacks = rows.iter().filter(|row| row.is_stack()).count();
            described.stacks = described.stacks.max(stacks);
        }
    }
    described
}
