//! The trait that a map implements to be tested.

use growstack::Change;

use crate::answer::{Answer, Cause, Row, Summary};
use crate::op::{Config, Op};

/// An address space under test: one process, one map.
///
/// The engine and the naive reference implement it, and so may a map of your own.
pub trait AddressSpace {
    /// An empty address space.
    fn create(config: &Config) -> Self
    where
        Self: Sized;

    /// Carries out one operation. `changes` is empty on entry; what the operation did to the
    /// address space is appended to it.
    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause);

    /// Does `apply` tell causes and changes? The driver compares them only if both maps do.
    fn tells_causes(&self) -> bool {
        true
    }

    /// Replaces the contents of `rows` by the entries in address order.
    fn entries(&self, rows: &mut Vec<Row>);

    /// The counters.
    fn summary(&self) -> Summary;

    /// Recomputes every invariant of the map's own structure.
    ///
    /// # Errors
    ///
    /// A sentence that names the invariant that does not hold.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}
