//! Traces: their text, and the golden ones on the oracle and the engine.

#![allow(clippy::unwrap_used)]

#[path = "../../../engine/tests/common/allocator.rs"]
mod allocator;
#[path = "../common/mod.rs"]
mod common;

mod corpus;
mod fork_traces;
mod freebsd14;
mod freebsd14_engine;
mod inputs;
mod out_of_nodes;
mod page_size;
mod regressions;
mod replay;
mod trace_errors;
mod trace_text;
