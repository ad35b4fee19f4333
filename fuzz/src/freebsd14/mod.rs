//! Random sequences of FreeBSD 14.2: drawn along its oracle, and run on that and a map in lockstep.
//!
//! The operations are those that the [generator](crate::input) of 9.3 draws, with the words of 14.2
//! put in. It is shown the map as 9.3 would have it, with the gap of each stack as its reserve, so
//! that it aims at gaps as it aims at reserves; and now and then as it is, so that gaps are entries
//! like others.
//!
//! Sequence *i* of seed *s* is drawn from (*s*, *i*) alone. There is no engine of 14.2 yet, but a map
//! that says it is [of that kernel](crate::space::AddressSpace::kernel) can be run.

mod draw;
mod lift;
mod run;

pub use draw::{Drawn, draw};
pub use run::{Failure, Outcome, run};
