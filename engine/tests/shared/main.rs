//! A process that threads share.

#![allow(clippy::unwrap_used)]

#[path = "../common/allocator.rs"]
mod allocator;

mod fork;
mod guards;
mod locks;
mod recheck;
mod view;
mod wire;
