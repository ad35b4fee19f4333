//! The differential driver: random sequences on two maps that must agree.
//!
//! Every operation is carried out on the map under test and on a reference, and everything is
//! compared: the answer, the cause, the changes told, the entries, the counters, and the
//! invariants that the maps check of themselves. A sequence in which they differ is cut to the
//! operation where they do and shrunk.
//!
//! Sequence *i* of seed *s* is drawn from (*s*, *i*) alone: any one can be run again by itself.

mod counts;
mod pair;
mod probe;
mod replay;
mod run;
mod session;
mod shrink;

pub use counts::{Counts, KindCount};
pub use probe::scan_for_space;
pub use replay::first_divergence;
pub use run::{Failure, Outcome, Settings, run};
pub use shrink::Case;

use crate::reference::{Reached, Reference};
use crate::space::AddressSpace;

/// A reference that tells which rules its last operation reached.
pub trait Tracked: AddressSpace {
    /// The branches of the rule book that the last operation took, each as often as it took it.
    fn trail(&self) -> &[Reached];
}

impl Tracked for Reference {
    fn trail(&self) -> &[Reached] {
        Self::trail(self)
    }
}
