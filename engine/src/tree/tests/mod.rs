//! The tree against a `BTreeMap`, with every invariant recomputed after every edit.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod cap;
mod damage;
mod drops;
mod edits;
mod extremes;
mod fill;
mod model;
mod search;
mod wide;
