//! The maps that the command tests.

use crate::driver::ENGINES;
use crate::replay::{MapFactory, ORACLES};

/// The maps by name: the engine, the oracle, and the engine with the narrowest nodes it has, at
/// which short traces already make a deep index.
///
/// The answers that `replay --fill` writes are those of the first.
#[must_use]
pub fn maps() -> Vec<MapFactory> {
    let [engine, narrow] = ENGINES;
    vec![engine, ORACLES, narrow]
}
