//! What holds of an operation whatever the rules say about its details.
//!
//! The oracle could share a mistake with the engine. These laws know nothing of either. What a refusal
//! leaves behind is a law of each kernel.

mod freebsd14;
mod freebsd9;
#[cfg(test)]
mod planted;

use growstack::{EntryFlags, Growth, Refusal};

use crate::answer::{Cause, Row, Summary};
use crate::compare::same_rows;
use crate::kernel::Kernel;
use crate::op::Op;

/// A map before and after an operation.
pub(super) struct Around<'a> {
    pub(super) kernel: Kernel,
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
        match (self.op, self.cause) {
            (Op::Grow { addr }, Cause::Grew(Growth::Grown { .. })) if !self.is_grown(*addr) => {
                Err("a growth succeeded and the address is not mapped (section 15)")
            }
            (_, Cause::Grew(Growth::AlreadyMapped | Growth::NoStack)) if self.changed() => {
                Err("nothing was to grow and the map changed (13.1, 13.2)")
            }
            (_, Cause::Refused(Refusal::Corrupt)) => Err("the index is broken (16.8)"),
            (_, Cause::Refused(refusal)) => {
                match self.kernel {
                    Kernel::Freebsd9 => self.refused_9(refusal),
                    Kernel::Freebsd14 => self.refused_14(refusal),
                }?;
                if refusal == Refusal::OutOfNodes {
                    return Err("out of nodes with no cap on them (16.7)");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Is there an entry at an address now into which no stack is still to grow?
    fn is_grown(&self, addr: growstack::Addr) -> bool {
        let holder = self.after.0.iter().find(|row| row.range.contains(addr));
        holder.is_some_and(|row| !row.flags.intersects(EntryFlags::STACK_GAP))
    }

    fn counters_changed(&self) -> bool {
        !self.before.1.agrees(&self.after.1)
    }

    fn rows_changed(&self) -> bool {
        !same_rows(self.before.0, self.after.0)
    }

    fn changed(&self) -> bool {
        self.counters_changed() || self.rows_changed()
    }
}
