//! The harness.
pub mod answer;
pub mod generate;
pub mod op;
pub mod reference;
pub mod space;
