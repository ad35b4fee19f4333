//! Linux: its traces, and the engine beside the oracle.

#![allow(clippy::unwrap_used)]

mod engine;
mod text;
mod traces;
mod wild;
