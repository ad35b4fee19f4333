//! What the benchmarks of growstack share: maps of a given size, and places in them.

pub mod cost;
pub mod field;
