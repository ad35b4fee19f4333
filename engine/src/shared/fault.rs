//! A page fault: what it takes if its address is mapped, and how it grows a stack if not.

use core::hint::spin_loop;

use lock_api::MutexGuard;

use super::apart::Apart;
use super::map_lock::Write;
use super::transition::Stretch;
use super::{Locks, SharedVmSpace};
use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::Prot;
use crate::growth::Growth;
use crate::map::{SharedKernel, StackState};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What a [`grow`](SharedVmSpace::grow) takes that finds its address mapped. One that does not find
/// it mapped takes the process lock and the map lock, whatever this says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FaultPath {
    /// The process lock and then the map lock to read: the letter of `vm_map_growstack(9)`, which
    /// "acquires the process lock on p for the duration of the call".
    Letter,
    /// The map lock, to read. The process lock guards nothing about an address that is mapped.
    Locked,
    /// No lock: the [published view](SharedVmSpace::protection).
    #[default]
    Optimistic,
}

/// How often a growth tries for the process lock before it queues up: some half a microsecond, in
/// which a few other growths come and go. To be woken takes longer.
const TRIES: usize = if cfg!(loom) { 0 } else { 24 };

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {
    /// Grows the stack next to `addr`, unless it is mapped:
    /// [`VmSpace::grow`](crate::VmSpace::grow), which a page fault calls.
    ///
    /// # Errors
    ///
    /// Those of [`VmSpace::grow`](crate::VmSpace::grow).
    #[inline]
    pub fn grow(&self, addr: Addr, tell: impl FnMut(Change)) -> Result<Growth, Refusal> {
        let mapped = match self.path {
            FaultPath::Letter => false,
            FaultPath::Locked => self.map.read().map().protection(addr).is_some(),
            FaultPath::Optimistic => self.protection(addr).is_some(),
        };
        if mapped {
            return Ok(Growth::AlreadyMapped); // 13.1, D13.1
        }
        self.grow_unmapped(addr, tell)
    }

    /// Finds the entry to serve a page fault from, and makes it ready:
    /// [`VmSpace::fault`](crate::VmSpace::fault).
    ///
    /// Takes the map lock to read if nothing has to change, else both locks. An entry that is being
    /// wired is served: the kernel faults its pages in.
    ///
    /// # Errors
    ///
    /// Those of [`VmSpace::fault`](crate::VmSpace::fault).
    pub fn fault(
        &self,
        addr: Addr,
        access: Prot,
        mut tell: impl FnMut(Change),
    ) -> Result<Fault<O::Object>, FaultError> {
        let minor = self.map.read().map().minor_fault(addr, access)?;
        if let Some(fault) = minor {
            return Ok(fault);
        }
        let mut state = self.lock_state();
        loop {
            let growth = self.grow_under(&mut state, addr, &mut tell);
            let grown = match growth {
                Ok(growth) => Some(growth).filter(|&growth| growth != Growth::NoStack),
                Err(Refusal::NotInGap { .. }) => None, // Nor is a plain guard, which allows no access.
                Err(refusal) => return Err(FaultError::Growth(refusal)),
            };
            let mut guard = self.map.write();
            let entry = guard
                .edit_unseen(|map| map.make_ready_at(&map.tree.seek(addr.get()), addr, access))?;
            match (entry, grown) {
                (Some(entry), grown) => {
                    return Ok(Fault { entry, grown: grown.and_then(Growth::added) });
                }
                (None, None) if !guard.map().contains(addr) => {
                    return Err(FaultError::Unmapped { addr });
                }
                // Another thread has unmapped it in between, or made a stack that may grow to it.
                (None, _) => {}
            }
        }
    }

    #[cold]
    fn grow_unmapped(&self, addr: Addr, tell: impl FnMut(Change)) -> Result<Growth, Refusal> {
        self.grow_under(&mut self.lock_state(), addr, tell)
    }

    /// Takes the process lock; queues up for it after [`TRIES`].
    fn lock_state(&self) -> MutexGuard<'_, L::Process, Apart<StackState<K>>> {
        for _ in 0..TRIES {
            if let Some(state) = self.process.try_lock() {
                return state;
            }
            spin_loop();
        }
        self.process.lock()
    }

    /// Grows under the process lock.
    pub(super) fn grow_under(
        &self,
        state: &mut MutexGuard<'_, L::Process, Apart<StackState<K>>>,
        addr: Addr,
        mut tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let mut at = Cursor::default();
        let mut guard = loop {
            let guard = match self.path {
                // A fault on a mapped address takes no lock: there is nobody to make way for.
                FaultPath::Optimistic => {
                    let guard = self.map.write();
                    guard.map().tree.seek_into(addr.get(), &mut at);
                    guard
                }
                _ => match self.seek_and_upgrade(addr, &mut at) {
                    Ok(guard) => guard,
                    Err(answer) => return answer,
                },
            };
            if let Some(answer) = K::no_growth(guard.map(), &at, addr) {
                return answer;
            }
            if guard.transitions.is_empty() {
                break guard;
            }
            let (start, end) = K::growth_room(guard.map(), &at, addr);
            if guard.transitions.clear_of(Stretch { start, end }) {
                break guard;
            }
            // What the kernel does in that wiring may need the process lock.
            MutexGuard::unlocked(state, || self.wait_for_transition(guard));
        };
        let (map, mut publication) = guard.edit(&self.view);
        let follow = |change| publication.follow_only(change, &mut tell);
        let growth = K::grow_from(map, state, &mut at, addr, follow);
        publication.finish();
        growth
    }

    /// Looks up with the map held to read, then takes it to write, and looks up again if the
    /// timestamp says that it changed in between. Only the operations of `vm_map(9)` can have
    /// changed it: they do not take the process lock.
    ///
    /// # Errors
    ///
    /// The answer, if nothing grows.
    #[inline(never)]
    fn seek_and_upgrade(
        &self,
        addr: Addr,
        at: &mut Cursor,
    ) -> Result<Write<'_, L, O, K, B>, Result<Growth, Refusal>> {
        let seen = {
            let guard = self.map.read();
            guard.map().tree.seek_into(addr.get(), at);
            if let Some(answer) = K::no_growth(guard.map(), at, addr) {
                return Err(answer);
            }
            guard.timestamp()
        };
        let guard = self.map.write();
        if guard.timestamp() != seen {
            // The place may be void by now, so that nothing may be done through it.
            guard.map().tree.seek_into(addr.get(), at);
        }
        Ok(guard)
    }
}
