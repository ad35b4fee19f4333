//! The maps that random sequences are run on.

use crate::engine::EngineSpace;
use crate::replay::Contender;

/// Widths of the index nodes, in entries, that the engine is tested with: the one it is meant to
/// be used with, and the least, at which a few dozen entries already make a deep tree.
pub const WIDTHS: [usize; 2] = [16, 4];

/// The engine with index nodes of `width` entries, if it is tested with that width.
#[must_use]
pub fn engine(width: usize) -> Option<Contender> {
    match width {
        16 => Some(Contender::of::<EngineSpace<16>>("engine")),
        4 => Some(Contender::of::<EngineSpace<4>>("engine-4")),
        _ => None,
    }
}
