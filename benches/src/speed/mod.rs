//! The comparison: every map does the same work in turn, a short block at a time.
//!
//! What a shared machine does to a block, a change of clock or a neighbour's burst, it does to the
//! blocks of all maps around it. Medians over many blocks are then comparable, although their
//! digits are not those of a quiet machine.

pub mod act;
pub mod block;
pub mod compare;
pub mod map_runner;
pub mod results;
pub mod runner;
pub mod table;
pub mod verdict;
pub mod whole_runner;

pub use act::Act;
pub use compare::{Pace, compare, engine_alone};
pub use results::{Measured, Memory, Results};
