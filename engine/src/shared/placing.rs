//! `find` and `fixed`, which may make stacks: under the map lock alone, unless what they map is a stack
//! and so depends on what the process lock guards (D7.8).

use super::map_lock::Guarded;
use super::operations::stretch;
use super::transition::Stretch;
use super::{Locks, MapWriteGuard, ProcessGuard, SharedVmSpace};
use crate::attr::FindSpace;
use crate::change::Change;
use crate::map::{FindRequest, Mapping, SharedKernel};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::refusal::Refusal;

/// The addresses that a search may map or, to remap them, unmap: it may end in a hole that is in transition.
fn found<O: Objects, K: SharedKernel, const B: usize>(
    guard: &Guarded<O, K, B>,
    request: FindRequest,
    mapping: &Mapping<O::Object>,
) -> Stretch {
    let FindRequest { start, length, space, .. } = request;
    let place = match space {
        FindSpace::Any if !guard.transitions.is_empty() => {
            K::found(guard.map(), request, mapping).unwrap_or(start)
        }
        _ => start,
    };
    stretch(place, place.wrapping_add(length))
}

/// The addresses that `fixed` may unmap or map. The range wraps as rule 7.3 says; what wraps is clamped to
/// nothing, or ends below.
fn placed<O: Objects, K: SharedKernel, const B: usize>(
    guard: &Guarded<O, K, B>,
    start: Addr,
    length: Size,
    mapping: &Mapping<O::Object>,
) -> Stretch {
    let range = stretch(start, start.wrapping_add(length));
    if !K::makes_stack(mapping.flags) {
        return range;
    }
    // A stack has its whole length from where the clamped range starts (D7.8).
    let clamped = start.max(guard.map().min()).get();
    Stretch { end: range.end.max(clamped.saturating_add(length.get())), ..range }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {
    /// [`VmSpace::find`](crate::VmSpace::find), under the map lock, and for a stack under both.
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn find(
        &self,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        if K::makes_stack(mapping.flags) {
            return self.lock_process().find(request, mapping, tell);
        }
        self.write_clear_of(|guard| found(guard, request, &mapping)).find(request, mapping, tell)
    }

    /// [`VmSpace::fixed`](crate::VmSpace::fixed), under the map lock, and for a stack under both.
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn fixed(
        &self,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        if K::makes_stack(mapping.flags) {
            return self.lock_process().fixed(start, length, mapping, tell);
        }
        let mut map = self.write_clear_of(|guard| placed(guard, start, length, &mapping));
        map.fixed(start, length, mapping, tell)
    }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> ProcessGuard<'_, L, O, K, B> {
    /// [`SharedVmSpace::find`].
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn find(
        &mut self,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        mut tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        let mut map = self.write_clear_of(|guard| found(guard, request, &mapping));
        let (map, mut publication) = map.guard.edit(&map.shared.view);
        let follow = |change| publication.follow(change, &mut tell);
        let answer = K::find(map, Some(&**self.guard), request, mapping, follow);
        publication.finish();
        answer
    }

    /// [`SharedVmSpace::fixed`].
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn fixed(
        &mut self,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let mut map = self.write_clear_of(|guard| placed(guard, start, length, &mapping));
        let (map, mut publication) = map.guard.edit(&map.shared.view);
        let follow = |change| publication.follow(change, &mut tell);
        let answer = K::fixed(map, Some(&**self.guard), start, length, mapping, follow);
        publication.finish();
        answer
    }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> MapWriteGuard<'_, L, O, K, B> {
    /// [`VmMap::find`](crate::VmMap::find).
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn find(
        &mut self,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        mut tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        let (map, mut publication) = self.guard.edit(&self.shared.view);
        let follow = |change| publication.follow(change, &mut tell);
        let answer = map.find(request, mapping, follow);
        publication.finish();
        answer
    }

    /// [`VmMap::fixed`](crate::VmMap::fixed).
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn fixed(
        &mut self,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let (map, mut publication) = self.guard.edit(&self.shared.view);
        let follow = |change| publication.follow(change, &mut tell);
        let answer = map.fixed(start, length, mapping, follow);
        publication.finish();
        answer
    }
}
