//! What holds of an operation whatever the rules say about its details.
//!
//! The oracle could share a mistake with the engine. These laws know nothing of either.

use growstack::{Growth, Refusal, Size};

use crate::answer::{Cause, Row, Summary};
use crate::compare::same_rows;
use crate::op::Op;

/// A map before and after an operation.
pub(super) struct Around<'a> {
    pub(super) op: &'a Op,
    pub(super) cause: Cause,
    pub(super) before: (&'a [Row], Summary),
    pub(super) after: (&'a [Row], Summary),
}

impl Around<'_> {
    /// # Errors
    ///
    /// The law that was broken.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let mapped = |addr| self.after.0.iter().any(|row| row.range.contains(addr));
        match (self.op, self.cause) {
            (Op::Grow { addr }, Cause::Grew(Growth::Grown { .. })) if !mapped(*addr) => {
                Err("a growth succeeded and the address is not mapped (section 15)")
            }
            (_, Cause::Grew(Growth::AlreadyMapped | Growth::NoStack)) if self.changed() => {
                Err("nothing was to grow and the map changed (13.1, 13.2)")
            }
            (_, Cause::Refused(refusal)) => self.refused(refusal),
            _ => Ok(()),
        }
    }

    fn changed(&self) -> bool {
        !self.before.1.agrees(&self.after.1) || !same_rows(self.before.0, self.after.0)
    }

    /// A failed operation has no side effects but those that its rule names (1.6).
    fn refused(&self, refusal: Refusal) -> Result<(), &'static str> {
        match self.op {
            _ if refusal == Refusal::Corrupt => Err("the index is broken (16.8)"),
            // 17.19: what was reserved for it stays reserved.
            Op::Grow { .. } if matches!(refusal, Refusal::ObjectGrowth { .. }) => {
                if self.changed_but_for_avail() {
                    Err("a growth was refused and more than an avail changed (17.19)")
                } else {
                    Ok(())
                }
            }
            Op::Grow { .. } if !self.before.1.agrees(&self.after.1) => {
                Err("a growth was refused and a counter changed (1.6)")
            }
            Op::Grow { .. } if self.changed_but_for_avail() => {
                Err("a growth was refused and more than an avail changed (1.6, 13.6, 13.11)")
            }
            Op::Insert { .. } | Op::Stack { .. } | Op::Find { .. } | Op::SetGrowSize { .. }
                if self.changed() =>
            {
                Err("an operation was refused and changed the map (1.6)")
            }
            _ if refusal == Refusal::OutOfNodes => Err("out of nodes with no cap on them (16.7)"),
            _ => Ok(()),
        }
    }

    fn changed_but_for_avail(&self) -> bool {
        let (before, after) = (self.before.0, self.after.0);
        if same_rows(before, after) {
            return false;
        }
        let same = |(b, a): (&Row, &Row)| {
            let without = |row: &Row| Row { avail: Size::ZERO, ..row.clone() };
            b == a || without(b) == without(a)
        };
        before.len() != after.len() || !before.iter().zip(after).all(same)
    }
}
