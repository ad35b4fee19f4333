//! The map under test and the reference, side by side.

use crate::answer::{Answer, Summary};
use crate::compare::{Divergence, Observed};
use crate::generate::View;
use crate::op::{Config, Op};
use crate::reference::{Reached, Reference};
use crate::replay::Contender;
use crate::settings::{unsupported, without};
use crate::space::AddressSpace;

/// What was seen of both maps; memory that one pair after the other uses.
#[derive(Debug, Default)]
pub(super) struct Seen {
    tested: Observed,
    reference: Observed,
}

/// Two maps that have carried out the same operations.
pub(super) struct Pair<'s> {
    tested: Box<dyn AddressSpace>,
    reference: Reference,
    /// The start as far as the map under test supports it, with the limits and tunables as they are by now.
    config: Config,
    seen: &'s mut Seen,
}

impl<'s> Pair<'s> {
    pub(super) fn create(config: &Config, tested: Contender, seen: &'s mut Seen) -> Self {
        // What the last pair left behind is not of these maps.
        for seen in [&mut seen.tested, &mut seen.reference] {
            seen.rows.clear();
            seen.summary = Summary::default();
        }
        let mut map = (tested.create)(config);
        let mut config = *config;
        let missing = unsupported(map.as_mut(), &config);
        if !missing.is_empty() {
            config = without(config, &missing);
            map = (tested.create)(&config);
        }
        Self { tested: map, reference: Reference::create(&config), config, seen }
    }

    /// What both maps started from, and the limits and tunables as they are by now.
    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    /// What the reference's last operation reached.
    pub(super) fn trail(&self) -> &[Reached] {
        self.reference.trail()
    }

    /// What both maps looked like when they were last compared.
    pub(super) fn view(&self) -> View<'_> {
        // The map under test may not keep all of this, and the two agree in what it keeps.
        let Observed { rows, summary, .. } = &self.seen.reference;
        View { rows, summary: *summary, config: &self.config }
    }

    /// Carries `op` out on both maps and compares what they tell of it. On neither, if the one
    /// under test does not support it; then there is no answer.
    pub(super) fn carry_out(&mut self, op: &Op) -> Result<Option<Answer>, Divergence> {
        let Seen { tested, reference } = &mut *self.seen;
        tested.carry_out(self.tested.as_mut(), op);
        tested.answered()?;
        if tested.answer == Answer::Unsupported {
            return Ok(None);
        }
        reference.carry_out(&mut self.reference, op);
        self.config.follow(op);
        reference.compare_telling(tested)?;
        Ok(Some(tested.answer))
    }

    /// Compares what both maps look like, and lets them check themselves.
    pub(super) fn compare_looks(&mut self) -> Result<(), Divergence> {
        let Seen { tested, reference } = &mut *self.seen;
        tested.look_at(self.tested.as_ref());
        reference.look_at(&self.reference);
        reference.compare_looks(tested)?;
        tested.sound()?;
        reference.sound()
    }
}
