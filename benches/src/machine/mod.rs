//! What safe Rust cannot say: the time-stamp counter, AVX2, and an allocator that counts.
//!
//! The only module of the workspace's benchmarks with `unsafe` code.

#![allow(unsafe_code)]

pub mod heap;
pub mod simd;
pub mod tsc;
