//! The measuring driver of `scripts/bench-compare`, and what the other benchmarks share with it.
//!
//! The driver is built once for each revision to compare, and measures the engine that was compiled
//! into it. So it depends on little, and of the engine it uses only what a kernel would: the map and
//! the process, not the tree beneath.
//!
//! - [`layout`], [`work`], [`value`]: where entries lie, and what is asked of them.
//! - [`process`]: the whole engine in a layout.
//! - [`op`], [`scenario`]: what is measured, and a map on which it can be done over and over.
//! - [`clock`], [`meter`]: the time-stamp counter, and what takes its place when instructions are
//!   counted.
//! - [`report`]: what the driver prints.

#![deny(unsafe_code)]

pub mod clock;
pub mod layout;
pub mod meter;
pub mod op;
pub mod process;
pub mod report;
pub mod scenario;
pub mod value;
pub mod work;
