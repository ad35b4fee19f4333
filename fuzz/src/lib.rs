//! The harness.
pub mod answer;
pub mod engine;
pub mod op;
pub mod reference;
pub mod space;
pub mod trace;
