//! The harness.
pub mod answer;
pub mod op;
pub mod reference;
pub mod space;
pub mod trace;
