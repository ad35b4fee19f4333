//! The map under test and the reference, side by side.

use crate::answer::{Answer, Row, Summary};
use crate::compare::{Divergence, Observed};
use crate::generate::View;
use crate::op::{Config, Op};
use crate::reference::{Reached, Reference};
use crate::space::AddressSpace;

/// What was seen of both maps; memory that one pair after the other uses.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    tested: Observed,
    reference: Observed,
}

/// Two maps that have carried out the same operations.
pub(crate) struct Pair<'s, M: ?Sized> {
    tested: Box<M>,
    reference: Reference,
    /// The start, with the limits and tunables as they are by now.
    config: Config,
    seen: &'s mut Seen,
}

impl<'s, M: AddressSpace + ?Sized> Pair<'s, M> {
    /// `tested`, which must be empty, beside a reference that is.
    pub(crate) fn new(config: &Config, tested: Box<M>, seen: &'s mut Seen) -> Self {
        // What the last pair left behind is not of these maps.
        for seen in [&mut seen.tested, &mut seen.reference] {
            seen.rows.clear();
            seen.summary = Summary::default();
        }
        Self { tested, reference: Reference::create(config), config: *config, seen }
    }

    /// What the reference's last operation reached.
    pub(crate) fn trail(&self) -> &[Reached] {
        self.reference.trail()
    }

    /// What both maps looked like when they were last compared.
    pub(crate) fn view(&self) -> View<'_> {
        // The map under test may not keep all of this, and the two agree in what it keeps.
        let Observed { rows, summary, .. } = &self.seen.reference;
        View { rows, summary: *summary, config: &self.config }
    }

    /// The map under test.
    pub(crate) fn tested(&self) -> &M {
        &self.tested
    }

    /// What the map under test told of the last operation, and how it looked when last compared.
    pub(crate) fn seen(&self) -> &Observed {
        &self.seen.tested
    }

    /// Gives the rows of the map under test away for `old` ones: those of the last look are kept
    /// over the next one, and nothing is copied.
    pub(crate) fn keep_rows(&mut self, old: &mut Vec<Row>) {
        std::mem::swap(&mut self.seen.tested.rows, old);
    }

    /// Carries `op` out on both maps, the one under test having it, and compares what they tell.
    pub(crate) fn carry_out(&mut self, op: &Op) -> Result<Answer, Divergence> {
        self.carry_out_by(op, |map, seen| {
            seen.carry_out(map, op);
            Ok(())
        })
    }

    /// As [`carry_out`](Self::carry_out), but on neither map if the one under test does not
    /// support `op`; then there is no answer.
    pub(crate) fn carry_out_if_supported(&mut self, op: &Op) -> Result<Option<Answer>, Divergence> {
        let seen = &mut self.seen.tested;
        seen.carry_out(self.tested.as_mut(), op);
        seen.answered()?;
        if seen.answer == Answer::Unsupported {
            return Ok(None);
        }
        self.follow(op).map(Some)
    }

    /// As [`carry_out`](Self::carry_out), but the map under test is made to do it by `act`.
    pub(crate) fn carry_out_by(
        &mut self,
        op: &Op,
        act: impl FnOnce(&mut M, &mut Observed) -> Result<(), Divergence>,
    ) -> Result<Answer, Divergence> {
        act(self.tested.as_mut(), &mut self.seen.tested)?;
        self.follow(op)
    }

    /// Carries out `op` on the reference, after the map under test, and compares what they tell.
    fn follow(&mut self, op: &Op) -> Result<Answer, Divergence> {
        let Seen { tested, reference } = &mut *self.seen;
        reference.carry_out(&mut self.reference, op);
        self.config.follow(op);
        reference.compare_telling(tested)?;
        Ok(tested.answer)
    }

    /// Compares what both maps look like, and lets the one under test check itself. The reference
    /// does so on its own.
    pub(crate) fn compare_looks(&mut self) -> Result<(), Divergence> {
        let Seen { tested, reference } = &mut *self.seen;
        tested.look_at(self.tested.as_ref());
        reference.read(&self.reference);
        reference.compare_looks(tested)?;
        tested.sound()
    }

    /// Lets the reference check itself, which it does now and then only when it is large.
    pub(crate) fn audit(&self) -> Result<(), Divergence> {
        self.reference.check().map_err(|invariant| Divergence::Broken { invariant })
    }
}
