//! Stacks: how they are made (section 12) and how they grow (section 13).
//!
//! A stack is an entry with a growth flag and `avail`, the bytes by which it may still grow. The
//! rest of its reserve is not protected: it is an ordinary gap, and other mappings may be placed
//! in it (rule 12.11). So a growth has three bounds: `avail`, the neighbour on that side,
//! and the limits.
//!
//! What to do is decided in [`decide`], which is arithmetic alone; [`make`] and [`grow`] edit the map.

mod decide;
mod grow;
mod make;

pub(crate) use decide::Beside;
pub use make::StackRequest;
