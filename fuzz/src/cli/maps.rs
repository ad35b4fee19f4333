//! The maps that the command tests.

use crate::engine::EngineSpace;
use crate::reference::Reference;
use crate::replay::Contender;

/// The maps by name. The answers that `replay --fill` writes are those of the first.
#[must_use]
pub fn maps() -> Vec<Contender> {
    vec![Contender::of::<EngineSpace>("engine"), Contender::of::<Reference>("reference")]
}
