//! Real page faults, served by the engine, beside what the kernel and others take for the same.
//!
//! - [`growing`]: a stack of real memory that the engine grows; [`space`]: the engine's picture of
//!   the address space around it; [`recursion`]: what runs on it.
//! - [`subject`]: everything that is measured, behind one trait; [`sample`]: taking samples in
//!   turn; [`results`], [`table`] and [`verdict`]: what came out.
//!
//! What needs `unsafe` is in [`crate::machine::fault`]. How to read the table: `docs/faults.md`.

pub mod growing;
pub mod recursion;
pub mod results;
pub mod sample;
pub mod space;
pub mod subject;
pub mod table;
pub mod verdict;
