//! What the benchmarks of growstack share.
//!
//! - [`layout`], [`work`]: where entries lie, and the addresses that a map is asked for.
//! - [`contender`], [`contenders`]: every map behind one small trait.
//! - [`process`]: the whole engine, with limits and rules.
//! - [`recorded`]: what real programs did, on every map.
//! - [`latency`]: the distribution of single growths.
//! - [`concurrency`]: faults of several threads on one map.
//! - [`clock`], [`heap`]: the time-stamp counter and an allocator that counts, the only `unsafe` code.

#![deny(unsafe_code)]

pub mod clock;
pub mod concurrency;
pub mod contender;
pub mod contenders;
pub mod heap;
pub mod latency;
pub mod layout;
pub mod process;
pub mod recorded;
pub mod refused;
pub mod value;
pub mod work;

/// Sizes of map to measure, in entries.
pub const SIZES: [usize; 5] = [16, 256, 4096, 65_536, 1_048_576];
