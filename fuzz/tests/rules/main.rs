//! The rules, one by one, with expected values computed by hand from `docs/behaviour.md`.

#![allow(clippy::unwrap_used)]

// Before what uses its macro.
#[macro_use]
mod subject;

mod branches;
mod changes;
mod refusals;
mod rules_15;
mod rules_16;
mod rules_17;
mod rules_17_objects;
