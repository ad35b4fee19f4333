//! Runs of the harness: generators, targets, commands and reports, and maps that they judge.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../engine/examples/growth.rs"]
#[allow(dead_code, unreachable_pub)]
mod growth;
#[path = "../../examples/btreemap/map/mod.rs"]
mod map;

mod bounded;
mod commands_14;
#[cfg(unix)]
mod exec;
mod generator;
mod guest;
mod planted;
mod random_14;
mod random_differential;
mod readme;
mod report;
mod seeded_bugs;
mod shared;
mod stretches;
mod targets;
