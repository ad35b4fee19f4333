//! Free space and walks of a map, against a list of its entries that is looked through by plain means.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod extremes;
mod model;
mod search;
mod walks;
