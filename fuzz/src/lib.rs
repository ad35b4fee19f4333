//! The harness.
pub mod answer;
pub mod generate;
pub mod op;
pub mod space;
