//! Criterion benchmarks of the engine: one file an operation.
//!
//! Run as a test, everything runs once on small maps.

#![allow(missing_docs)] // The macros of criterion make undocumented items.

mod edit;
mod find;
mod grow;
mod lookup;
mod protect;
mod recorded;
mod refuse;
mod replay;
mod stack;
mod timed;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    benches,
    lookup::lookup,
    lookup::neighbours,
    grow::grow,
    refuse::refuse,
    stack::stack,
    edit::insert_remove,
    find::findspace,
    protect::protect,
    replay::replay,
    recorded::recorded,
);
criterion_main!(benches);
