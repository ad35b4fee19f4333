//! Running a trace of Linux on maps, and comparing them with what it records and with each other.

use growstack::PAGE_SIZE;

use super::dialect::{Linux, LinuxDivergence, LinuxSeen, LinuxSpace};
use super::op::LinuxOp;
use super::trace::{LinuxStep, LinuxTrace};
use super::vma::Vma;
use crate::lockstep::{Dialect, Lockstep, Mismatch, Ran, Side, quietly};
use crate::shrink;

/// What reports call the answers that a trace records.
pub const RECORD: &str = "the trace";

/// Maps of one kind, and their name.
pub struct LinuxMap<'a> {
    /// What reports call them.
    pub name: &'static str,
    /// Makes an empty one.
    pub create: super::LinuxFactory<'a>,
}

/// How much was done and compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LinuxCounts {
    /// Operations done, on however many maps.
    pub operations: usize,
    /// Recorded answers that maps were compared with.
    pub answers: usize,
    /// Recorded lists of VMAs that maps were compared with.
    pub lists: usize,
    /// The pages of those lists that were compared page by page.
    pub pages: u64,
    /// Stores without a recorded answer to free addresses, for which a stack has grown.
    pub grown: usize,
    /// Other stores without a recorded answer.
    pub written: usize,
    /// Operations that a map does not have, and that no map did.
    pub passed: usize,
}

/// The first divergence in a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinuxFailure {
    /// The index of the operation.
    pub index: usize,
    /// The operation.
    pub op: LinuxOp,
    /// Who differs.
    pub sides: (&'static str, &'static str),
    /// In what.
    pub divergence: LinuxDivergence,
}

impl std::fmt::Display for LinuxFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { index, op, sides: (first, other), divergence } = self;
        write!(f, "operation {}, `{op}`, {first} against {other}: {divergence}", index + 1)
    }
}

type Maps = Lockstep<Linux, dyn LinuxSpace, dyn LinuxSpace>;

/// Runs a trace on the first map and the others.
///
/// # Errors
///
/// The first divergence.
pub fn replay(
    trace: &LinuxTrace,
    first: &LinuxMap<'_>,
    others: &[LinuxMap<'_>],
) -> Result<LinuxCounts, Box<LinuxFailure>> {
    let side = |map: &LinuxMap<'_>| Side::new(map.name, (map.create)(&trace.config));
    let mut maps: Maps = Lockstep { first: side(first), others: others.iter().map(side).collect() };
    let mut counts = LinuxCounts::default();
    for (index, step) in trace.steps.iter().enumerate() {
        run_step(&mut maps, trace, step, &mut counts).map_err(|mismatch| {
            let Mismatch { sides, divergence } = *mismatch;
            Box::new(LinuxFailure { index, op: step.op, sides, divergence })
        })?;
    }
    Ok(counts)
}

fn run_step(
    maps: &mut Maps,
    trace: &LinuxTrace,
    step: &LinuxStep,
    counts: &mut LinuxCounts,
) -> Result<(), Box<Mismatch<Linux>>> {
    count_touch(step, &maps.first.seen.vmas, counts);
    if maps.run(&step.op)? != Ran::Everywhere {
        counts.passed += 1;
        return Ok(());
    }
    counts.operations += 1;
    maps.compare(true)?;
    let mut record = LinuxSeen { shown: trace.shown, ..LinuxSeen::default() };
    let against = |record: &LinuxSeen, compare: fn(&LinuxSeen, &LinuxSeen) -> Compared| {
        maps.sides().try_for_each(|side| {
            let differs = |divergence| Mismatch { sides: (RECORD, side.name), divergence };
            compare(record, &side.seen).map_err(|divergence| Box::new(differs(divergence)))
        })
    };
    if let Some(answer) = step.answer {
        counts.answers += 1;
        record.answer = answer;
        against(&record, Linux::compare_answers)?;
    }
    if let Some(vmas) = &step.vmas {
        counts.lists += 1;
        if !trace.shown.bounds {
            let pages = vmas.iter().map(|vma| vma.range.len().get() / PAGE_SIZE);
            counts.pages += pages.sum::<u64>();
        }
        record.vmas = vmas.to_vec();
        against(&record, |record, seen| Linux::compare_looks(record, seen, None))?;
    }
    Ok(())
}

/// Counts a touch that nobody has an answer of: a recorder puts one where the kernel's list shows it.
fn count_touch(step: &LinuxStep, before: &[Vma], counts: &mut LinuxCounts) {
    if let (LinuxOp::Store { addr }, None) = (step.op, step.answer) {
        let mapped = before.iter().any(|vma| vma.range.contains(addr));
        *(if mapped { &mut counts.written } else { &mut counts.grown }) += 1;
    }
}

type Compared = Result<(), LinuxDivergence>;

/// The same trace with the answers and VMAs of a map in it.
#[must_use]
pub fn fill(trace: &LinuxTrace, map: &LinuxMap<'_>) -> LinuxTrace {
    let mut space = (map.create)(&trace.config);
    let mut filled = trace.clone();
    filled.shown = space.shown();
    for step in &mut filled.steps {
        let answer = space.apply(&step.op);
        let mut vmas = Vec::new();
        space.vmas(&mut vmas);
        (step.answer, step.vmas) = (Some(answer), Some(vmas.into()));
    }
    filled
}

/// A short trace in which the maps differ as they do in this one.
///
/// A divergence from what is recorded keeps every operation before it, since an answer is only worth
/// anything in its place.
#[must_use]
pub fn cut(
    trace: &LinuxTrace,
    failure: &LinuxFailure,
    first: &LinuxMap<'_>,
    others: &[LinuxMap<'_>],
) -> LinuxTrace {
    let mut start = trace.clone();
    start.steps.truncate(failure.index + 1);
    if failure.sides.0 == RECORD {
        return start;
    }
    let of = |ops: &[LinuxOp]| LinuxTrace::of(trace.config, ops.iter().copied());
    let failing = |ops: &[LinuxOp]| {
        replay(&of(ops), first, others)
            .err()
            .filter(|again| again.divergence.is_like(&failure.divergence))
    };
    let ops: Vec<LinuxOp> = start.steps.iter().map(|step| step.op).collect();
    let short =
        quietly(|| shrink::plainest(ops, super::shrink::PLAINER, |ops| failing(ops).is_some()));
    match failing(&short) {
        Some(failure) => of(&short[..=failure.index]),
        None => start,
    }
}
