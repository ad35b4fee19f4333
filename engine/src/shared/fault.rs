//! A page fault: what it takes if its address is mapped, and how it grows a stack if not.

use lock_api::MutexGuard;

use super::joined::Joined;
use super::transition::Stretch;
use super::{Locks, SharedProcess, planted};
use crate::change::Change;
use crate::flags::EntryFlags;
use crate::growth::Growth;
use crate::map::VmMap;
use crate::num::Addr;
use crate::process::Process;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What a [`grow`](SharedProcess::grow) takes that finds its address mapped. One that does not find
/// it mapped takes the process lock and the map lock, whatever this says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FaultPath {
    /// The process lock and then the map lock to read: the letter of `vm_map_growstack(9)`, which
    /// "acquires the process lock on p for the duration of the call".
    Letter,
    /// The map lock, to read. The process lock tells nothing about an address that is mapped.
    Locked,
    /// No lock: the [published view](SharedProcess::protection).
    #[default]
    Optimistic,
}

impl<L: Locks, O: Clone + PartialEq, const B: usize> SharedProcess<L, O, B> {
    /// Grows the stack next to `addr`, unless it is mapped: [`Process::grow`], which a page fault
    /// calls.
    ///
    /// # Errors
    ///
    /// Those of [`Process::grow`].
    #[inline]
    pub fn grow(&self, addr: Addr, tell: impl FnMut(Change)) -> Result<Growth, Refusal> {
        let mapped = match self.path {
            FaultPath::Letter => false,
            FaultPath::Locked => self.map.read().map().contains(addr),
            FaultPath::Optimistic => self.protection(addr).is_some(),
        };
        if mapped {
            return Ok(Growth::AlreadyMapped); // 13.1
        }
        self.grow_unmapped(addr, tell)
    }

    #[cold]
    fn grow_unmapped(&self, addr: Addr, tell: impl FnMut(Change)) -> Result<Growth, Refusal> {
        let early = planted::STALE_LIMITS.then(|| self.limits());
        let mut process = self.process.lock();
        process.limits = early.unwrap_or(process.limits);
        self.grow_under(&mut process, addr, tell)
    }

    /// Grows under the process lock: looks up under the map lock held to read, then takes it to
    /// write, and looks up again if the timestamp tells that the map changed in between. Only the
    /// operations of `vm_map(9)` can have changed it: they do not take the process lock.
    pub(super) fn grow_under(
        &self,
        process: &mut MutexGuard<'_, L::Process, Process<O, B>>,
        addr: Addr,
        mut tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let mut at = Cursor::default();
        let mut guard = loop {
            let seen = {
                let guard = self.map.read();
                guard.map().tree.seek_into(addr.get(), &mut at);
                if let Some(growth) = without_growth(guard.map(), &at, addr) {
                    return Ok(growth);
                }
                guard.timestamp()
            };
            if planted::PROCESS_LOCK_GIVEN_UP {
                MutexGuard::unlocked(process, || ());
            }
            let guard = self.map.write();
            if guard.timestamp() != seen && !planted::NO_RECHECK && !planted::PROCESS_LOCK_GIVEN_UP
            {
                // The place may be void by now, so that nothing may be done through it.
                guard.map().tree.seek_into(addr.get(), &mut at);
            }
            if guard.transitions.is_empty() || guard.transitions.clear_of(hole(guard.map(), addr)) {
                break guard;
            }
            // What the kernel does in that wiring may need the process lock.
            MutexGuard::unlocked(process, || self.wait_for_transition(guard));
        };
        let (map, mut publication) = guard.edit(&self.view);
        let above = map.tree.item(&at).map(|entry| (entry.start, entry.value.flags));
        let follow = |change| publication.follow(change, &mut tell);
        let growth = Joined::new(process, map).grow_at(&mut at, above, addr, follow);
        publication.finish();
        growth
    }
}

/// The growth that is none: 13.1, and 13.2 without a candidate.
fn without_growth<O: Clone + PartialEq, const B: usize>(
    map: &VmMap<O, B>,
    at: &Cursor,
    addr: Addr,
) -> Option<Growth> {
    let above = map.tree.item(at);
    if above.is_some_and(|entry| entry.start <= addr.get()) {
        return Some(Growth::AlreadyMapped);
    }
    let down = above.is_some_and(|entry| entry.value.has(EntryFlags::GROWS_DOWN));
    let up = || map.tree.item_below(at).is_some_and(|entry| entry.value.has(EntryFlags::GROWS_UP));
    if down || up() { None } else { Some(Growth::NoStack) }
}

/// The unmapped addresses around one: a growth maps some of them. A wiring that may have holes has
/// them in transition too.
fn hole<O: Clone + PartialEq, const B: usize>(map: &VmMap<O, B>, addr: Addr) -> Stretch {
    match map.gap(addr) {
        Some(gap) => Stretch { start: gap.range.start().get(), end: gap.range.end().get() },
        None => Stretch { start: addr.get(), end: addr.get().saturating_add(1) },
    }
}
