//! The maps that random sequences and fuzz inputs are run on.

use crate::engine::{EngineSpace, EngineSpace14};
use crate::kernel::Kernel;
use crate::replay::MapFactory;
use crate::space::AddressSpace;

/// The engine of whichever kernel a trace is of, with index nodes of two widths: the one it is meant to
/// be used with, and the least, at which a few dozen entries already make a deep tree.
pub const ENGINES: [MapFactory; 2] = [of_width::<16>("engine"), of_width::<4>("engine-4")];

const fn of_width<const B: usize>(name: &'static str) -> MapFactory {
    MapFactory {
        name,
        create: &|config| match config.kernel() {
            Kernel::Freebsd9 => Box::new(EngineSpace::<B>::create(config)),
            Kernel::Freebsd14 => Box::new(EngineSpace14::<B>::create(config)),
        },
    }
}

/// The engine for many threads, called by one.
#[cfg(feature = "targets")]
pub const SHARED: [MapFactory; 2] = [
    MapFactory::of::<crate::shared::SharedSpace<16>>("shared"),
    MapFactory::of::<crate::shared::SharedSpace<4>>("shared-4"),
];

/// Widths of the index nodes, in entries, that the engine is tested with.
pub const WIDTHS: [usize; 2] = [16, 4];

/// The engine with index nodes of `width` entries, if it is tested with that width.
#[must_use]
pub fn engine(width: usize) -> Option<MapFactory> {
    WIDTHS.iter().zip(ENGINES).find(|(tested, _)| **tested == width).map(|(_, engine)| engine)
}
