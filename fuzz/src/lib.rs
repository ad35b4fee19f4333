//! The harness of growstack: everything that tells whether a VM map is right.
//!
//! - [`op`], [`answer`], [`space`]: the operations as one enum, what a map answers, and the trait
//!   [`AddressSpace`](space::AddressSpace) that a map implements to be tested.
//! - [`mod@reference`]: the naive map, a sorted `Vec` written from the rule book. It shares nothing
//!   with the engine but the vocabulary types.
//! - [`engine`]: the engine behind the trait.
//! - [`shared`], [`stress`]: the engine for many threads, behind the trait and under stress.
//! - [`trace`], [`replay`], [`report`]: traces, carrying them out, and telling what differs.
//! - [`compare`]: what is compared of two maps after every operation.
//! - [`keeps`], [`settings`]: what a map does not have, and how it says so.
//! - [`exec`]: maps that are programs of their own, asked over a pipe.
//! - [`generate`], [`driver`]: random sequences on two maps.
//! - [`describe`], [`show`]: what traces are made of, and pictures of them.
//! - [`proc_maps`]: `/proc/PID/maps` of a recorded process, and how a map differs from it.
//! - [`tally`], [`night`]: totals of a random run, and the report of a night.
//! - [`cli`]: the command `growstack`.

pub mod answer;
mod check;
pub mod cli;
pub mod compare;
pub mod describe;
pub mod driver;
pub mod engine;
pub mod exec;
pub mod generate;
pub mod input;
pub mod keeps;
pub mod minimize;
pub mod night;
pub mod op;
pub mod proc_maps;
pub mod reference;
pub mod regression;
pub mod replay;
pub mod report;
pub mod settings;
pub mod shared;
pub mod show;
pub mod space;
pub mod stress;
pub mod tally;
pub mod targets;
pub mod trace;

pub use check::check;

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The Rust in the guide is tested with the library's own examples.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide.md")]
struct Guide;
