//! Wiring: what it must fault in it faults in with no lock held, behind a range in transition.

use core::fmt;

use super::operations::stretch;
use super::transition::Stretch;
use super::{Locks, MapWriteGuard, SharedVmSpace, Wait};
use crate::attr::{Holes, Wiring};
use crate::change::Change;
use crate::flags::Prot;
use crate::map::SharedKernel;
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;

/// Why a wiring came to nothing. Whatever the kernel's closure had made resident, it gives back:
/// the closure answered `Ok` for those ranges and no others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WireError<E> {
    /// The map refuses it: see [`VmMap::wire`](crate::VmMap::wire). Only
    /// [`Refusal::OutOfNodes`] can come after the closure was called.
    Refused(Refusal),
    /// The closure failed with this. Nothing changed.
    Fault(E),
}

impl<E> From<Refusal> for WireError<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E: fmt::Display> fmt::Display for WireError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Fault(error) => write!(f, "a page could not be made resident: {error}"),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> core::error::Error for WireError<E> {}

/// A range in transition. It is none any more when this is dropped, after a panic too.
struct InTransition<'a, L: Locks, O: Objects, K: SharedKernel, const B: usize> {
    shared: &'a SharedVmSpace<L, O, K, B>,
    range: Stretch,
    marked: bool,
    awaited: bool,
}

impl<'a, L: Locks, O: Objects, K: SharedKernel, const B: usize> InTransition<'a, L, O, K, B> {
    /// Marks a range, which is clear of all others, and gives the map lock up.
    fn begin(mut map: MapWriteGuard<'a, L, O, K, B>, range: Stretch) -> Result<Self, Refusal> {
        map.guard.transitions.begin(range)?;
        Ok(Self { shared: map.shared, range, marked: true, awaited: false })
    }

    /// Takes the mark off under the map lock. Who waits is woken up on drop, without it.
    fn unmark(&mut self) -> MapWriteGuard<'a, L, O, K, B> {
        let mut guard = self.shared.map.write();
        self.awaited = guard.transitions.end(self.range);
        self.marked = false;
        MapWriteGuard { shared: self.shared, guard }
    }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> Drop for InTransition<'_, L, O, K, B> {
    fn drop(&mut self) {
        if self.marked {
            drop(self.unmark());
        }
        if self.awaited {
            self.shared.wait.wake_all();
        }
    }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {
    /// Wires a range: [`VmMap::wire`](crate::VmMap::wire).
    ///
    /// `fault_in` is called with no lock held, once for each stretch that has no wiring yet, in
    /// ascending order and with its protection: it makes the pages resident and keeps them so.
    /// Then all of the range is wired at one moment. Until then the range is in transition: look-ups
    /// see it as it was, and a thread that would change it waits. `fault_in` must therefore not change it
    /// itself.
    ///
    /// # Errors
    ///
    /// See [`WireError`].
    pub fn wire<E>(
        &self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        mut fault_in: impl FnMut(AddrRange, Prot) -> Result<(), E>,
        tell: impl FnMut(Change),
    ) -> Result<(), WireError<E>> {
        let mut map = self.write_clear_of(|_| stretch(start, end));
        let mut next = map.first_to_fault_in(start, end, holes);
        if next.is_none() {
            return Ok(map.wire(start, end, wiring, holes, tell)?);
        }
        let mut transition = InTransition::begin(map, stretch(start, end))?;
        while let Some((pages, prot)) = next {
            fault_in(pages, prot).map_err(WireError::Fault)?;
            next = self.map.read().map().next_to_fault_in(pages.end(), end);
        }
        let mut map = transition.unmark();
        Ok(map.wire(start, end, wiring, holes, tell)?)
    }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> MapWriteGuard<'_, L, O, K, B> {
    /// [`VmMap::wire`](crate::VmMap::wire), at once: what has to be resident is left to the code that
    /// follows the changes.
    ///
    /// # Errors
    ///
    /// The refusals of that method.
    pub fn wire(
        &mut self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        // No protection depends on a wiring.
        self.guard.edit_unseen(|map| map.wire(start, end, wiring, holes, tell))
    }
}
