//! The dialect of the rule book: the operations of FreeBSD's VM map.

use growstack::AddrRange;

use super::{Dialect, Subject};
use crate::answer::Answer;
use crate::compare::{Divergence, Observed};
use crate::op::Op;
use crate::space::AddressSpace;

/// The dialect that every [`AddressSpace`] speaks.
#[derive(Clone, Copy, Debug)]
pub struct FreeBsd;

impl Dialect for FreeBsd {
    type Op = Op;
    type Place = AddrRange;
    type Seen = Observed;
    type Divergence = Divergence;

    fn supported(seen: &Observed) -> bool {
        seen.answer != Answer::Unsupported
    }

    fn answered(seen: &Observed) -> Result<(), Divergence> {
        seen.answered()
    }

    fn compare_answers(left: &Observed, right: &Observed) -> Result<(), Divergence> {
        left.compare_answers(right)
    }

    fn compare_looks(
        left: &Observed,
        right: &Observed,
        place: Option<AddrRange>,
    ) -> Result<(), Divergence> {
        match place {
            Some(range) => left.compare_near(right, range),
            None => left.compare_looks(right),
        }
    }

    fn sound(seen: &Observed) -> Result<(), Divergence> {
        seen.sound()
    }

    fn panicked(message: String) -> Divergence {
        Divergence::Panic { message }
    }
}

impl<M: AddressSpace + ?Sized> Subject<FreeBsd> for M {
    fn act(&mut self, op: &Op, seen: &mut Observed) {
        seen.run_op(self, op);
    }

    fn look(&self, place: Option<AddrRange>, seen: &mut Observed) {
        seen.look_near(self, place);
    }

    fn check(&self, seen: &mut Observed) {
        seen.check = AddressSpace::check(self);
    }
}
