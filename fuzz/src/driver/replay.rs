//! A given sequence, compared all the way.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::compare::Divergence;
use crate::op::{Config, Op};
use crate::space::AddressSpace;

use super::pair::{Pair, Seen};

/// Carries `ops` out on both maps, comparing everything after each. The index of the first
/// operation after which something is wrong, and what; `None` if the maps agree throughout.
///
/// A map that panics is caught.
#[must_use]
pub fn first_divergence<A, R>(config: &Config, ops: &[Op]) -> Option<(usize, Divergence)>
where
    A: AddressSpace,
    R: AddressSpace,
{
    let mut at = 0;
    let mut seen = Seen::default();
    let outcome = guarded(|| {
        let mut pair = Pair::<A, R>::create(config, &mut seen);
        ops.iter().try_for_each(|op| {
            pair.step(op)?;
            at += 1;
            Ok(())
        })
    });
    outcome.err().map(|divergence| (at, divergence))
}

/// Runs `work`, and turns a panic into a divergence.
pub(super) fn guarded(work: impl FnOnce() -> Result<(), Divergence>) -> Result<(), Divergence> {
    // What a panic leaves half done is looked at by nobody: the maps are dropped, and what was
    // seen of them is overwritten before it is read again.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(Divergence::Panic { message: text.unwrap_or("no message").to_owned() })
    })
}
