//! Differential fuzzing of virtual-memory maps: a map of your own against an oracle of FreeBSD's
//! `vm_map` with its growing stacks.
//!
//! Implement [`AddressSpace`](space::AddressSpace) for your map, and one line is a test of it:
//!
//! ```
//! # use growstack_fuzz::engine::EngineSpace as MyMap;
//! growstack_fuzz::check::<MyMap>();
//! ```
//!
//! The [guide] goes through a whole repository that tests a map from the registry.
//!
//! - [`op`], [`answer`], [`space`]: the operations as one enum, what a map answers, and the trait
//!   that a map implements to be tested.
//! - [`processes`]: which processes there are, once one has forked.
//! - [`kernel`]: which kernel's rules a trace is about: FreeBSD 9.3's, or 14.2's.
//! - [`keeps`], [`settings`]: what a map does not have, and how it says so. Which refusal has which
//!   code is a table of the [guide].
//! - [`mod@oracle`]: the oracle, a sorted `Vec` written from the rule book. It shares nothing with
//!   the engine but the vocabulary types.
//! - [`engine`]: the engine behind the trait.
//! - [`lockstep`]: the one loop, which compares maps after every operation.
//! - [`linux`]: what maps of Linux are asked and answer, with an oracle of their own.
//! - [`freebsd14`]: random sequences of FreeBSD 14.2; its oracle is [`oracle::freebsd14`].
//! - `bounded` (feature `command`): every short sequence over a map of six pages.
//! - [`input`], [`driver`]: the generator, and random sequences on a map and the oracle.
//! - [`mod@shrink`]: the one shrinker.
//! - [`trace`], [`mod@replay`], [`report`]: traces as text, running them, and reports of divergences.
//! - [`compare`]: what is compared of two maps after every operation.
//! - [`describe`]: what traces are made of.
//!
//! # Features
//!
//! All are on by default. Without them the crate needs `arbitrary`, `rand`, `anyhow` and the engine's
//! types.
//!
//! - `pipe`: maps that are programs of their own (`exec`).
//! - `pictures`: SVG pictures of traces (`show`).
//! - `packed`: traces packed with zstd.
//! - `targets`: fuzz targets (`targets`, `finding`, `regression`) and the engine
//!   for many threads (`shared`, `stress`). Includes `pictures`.
//! - `command`: the command `growstack` (`cli`), recorded processes (`proc_maps`), totals and reports
//!   of long runs (`tally`, `night`). Includes all others.
//!
//! [guide]: https://github.com/growstack/growstack/blob/main/docs/guide.md

// What only the fuzz targets use of the parts that are always there.
#![cfg_attr(not(feature = "targets"), allow(dead_code, unused_imports))]

pub mod answer;
#[cfg(feature = "command")]
pub mod bounded;
mod check;
#[cfg(feature = "command")]
pub mod cli;
pub mod compare;
pub mod describe;
pub mod driver;
pub mod engine;
#[cfg(feature = "pipe")]
pub mod exec;
#[cfg(feature = "targets")]
pub mod finding;
pub mod freebsd14;
pub mod input;
pub mod keeps;
pub mod kernel;
pub mod linux;
pub mod lockstep;
#[cfg(feature = "command")]
pub mod night;
pub mod objects;
pub mod op;
pub mod oracle;
#[cfg(feature = "command")]
pub mod proc_maps;
pub mod processes;
#[cfg(feature = "targets")]
pub mod regression;
pub mod replay;
pub mod report;
pub mod settings;
#[cfg(feature = "targets")]
pub mod shared;
#[cfg(feature = "pictures")]
pub mod show;
pub mod shrink;
mod shrunk;
pub mod space;
#[cfg(feature = "targets")]
pub mod stress;
#[cfg(feature = "command")]
pub mod tally;
#[cfg(feature = "targets")]
pub mod targets;
pub mod trace;

pub use check::check;

/// Compiles and runs the example of the README.
#[cfg(all(doctest, feature = "command"))]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The Rust in the guide is tested with the library's own examples.
#[cfg(all(doctest, feature = "command"))]
#[doc = include_str!("../../docs/guide.md")]
struct Guide;
