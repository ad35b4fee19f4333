//! The tree against a `BTreeMap`, with every invariant recomputed after every edit.
#![allow(clippy::unwrap_used)]

mod edits;
mod model;
