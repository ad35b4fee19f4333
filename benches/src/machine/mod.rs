//! What safe Rust cannot say: the time-stamp counter, AVX2, an allocator that counts, and
//! real page faults.
//!
//! With the counter, which is the driver's, the only modules of the benchmarks with `unsafe` code.

#![allow(unsafe_code)]

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod fault;
pub mod heap;
pub mod simd;

pub use growstack_bench_driver::clock as tsc;
