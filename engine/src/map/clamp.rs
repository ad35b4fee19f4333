//! The range clamp (section 2).

use super::{Kernel, VmMap};
use crate::num::Addr;
use crate::objects::Objects;

/// A range after the clamp: `start <= end`, both within the map but for a range that lay below it
/// (rule 2.2), which becomes the empty range at its own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clamped {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Clamped {
    pub(crate) const fn is_empty(self) -> bool {
        self.start == self.end
    }
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// Rule 2.1. A reversed range becomes the empty range at its end, not at its start.
    pub(crate) fn clamp(&self, start: Addr, end: Addr) -> Clamped {
        let (min, max) = self.tree.bounds();
        let end = end.get().min(max);
        let start = start.get().max(min).min(end);
        Clamped { start, end }
    }
}
