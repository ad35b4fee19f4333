//! The maps that the command tests.

use crate::replay::Contender;

/// The maps by name. The answers that `replay --fill` writes are those of the first.
#[must_use]
pub fn maps() -> Vec<Contender> {
    Vec::new()
}
