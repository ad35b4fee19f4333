//! Making a failing sequence small, greedily and within bounds.

use growstack::{Addr, CowFlags, Limits, PAGE_SIZE, Prot, Size, StackTunables};

use crate::op::{Config, Mapping, Op};

/// A start and the operations from there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// What the address space starts from.
    pub config: Config,
    /// The operations.
    pub ops: Vec<Op>,
}

/// Shrinks `case`, which fails, to a smaller one that fails too, though perhaps in another way.
///
/// `fails` carries a case out and tells the index of the operation at which it fails, if it does.
/// Operations are dropped in ever smaller runs, then the start and the operands are made plainer,
/// until nothing helps or `effort` operations have been carried out.
pub(super) fn shrink(
    case: Case,
    effort: usize,
    fails: impl FnMut(&Config, &[Op]) -> Option<usize>,
) -> Case {
    let mut shrinker = Shrinker { case, effort, fails };
    loop {
        let before = shrinker.case.clone();
        shrinker.drop_operations();
        shrinker.plain_config();
        shrinker.plain_operands();
        if shrinker.effort == 0 || shrinker.case == before {
            return shrinker.case;
        }
    }
}

struct Shrinker<F> {
    case: Case,
    effort: usize,
    fails: F,
}

impl<F: FnMut(&Config, &[Op]) -> Option<usize>> Shrinker<F> {
    /// Takes `config` and `ops` over if they still fail.
    fn attempt(&mut self, config: Config, mut ops: Vec<Op>) -> bool {
        if self.effort == 0 || ops.is_empty() {
            return false;
        }
        self.effort = self.effort.saturating_sub(ops.len());
        let Some(at) = (self.fails)(&config, &ops) else { return false };
        ops.truncate(at + 1);
        self.case = Case { config, ops };
        true
    }

    fn drop_operations(&mut self) {
        let mut run = self.case.ops.len() / 2;
        while run != 0 {
            // From the end: what came last is the most likely to matter, and the least likely to
            // be what the rest depends on, so early runs go in one piece once late ones are gone.
            let mut end = self.case.ops.len();
            while end != 0 {
                let start = end.saturating_sub(run);
                let mut ops = self.case.ops.clone();
                ops.drain(start..end);
                self.attempt(self.case.config, ops);
                end = start.min(self.case.ops.len());
            }
            run /= 2;
        }
    }

    fn plain_config(&mut self) {
        let changes: [fn(&mut Config); 7] = [
            |c| c.limits.stack = Limits::INFINITY,
            |c| c.limits.vmem = Limits::INFINITY,
            |c| c.limits.memlock = Limits::INFINITY,
            |c| c.limits.swap = Size::MAX,
            |c| c.tunables.guard_page = false,
            |c| c.tunables.maxsaddr = StackTunables::default().maxsaddr,
            |c| c.tunables.sgrowsiz = Size::PAGE,
        ];
        for change in changes {
            let mut config = self.case.config;
            change(&mut config);
            if config != self.case.config {
                self.attempt(config, self.case.ops.clone());
            }
        }
    }

    fn plain_operands(&mut self) {
        for at in 0..self.case.ops.len() {
            for change in [plain_flags, plain_mapping, whole_pages] {
                // An earlier change may have let the case end before this operation.
                let Some(&old) = self.case.ops.get(at) else { return };
                let new = change(old);
                if new != old {
                    let mut ops = self.case.ops.clone();
                    ops[at] = new;
                    self.attempt(self.case.config, ops);
                }
            }
        }
    }
}

/// `op` without the flags that an insertion can do without.
fn plain_flags(mut op: Op) -> Op {
    match &mut op {
        Op::Insert { mapping, .. } | Op::Find { mapping, .. } | Op::Fixed { mapping, .. } => {
            mapping.flags = CowFlags::NONE;
        }
        Op::Stack { flags, .. } => *flags = flags.and(CowFlags::GROWTH),
        _ => {}
    }
    op
}

/// `op` with anonymous memory that may be read and written.
fn plain_mapping(mut op: Op) -> Op {
    match &mut op {
        Op::Insert { mapping, .. } | Op::Find { mapping, .. } | Op::Fixed { mapping, .. } => {
            let flags = mapping.flags;
            *mapping = Mapping { prot: Prot::RW, max: Prot::ALL, flags, object: None, offset: 0 };
        }
        Op::Stack { prot, max, .. } => (*prot, *max) = (Prot::RW, Prot::ALL),
        _ => {}
    }
    op
}

/// `op` with addresses and lengths rounded down to pages.
fn whole_pages(mut op: Op) -> Op {
    let addr = |a: &mut Addr| *a = Addr::new(a.get() & !(PAGE_SIZE - 1));
    let size = |s: &mut Size| *s = Size::new(s.get() & !(PAGE_SIZE - 1));
    match &mut op {
        Op::Insert { start, end, .. }
        | Op::Remove { start, end }
        | Op::Protect { start, end, .. }
        | Op::Inherit { start, end, .. }
        | Op::Madvise { start, end, .. }
        | Op::Wire { start, end, .. }
        | Op::Unwire { start, end, .. }
        | Op::Check { start, end, .. } => [start, end].into_iter().for_each(addr),
        Op::FindSpace { start, length }
        | Op::Find { start, length, .. }
        | Op::Fixed { start, length, .. }
        | Op::Stack { addrbos: start, max_ssize: length, .. } => {
            addr(start);
            size(length);
        }
        Op::Grow { addr: at } | Op::Lookup { addr: at } => addr(at),
        Op::Limit { value, .. } => size(value),
        // Never to 0, which is refused.
        Op::SetGrowSize { value } if value.get() > PAGE_SIZE => size(value),
        _ => {}
    }
    op
}
