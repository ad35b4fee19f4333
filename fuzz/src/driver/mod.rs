//! Random runs: sequences on a map and the oracle in [lockstep](crate::lockstep), on all cores.
//!
//! Everything is compared after every operation: the answer, the cause, the changes, the entries,
//! the counters, and the invariants that the maps check of themselves; and then one more search for
//! space.
//!
//! Sequence *i* of seed *s* is drawn from (*s*, *i*) alone: any one can be run again by itself. A
//! sequence in which the maps differ is shrunk.
//!
//! ```
//! use std::num::NonZero;
//! use growstack_fuzz::driver::{Settings, run};
//! use growstack_fuzz::oracle::Oracle;
//! use growstack_fuzz::replay::MapFactory;
//! let settings = Settings {
//!     seed: 1,
//!     first: 0,
//!     sequences: Some(10),
//!     budget: None,
//!     threads: NonZero::<usize>::MIN,
//! };
//! let outcome = run(&settings, MapFactory::of::<Oracle>("itself"));
//! assert_eq!(outcome.counts.sequences, 10);
//! assert!(outcome.failure.is_none());
//! ```

mod failure;
mod run;
mod session;
mod under_test;

pub use crate::lockstep::{Counts, KindCount};
pub use failure::Failure;
pub(crate) use run::{Line, Random, run_by, sequence_by};
pub use run::{Outcome, Settings, run, sequence};
#[cfg(feature = "targets")]
pub use under_test::SHARED;
pub use under_test::{ENGINES, WIDTHS, engine};
