//! What an operation does that finds the index broken.
//!
//! Every look-up here of an entry that the operation has just found holds while the [invariants] of
//! the index do. Where one does not, nothing sensible can be done with the map, and nothing is made
//! up: the operation ends with [`Refusal::Corrupt`], and debug builds and fuzzers stop there.
//!
//! [invariants]: crate::tree#invariants

use super::{Body, Kernel, VmMap};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::{Cursor, Item};

/// The refusal for a broken index.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn corrupt() -> Refusal {
    debug_assert!(false, "an invariant of the index is broken");
    Refusal::Corrupt
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// The entry at a cursor that is on one.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn entry(&self, at: &Cursor) -> Result<Item<'_, Body<O::Object>>, Refusal> {
        self.tree.item(at).ok_or_else(corrupt)
    }

    /// The body of the entry at a cursor that is on one.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn body_mut(&mut self, at: &Cursor) -> Result<&mut Body<O::Object>, Refusal> {
        self.tree.value_mut(at).ok_or_else(corrupt)
    }
}
