//! What the benchmarks of growstack share.
//!
//! - [`op`]: what is measured.
//! - [`layout`], [`work`]: where entries lie, and the addresses that a map is asked for.
//! - [`engine`], [`refused`]: the whole engine, with limits and rules, and growths that it refuses.
//! - [`peer`], [`peers`]: maps of ranges that others wrote, and the engine's index alone.
//! - [`subject`], [`job`]: all of them under measurement, and one operation on one of them.
//! - [`floor`], [`moved`]: how fast look-ups can be at most, and what an insertion has to write.
//! - [`speed`], [`cold`], [`latency`], [`threads`]: the figures that documents quote, by the program `speed`.
//! - [`recorded`]: what real programs did, on every map.
//! - [`evict`]: eviction of caches.
//! - [`clock`], [`heap`]: the time-stamp counter and an allocator that counts, the only `unsafe` code.

#![deny(unsafe_code)]

pub mod clock;
pub mod cold;
pub mod engine;
pub mod evict;
pub mod floor;
pub mod heap;
pub mod job;
pub mod kernel;
pub mod latency;
pub mod layout;
pub mod linux;
pub mod moved;
pub mod op;
pub mod peer;
pub mod peers;
#[cfg(feature = "traces")]
pub mod recorded;
pub mod refused;
pub mod speed;
pub mod subject;
pub mod threads;
pub mod work;
