//! Making a failing trace plainer: its header and its operands, as the cut leaves them.

use growstack::{Addr, CowFlags, Limits, PAGE_SIZE, Prot, Size, StackTunables};

use crate::op::{Config, Mapping, Op};
use crate::trace::{Step, Trace};

/// `trace`, which fails, with whatever may be made plainer while `fails` still says so.
///
/// Carries out the trace about ten times, and four times for each of its operations.
pub(super) fn plain(trace: Trace, fails: impl Fn(&Trace) -> bool) -> Trace {
    let mut best = trace;
    for change in CONFIG_CHANGES {
        let mut config = *best.config();
        change(&mut config);
        if config != *best.config() {
            let mut plainer = Trace::new(config);
            plainer.steps.clone_from(&best.steps);
            if fails(&plainer) {
                best = plainer;
            }
        }
    }
    for index in 0..best.steps.len() {
        for change in [plain_flags, plain_mapping, whole_pages] {
            let old = *best.steps[index].op();
            let new = change(old);
            if new != old {
                let mut plainer = best.clone();
                plainer.steps[index] = Step::new(new);
                if fails(&plainer) {
                    best = plainer;
                }
            }
        }
    }
    best
}

const CONFIG_CHANGES: [fn(&mut Config); 7] = [
    |config| config.limits.stack = Limits::INFINITY,
    |config| config.limits.vmem = Limits::INFINITY,
    |config| config.limits.memlock = Limits::INFINITY,
    |config| config.limits.swap = Size::MAX,
    |config| config.tunables.guard_page = false,
    |config| config.tunables.maxsaddr = StackTunables::default().maxsaddr,
    |config| config.tunables.sgrowsiz = Size::PAGE,
];

/// `op` ever plainer: without flags, without an object or odd protections, with whole pages.
pub(super) fn plainer(op: Op) -> [Op; 3] {
    let bare = plain_flags(op);
    let anonymous = plain_mapping(bare);
    [bare, anonymous, whole_pages(anonymous)]
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
