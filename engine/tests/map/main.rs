//! A map and a process of one thread, as an embedding kernel sees them.

#![allow(clippy::unwrap_used)]

#[path = "../common/allocator.rs"]
mod allocator;
#[path = "../common/mod.rs"]
mod common;

mod exec;
mod fault;
mod fork;
mod freebsd14;
mod growth_step;
mod need;
mod nodes;
mod panics;
mod tree_alloc;
mod tree_text;
mod values;
mod views;
