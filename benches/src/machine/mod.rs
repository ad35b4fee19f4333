//! What safe Rust cannot say: the time-stamp counter, AVX2, and an allocator that counts.
//!
//! With the counter, which is the driver's, the only modules of the benchmarks with `unsafe` code.

#![allow(unsafe_code)]

pub mod heap;
pub mod simd;

pub use growstack_bench_driver::clock as tsc;
