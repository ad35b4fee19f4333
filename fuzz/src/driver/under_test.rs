//! The maps that random sequences and fuzz inputs are run on.

use crate::replay::{self, MapFactory};
#[cfg(feature = "targets")]
use crate::shared;

/// The engine of whichever kernel a trace is of, with index nodes of two widths: the one it is meant to
/// be used with, and the least, at which a few dozen entries already make a deep tree.
pub const ENGINES: [MapFactory; 2] =
    [replay::engine::<16>("engine"), replay::engine::<4>("engine-4")];

/// The engine for many threads, of whichever kernel a trace is of, called by one.
#[cfg(feature = "targets")]
pub const SHARED: [MapFactory; 2] =
    [shared::shared::<16>("shared"), shared::shared::<4>("shared-4")];

/// Widths of the index nodes, in entries, that the engine is tested with.
pub const WIDTHS: [usize; 2] = [16, 4];

/// The engine with index nodes of `width` entries, if it is tested with that width.
#[must_use]
pub fn engine(width: usize) -> Option<MapFactory> {
    WIDTHS.iter().zip(ENGINES).find(|(tested, _)| **tested == width).map(|(_, engine)| engine)
}
