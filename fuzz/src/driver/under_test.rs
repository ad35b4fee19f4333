//! The maps that random sequences and fuzz inputs are run on.

use crate::engine::EngineSpace;
use crate::replay::Contender;

/// The engine, with index nodes of two widths: the one it is meant to be used with, and the least,
/// at which a few dozen entries already make a deep tree.
pub const ENGINES: [Contender; 2] =
    [Contender::of::<EngineSpace<16>>("engine"), Contender::of::<EngineSpace<4>>("engine-4")];

/// Widths of the index nodes, in entries, that the engine is tested with.
pub const WIDTHS: [usize; 2] = [16, 4];

/// The engine with index nodes of `width` entries, if it is tested with that width.
#[must_use]
pub fn engine(width: usize) -> Option<Contender> {
    WIDTHS.iter().zip(ENGINES).find(|(tested, _)| **tested == width).map(|(_, engine)| engine)
}
