//! One sequence, drawn and compared operation by operation.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::compare::Divergence;
use crate::generate::{Generator, Kind, Seeded};
use crate::op::{Config, Op};
use crate::replay::Contender;

use super::counts::Counts;
use super::pair::{Pair, Seen};

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
        let config = config.insert(*generator.config());
        let mut pair = Pair::new(config, (tested.create)(config), seen);

        for op in generator.prefill(&mut draw) {
            ops.push(op);
            let answer = pair.carry_out(&op)?;
            counts.operation(Kind::of(&op), answer, pair.trail());
        }
        // Whole maps are compared once they are filled: after every operation, the time to fill
        // one would go by the square of its size.
        pair.compare_looks()?;

        for _ in 0..generator.length() {
            let op = generator.op(&mut draw, &pair.view());
            ops.push(op);
            let answer = pair.carry_out(&op)?;
            counts.operation(Kind::of(&op), answer, pair.trail());
            pair.compare_looks()?;
            counts.entries(pair.view().rows.len());

            let (start, length) = generator.search(&mut draw, &pair.view());
            let search = Op::FindSpace { start, length };
            ops.push(search);
            pair.carry_out(&search)?;
            counts.searches += 1;
            ops.pop();
        }
        counts.sequences += 1;
        pair.audit()
    }
}
