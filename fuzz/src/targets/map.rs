//! Inputs of operations, on the engine and the reference.

use growstack::{Addr, Size};

use super::Verdict;
use super::finding::{Difference, Fault};
use super::laws::Around;
use super::panics::caught;
use super::scarce::short_of_nodes;
use super::{Statistics, search};
use crate::answer::{Answer, Row};
use crate::compare::Divergence;
use crate::driver::{Counts, Pair, Seen};
use crate::engine::EngineSpace;
use crate::generate::Kind;
use crate::input::Input;
use crate::op::Op;
use crate::space::AddressSpace;
use crate::trace::{Step, Trace};

/// Are the records' shortages of index nodes obeyed?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scarcity {
    Ignored,
    Obeyed,
}

/// Memory that one input after the other uses.
#[derive(Debug, Default)]
pub(super) struct Memory {
    seen: Seen,
    /// What was carried out of the last input.
    ops: Vec<Op>,
    before: Vec<Row>,
}

pub(super) fn run(
    bytes: &[u8],
    scarcity: Scarcity,
    memory: &mut Memory,
    statistics: &mut Statistics,
) -> Result<Verdict, Fault> {
    let Some(input) = Input::decode(bytes) else { return Ok(Verdict::Unreadable) };
    memory.ops.clear();
    let outcome = caught(|| {
        if input.header.narrow {
            carry_out::<4>(&input, scarcity, memory, statistics)
        } else {
            carry_out::<16>(&input, scarcity, memory, statistics)
        }
    });
    let divergence = match outcome {
        Ok(Ok(())) => return Ok(Verdict::Sound),
        Ok(Err(divergence)) => divergence,
        Err(message) => Divergence::Panic { message },
    };
    let mut trace = Trace::new(input.header.config);
    trace.steps.extend(memory.ops.drain(..).map(Step::new));
    let width = if input.header.narrow { 4 } else { 16 };
    Err(Fault::Maps(Box::new(Difference { trace, divergence, width })))
}

fn carry_out<const B: usize>(
    input: &Input,
    scarcity: Scarcity,
    memory: &mut Memory,
    statistics: &mut Statistics,
) -> Result<(), Divergence> {
    let Memory { seen, ops, before } = memory;
    let Statistics { counts, shortages, .. } = statistics;
    let (config, window) = (&input.header.config, input.header.window);
    let mut pair = Pair::new(config, Box::new(EngineSpace::<B>::create(config)), seen);
    for op in input.header.prefill.ops(window) {
        ops.push(op);
        let answer = pair.carry_out(&op)?;
        counts.operation(Kind::of(&op), answer, pair.trail());
    }
    // Whole maps are compared once they are filled: after every operation, the time to fill one
    // would go by the square of its size.
    pair.compare_looks()?;

    for record in &input.records {
        let op = record.resolve(&pair.view(), window);
        ops.push(op);
        let summary = pair.seen().summary;
        let answer = pair.carry_out_by(&op, |map, seen| match scarcity {
            Scarcity::Obeyed => short_of_nodes(map, &op, record.nodes, seen, shortages),
            Scarcity::Ignored => {
                seen.carry_out(map, &op);
                Ok(())
            }
        })?;
        counts.operation(Kind::of(&op), answer, pair.trail());
        pair.keep_rows(before);
        pair.compare_looks()?;
        let seen = pair.seen();
        counts.entries(seen.rows.len());
        let (before, after) = ((&before[..], summary), (&seen.rows[..], seen.summary));
        let around = Around { op: &op, cause: seen.cause, before, after };
        around.check().map_err(|law| Divergence::Broken { invariant: law.to_owned() })?;
        compare_search(&pair, ops, counts)?;
        counts.compared += 1;
    }
    counts.sequences += 1;
    pair.audit()
}

/// Compares one search for space with a walk along the entries: an index finds gaps by sizes kept
/// in its nodes, and a stale size shows only in a search that happens to need that node.
fn compare_search<const B: usize>(
    pair: &Pair<'_, EngineSpace<B>>,
    ops: &mut Vec<Op>,
    counts: &mut Counts,
) -> Result<(), Divergence> {
    let view = pair.view();
    let (start, length) = search::draw(view.rows, view.config, counts.operations);
    let walked = search::first_fit(view.rows, view.config, start, length);
    let (start, length) = (Addr::new(start), Size::new(length));
    let found = pair.tested().process.map().find_space(start, length);
    counts.searches += 1;
    if found.ok().map(Addr::get) == walked {
        return Ok(());
    }
    ops.push(Op::FindSpace { start, length });
    let no_space = Answer::Code(growstack::KernReturn::NoSpace);
    Err(Divergence::Answer {
        left: walked.map_or(no_space, |addr| Answer::Found(Addr::new(addr))),
        right: found.map_or_else(|refusal| Answer::Code(refusal.kern()), Answer::Found),
    })
}
