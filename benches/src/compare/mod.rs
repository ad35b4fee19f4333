//! Two revisions of the engine against each other: faster, slower, or no change, with the evidence.
//!
//! `scripts/bench-compare` builds one driver (`growstack-bench-driver`) for each revision, and
//! `compare measure` runs them. There are two gates:
//!
//! - [`instructions`]: how many instructions an operation takes, counted by callgrind. The same
//!   program always takes the same number.
//! - [`time`]: how long it takes, as the ratio of runs side by side, beside the ratio that a copy of
//!   the same program gives in the same run.
//!
//! [`verdict`] says what either comes to, [`statistics`] how wide the ratio may be off. The result
//! is a [`Comparison`], which [`markdown`] shows, `--json` writes, [`history`] keeps and [`trend`]
//! draws.

pub mod driver;
pub mod history;
pub mod instructions;
pub mod markdown;
pub mod outcome;
pub mod statistics;
pub mod time;
pub mod trend;
pub mod verdict;

pub use history::{Record, append, read};
pub use outcome::{Benchmark, Comparison, Instructions, Revision, Time};
pub use verdict::Verdict;
