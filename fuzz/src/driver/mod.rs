//! The differential driver: random sequences on a map and the reference, which must agree.
//!
//! Every operation is carried out on both, and everything is compared: the answer, the cause, the
//! changes told, the entries, the counters, and the invariants that the maps check of themselves.
//! After it one more search for space is made on both: an index finds gaps by sizes kept in its
//! nodes, and a stale size shows only in a search that happens to need that node.
//!
//! Sequence *i* of seed *s* is drawn from (*s*, *i*) alone: any one can be run again by itself. A
//! sequence in which the maps differ is cut to what is needed to show it.
//!
//! ```
//! use std::num::NonZero;
//! use growstack_fuzz::driver::{Settings, run};
//! use growstack_fuzz::reference::Reference;
//! use growstack_fuzz::replay::Contender;
//! let settings = Settings {
//!     seed: 1,
//!     first: 0,
//!     sequences: Some(10),
//!     budget: None,
//!     threads: NonZero::<usize>::MIN,
//! };
//! let outcome = run(&settings, Contender::of::<Reference>("itself"));
//! assert_eq!(outcome.counts.sequences, 10);
//! assert!(outcome.failure.is_none());
//! ```

mod counts;
mod failure;
mod pair;
mod plain;
mod run;
mod session;
mod under_test;

pub use counts::{Counts, KindCount};
pub use failure::Failure;
pub(crate) use failure::shortened;
pub(crate) use pair::{Pair, Seen};
pub use run::{Outcome, Settings, run, sequence};
pub use under_test::{WIDTHS, engine};
