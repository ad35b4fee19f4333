//! One sequence, drawn and compared operation by operation.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::compare::Divergence;
use crate::generate::{Generator, Kind, Seeded};
use crate::op::{Config, Op};
use crate::replay::Contender;
use crate::settings::create;
use crate::space::AddressSpace;

use super::counts::Counts;
use super::pair::{Pair, Seen};
use super::plain::plainer;

/// What a thread keeps from sequence to sequence: its counts, and memory to use again.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) counts: Counts,
    /// What the last sequence started from.
    pub(super) config: Option<Config>,
    /// Its operations, up to the one at which the maps differ if they do.
    pub(super) ops: Vec<Op>,
    seen: Seen,
}

impl Session {
    /// Draws and compares sequence `sequence` of `seed`. A panic counts as a divergence.
    ///
    /// # Errors
    ///
    /// What the map under test and the reference differ in, after the last of `ops`.
    pub(super) fn sequence(
        &mut self,
        seed: u64,
        sequence: u64,
        tested: Contender,
    ) -> Result<(), Divergence> {
        // What a panic leaves half done is looked at by nobody: the maps are dropped, and what
        // was seen of them is emptied before it is read again.
        let work = AssertUnwindSafe(|| self.draw_and_compare(seed, sequence, tested));
        catch_unwind(work).unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            Err(Divergence::Panic { message: text.unwrap_or("no message").to_owned() })
        })
    }

    fn draw_and_compare(
        &mut self,
        seed: u64,
        sequence: u64,
        tested: Contender,
    ) -> Result<(), Divergence> {
        let Self { counts, config, ops, seen } = self;
        ops.clear();
        let mut draw = Seeded::of_sequence(seed, sequence);
        let mut generator = Generator::new(&mut draw);
        *config = Some(*generator.config());
        let (start, map) = create(tested, generator.config());
        *config = Some(start);
        let mut pair = Pair::new(&start, map, seen);
        let mut work = Work { counts, ops, pair: &mut pair };

        for op in generator.prefill(&mut draw) {
            work.try_or_plainer(op)?;
        }
        // Whole maps are compared once they are filled: after every operation, the time to fill
        // one would go by the square of its size. Nothing is compared before there is an operation
        // that a trace could show it with.
        if !work.ops.is_empty() {
            work.pair.compare_looks()?;
        }

        for _ in 0..generator.length() {
            let mut done = false;
            for _ in 0..TRIES {
                let op = generator.op(&mut draw, &work.pair.view());
                done = work.try_or_plainer(op)?;
                if done {
                    break;
                }
            }
            // Whoever supports so little gets short sequences.
            if !done {
                break;
            }
            work.pair.compare_looks()?;
            work.counts.compared += 1;
            work.counts.entries(work.pair.view().rows.len());

            let (start, length) = generator.search(&mut draw, &work.pair.view());
            work.search(Op::FindSpace { start, length })?;
        }
        counts.sequences += 1;
        pair.audit()
    }
}

/// How often an operation is drawn until the map under test supports one.
const TRIES: usize = 64;

/// A sequence under way.
struct Work<'w, 's> {
    counts: &'w mut Counts,
    ops: &'w mut Vec<Op>,
    pair: &'w mut Pair<'s, dyn AddressSpace>,
}

impl Work<'_, '_> {
    /// Carries out `op` or, if the map does not support it, a plainer one of its kind. False if
    /// it does not support that either.
    fn try_or_plainer(&mut self, op: Op) -> Result<bool, Divergence> {
        if self.carry_out(op)? {
            return Ok(true);
        }
        let mut last = op;
        for next in plainer(op) {
            if next != last && self.carry_out(next)? {
                return Ok(true);
            }
            last = next;
        }
        self.counts.left_out(Kind::of(&op));
        Ok(false)
    }

    fn carry_out(&mut self, op: Op) -> Result<bool, Divergence> {
        self.ops.push(op);
        let answer = self.pair.carry_out_if_supported(&op)?;
        match answer {
            Some(answer) => self.counts.operation(Kind::of(&op), answer, self.pair.trail()),
            None => drop(self.ops.pop()),
        }
        Ok(answer.is_some())
    }

    /// Carries out `search`, which goes into the trace only if it fails.
    fn search(&mut self, search: Op) -> Result<(), Divergence> {
        self.ops.push(search);
        let answer = self.pair.carry_out_if_supported(&search)?;
        self.counts.searches += u64::from(answer.is_some());
        self.ops.pop();
        Ok(())
    }
}
