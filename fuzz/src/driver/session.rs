//! One sequence, drawn and compared operation by operation.

use crate::compare::Divergence;
use crate::generate::{Generator, Kind, Seeded, View};
use crate::op::Op;
use crate::space::AddressSpace;

use super::Tracked;
use super::counts::Counts;
use super::pair::{Pair, Seen};
use super::shrink::Case;

/// What a thread keeps from sequence to sequence: its counts, and memory to use again.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) counts: Counts,
    seen: Seen,
    /// The sequence so far, the operation under way included: what there is to show if a map
    /// panics.
    pub(super) case: Option<Case>,
}

impl Session {
    /// Draws and compares sequence `sequence` of `seed`; `case` holds it afterwards.
    pub(super) fn sequence<A: AddressSpace, R: Tracked>(
        &mut self,
        seed: u64,
        sequence: u64,
    ) -> Result<(), Divergence> {
        let mut draw = Seeded::of_sequence(seed, sequence);
        let mut generator = Generator::new(&mut draw);
        let mut config = *generator.config();
        let mut ops = self.case.take().map_or_else(Vec::new, |case| case.ops);
        ops.clear();
        let ops = &mut self.case.insert(Case { config, ops }).ops;
        let mut pair = Pair::<A, R>::create(&config, &mut self.seen);

        for op in generator.prefill(&mut draw) {
            ops.push(op);
            // Whole maps are compared once they are filled: otherwise the time to fill one would
            // go by the square of its size.
            let answer = pair.carry_out(&op)?;
            self.counts.operation(Kind::of(&op), answer, pair.reference().trail());
        }
        pair.compare_looks()?;

        for _ in 0..generator.length() {
            let view = View { rows: pair.rows(), summary: pair.summary(), config: &config };
            let op = generator.op(&mut draw, &view);
            ops.push(op);
            let answer = pair.step(&op)?;
            config.follow(&op);
            self.counts.operation(Kind::of(&op), answer, pair.reference().trail());
            self.counts.entries(pair.rows().len());

            let view = View { rows: pair.rows(), summary: pair.summary(), config: &config };
            let (start, length) = generator.search(&mut draw, &view);
            let search = Op::FindSpace { start, length };
            self.counts.probes += 1;
            if let Err(divergence) = pair.probe(&search) {
                // Part of the sequence from now on, so that it can be shown and shrunk.
                ops.push(search);
                return Err(divergence);
            }
        }
        self.counts.sequences += 1;
        Ok(())
    }
}
