//! The maps that the command tests.

use crate::engine::EngineSpace;
use crate::replay::{MapFactory, ORACLES};

/// The maps by name: the engine, the oracle, and the engine with the narrowest nodes it has, at
/// which short traces already make a deep index.
///
/// The answers that `replay --fill` writes are those of the first.
#[must_use]
pub fn maps() -> Vec<MapFactory> {
    vec![
        MapFactory::of::<EngineSpace<16>>("engine"),
        ORACLES,
        MapFactory::of::<EngineSpace<4>>("engine-4"),
    ]
}
