//! The maps that the command tests.

use crate::engine::EngineSpace;
use crate::reference::Reference;
use crate::replay::Contender;

/// The maps by name: the engine, the reference, and the engine with the narrowest nodes it has, at
/// which short traces already make a deep index.
///
/// The answers that `replay --fill` writes are those of the first.
#[must_use]
pub fn maps() -> Vec<Contender> {
    vec![
        Contender::of::<EngineSpace>("engine"),
        Contender::of::<Reference>("reference"),
        Contender::of::<EngineSpace<4>>("engine-4"),
    ]
}
