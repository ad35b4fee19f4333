//! Searches of FreeBSD 14.2 whose answer is a matter of the shape of the real kernel's tree.

use growstack::{FindSpace, KernReturn};

use crate::answer::Answer;
use crate::kernel::Kernel;
use crate::op::Op;
use crate::oracle::freebsd14::Oracle14;
use crate::space::AddressSpace;
use crate::trace::Trace;

const NO_SPACE: Answer = Answer::Code(KernReturn::NoSpace);

/// Says of which recorded refusals rule D7.3 is the reason: the kernel overlooked the room above the
/// last entry, which is a first fit.
pub(super) struct Overlooked<'t> {
    trace: &'t Trace,
    /// Has done the steps before `next` that the kernel has done; made when there is a search to look
    /// at, for few traces have one.
    oracle: Option<Oracle14>,
    next: usize,
    /// The indices of the finds that were overlooked, ascending.
    pub(super) finds: Vec<usize>,
}

/// `trace` without the finds that the kernel overlooked the room for: without answers it does not say
/// which those are.
pub(super) fn without_overlooked(trace: &Trace) -> Trace {
    let mut overlooked = Overlooked::new(trace);
    (0..trace.steps.len()).for_each(|index| _ = overlooked.is_at(index));
    let mut without = trace.clone();
    for index in overlooked.finds.into_iter().rev() {
        without.steps.remove(index);
    }
    without
}

impl<'t> Overlooked<'t> {
    pub(super) fn new(trace: &'t Trace) -> Self {
        Self { trace, oracle: None, next: 0, finds: Vec::new() }
    }

    /// Did the kernel overlook what the operation at `index` looks for? Asked of the operations in their
    /// order.
    pub(super) fn is_at(&mut self, index: usize) -> bool {
        let step = &self.trace.steps[index];
        let searches =
            matches!(step.op(), Op::FindSpace { .. } | Op::Find { space: FindSpace::Any, .. });
        let newer = self.trace.config().kernel() == Kernel::Freebsd14;
        if !newer || !searches || step.answer() != Some(NO_SPACE) {
            return false;
        }
        let oracle = self.before(index);
        let answer = |mut map: Oracle14| map.apply(step.op(), &mut Vec::new()).0;
        let by_rule = answer(oracle.clone());
        let is_overlooked = by_rule != NO_SPACE && answer(oracle.clone().overlooking()) == NO_SPACE;
        if is_overlooked && matches!(step.op(), Op::Find { .. }) {
            self.next = index + 1;
            self.finds.push(index);
        }
        is_overlooked
    }

    /// Did the kernel overlook what the find at `index` looks for, and find it lower down? It may where a
    /// search begins at the cluster address, and then from 0 (D7.6).
    pub(super) fn is_lower_at(&mut self, index: usize) -> bool {
        let step = &self.trace.steps[index];
        let newer = self.trace.config().kernel() == Kernel::Freebsd14;
        let finds = matches!(step.op(), Op::Find { space: FindSpace::Any, .. });
        let Some(recorded @ Answer::Found(_)) = step.answer().filter(|_| newer && finds) else {
            return false;
        };
        let mut oracle = self.before(index).clone().overlooking();
        oracle.apply(step.op(), &mut Vec::new()).0 == recorded
    }

    /// The oracle as it is before the operation at `index`.
    fn before(&mut self, index: usize) -> &Oracle14 {
        let trace = self.trace;
        let oracle = self.oracle.get_or_insert_with(|| Oracle14::create(trace.config()));
        for step in &trace.steps[self.next..index] {
            oracle.apply(step.op(), &mut Vec::new());
        }
        self.next = index;
        oracle
    }
}
