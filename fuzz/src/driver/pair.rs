//! The map under test and the reference, side by side.

use crate::answer::{Answer, Row, Summary};
use crate::compare::{Divergence, Observed};
use crate::op::{Config, Op};
use crate::space::AddressSpace;

use super::probe::scan_for_space;

/// What was seen of both maps, the reference on the left; memory that one pair after the other
/// uses.
#[derive(Debug, Default)]
pub(super) struct Seen {
    reference: Observed,
    tested: Observed,
}

/// Two maps that have carried out the same operations.
pub(super) struct Pair<'s, A, R> {
    tested: A,
    reference: R,
    config: Config,
    seen: &'s mut Seen,
}

impl<'s, A: AddressSpace, R: AddressSpace> Pair<'s, A, R> {
    pub(super) fn create(config: &Config, seen: &'s mut Seen) -> Self {
        let (tested, reference) = (A::create(config), R::create(config));
        Self { tested, reference, config: *config, seen }
    }

    pub(super) const fn reference(&self) -> &R {
        &self.reference
    }

    /// The entries of the map under test when it was last compared.
    pub(super) fn rows(&self) -> &[Row] {
        &self.seen.tested.rows
    }

    /// The counters of the map under test when it was last compared.
    pub(super) const fn summary(&self) -> Summary {
        self.seen.tested.summary
    }

    /// Carries `op` out on both maps and compares everything.
    pub(super) fn step(&mut self, op: &Op) -> Result<Answer, Divergence> {
        let answer = self.carry_out(op)?;
        self.compare_looks()?;
        if let Op::FindSpace { .. } = op {
            self.compare_with_scan(op, answer)?;
        }
        Ok(answer)
    }

    /// Carries `op` out on both maps and compares what they tell of it.
    pub(super) fn carry_out(&mut self, op: &Op) -> Result<Answer, Divergence> {
        let Seen { tested, reference } = &mut *self.seen;
        tested.carry_out(&mut self.tested, op);
        reference.carry_out(&mut self.reference, op);
        reference.compare_telling(tested)?;
        Ok(tested.answer)
    }

    /// Compares what both maps look like, and lets them check themselves.
    pub(super) fn compare_looks(&mut self) -> Result<(), Divergence> {
        let Seen { tested, reference } = &mut *self.seen;
        tested.look_at(&self.tested);
        reference.look_at(&self.reference);
        reference.compare_looks(tested)?;
        tested.sound()?;
        reference.sound()
    }

    /// Compares the answer of the map under test alone to the search `op` with a plain scan of
    /// the entries last seen.
    pub(super) fn probe(&mut self, op: &Op) -> Result<(), Divergence> {
        let seen = &mut self.seen.tested;
        seen.carry_out(&mut self.tested, op);
        let answer = seen.answer;
        self.compare_with_scan(op, answer)
    }

    fn compare_with_scan(&self, op: &Op, answer: Answer) -> Result<(), Divergence> {
        let Op::FindSpace { start, length } = *op else { return Ok(()) };
        let scanned = scan_for_space(&self.config, self.rows(), start, length);
        if scanned == answer {
            return Ok(());
        }
        Err(Divergence::Answer { left: scanned, right: answer })
    }
}
