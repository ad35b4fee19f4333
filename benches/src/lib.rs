//! What the benchmarks of growstack share: maps of a given size, the competitors, the clock.
//!
//! - [`compare`]: two revisions of the engine against each other, for `scripts/bench-compare`.
//! - [`layout`], [`work`]: where entries lie, and what is asked of them.
//! - [`contender`], [`contenders`]: every map behind one small trait.
//! - [`process`]: the whole engine, with limits and rules, and the naive reference.
//! - [`recorded`]: what real programs did, on every map.
//! - [`speed`]: the interleaved comparison that `scripts/speed` prints.
//! - [`latency`]: the distribution of single growths.
//! - `fault`: real page faults served by the engine, on Linux on x86-64 only.
//! - [`night`]: the whole night of `scripts/nightly`, and its report.
//! - [`machine`]: the time-stamp counter, AVX2, the counting allocator and what real faults need; the
//!   only `unsafe` code.
//!
//! # Biases known
//!
//! * A look-up answers the bounds of an entry, and its value is not read: that costs a tree which
//!   keeps bounds and value apart, as the engine does, one cache line less than the whole answer.
//!   The table therefore has the look-up with the value beside it.
//! * The peers check nothing but room. The engine's growth follows every rule.
//! * `rangemap` and `nodit` compare values in order to merge, which the job does not ask for.
//! * The floor is read-only, and its nodes are all full.

#![deny(unsafe_code)]

pub mod compare;
pub mod concurrency;
pub mod contender;
pub mod contenders;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod fault;
pub mod host;
pub mod latency;
pub mod machine;
pub mod night;
pub mod recorded;
pub mod refused;
pub mod speed;

pub use growstack_bench_driver::{layout, process, work};

/// Sizes of map to measure, in entries.
pub const SIZES: [usize; 5] = [16, 256, 4096, 65_536, 1_048_576];
