//! `fault`: `vm_map_lookup(9)` with the growth of stacks before it, which is what the handler of a
//! page fault wants of the map.

use super::{Body, VmMap, corrupt};
use crate::change::Change;
use crate::entry::Entry;
use crate::fault::{Fault, FaultError};
use crate::flags::{EntryFlags, Prot};
use crate::growth::Growth;
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::stack::Beside;
use crate::stack_state::StackState;
use crate::tree::{Cursor, Item};

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Finds the entry to serve a page fault at `addr` from, and makes it ready for `access`. The
    /// stack next to an address that is not mapped grows first ([`grow`](Self::grow)); an entry
    /// without object is given one, if this kernel [makes](Objects::make) any; a write to an entry
    /// that needs a copy puts a [shadow](Objects::shadow) over its object, as does any access if the
    /// entry is wired and may be written.
    ///
    /// O(log n), with one descent. Reports what a growth maps.
    ///
    /// # Errors
    ///
    /// [`FaultError`]; nothing changed but what a growth did, and what a refused one does
    /// ([`grow`](Self::grow)).
    pub fn fault(
        &mut self,
        state: &mut StackState,
        addr: Addr,
        access: Prot,
        tell: impl FnMut(Change),
    ) -> Result<Fault<O::Object>, FaultError> {
        let mut at = Cursor::default();
        let above = self.tree.seek_into(addr.get(), &mut at).map(Beside::of);
        let growth = self.grow_at(state, &mut at, above, addr, tell).map_err(FaultError::Growth)?;
        let grown = match growth {
            Growth::NoStack => return Err(FaultError::Unmapped { addr }),
            Growth::AlreadyMapped => None,
            Growth::Grown { added, .. } => Some(added),
        };
        if self.tree.item(&at).is_none_or(|entry| !holds(&entry, addr)) {
            // Wiring what was added moves entries.
            self.tree.seek_into(addr.get(), &mut at);
        }
        let entry = self.make_ready_at(&at, addr, access)?;
        Ok(Fault { entry: entry.ok_or(FaultError::Unmapped { addr })?, grown })
    }

    /// The entry at a cursor, ready for an access, if it holds an address.
    pub(crate) fn make_ready_at(
        &mut self,
        at: &Cursor,
        addr: Addr,
        access: Prot,
    ) -> Result<Option<Entry<O::Object>>, FaultError> {
        let Some(item) = self.tree.item(at).filter(|entry| holds(entry, addr)) else {
            return Ok(None);
        };
        let (start, end) = (item.start, item.end);
        allowed(&item, access)?;
        let body = self.tree.value_mut(at).ok_or_else(|| FaultError::Growth(corrupt()))?;
        make_ready(body, &mut self.objects, Size::new(end - start), access)?;
        Ok(Some(body.view(start, end).cloned()))
    }

    /// The answer of [`fault`](Self::fault) if it changes nothing: the map can be shared with
    /// others that look at it. `None` if it would, or would have to try.
    ///
    /// # Errors
    ///
    /// [`FaultError::NoPermission`].
    pub fn minor_fault(
        &self,
        addr: Addr,
        access: Prot,
    ) -> Result<Option<Fault<O::Object>>, FaultError> {
        let Some(item) = self.tree.get(addr.get()) else { return Ok(None) };
        allowed(&item, access)?;
        let complete = item.value.object.is_some() || !O::MAKES;
        let ready = complete && !must_copy(item.value, access);
        let entry = || item.value.view(item.start, item.end).cloned();
        Ok(ready.then(|| Fault { entry: entry(), grown: None }))
    }
}

fn holds<V>(entry: &Item<'_, V>, addr: Addr) -> bool {
    entry.start <= addr.get() && addr.get() < entry.end
}

/// Does an entry allow an access?
fn allowed<T: Clone + PartialEq>(
    entry: &Item<'_, Body<T>>,
    access: Prot,
) -> Result<(), FaultError> {
    let prot = entry.value.prot();
    if prot != Prot::NONE && prot.contains(access) {
        return Ok(());
    }
    let entry = AddrRange::between(entry.start, entry.end);
    Err(FaultError::NoPermission { entry, prot, access })
}

/// Is the entry to get an object of its own before the access? All pages of a wired one are
/// resident, and are copied at once.
fn must_copy<T: Clone + PartialEq>(body: &Body<T>, access: Prot) -> bool {
    let access = if body.wired > 0 { body.prot() } else { access };
    body.has(EntryFlags::NEEDS_COPY) && access.contains(Prot::WRITE)
}

fn make_ready<O: Objects>(
    body: &mut Body<O::Object>,
    objects: &mut O,
    length: Size,
    access: Prot,
) -> Result<(), FaultError> {
    if must_copy(body, access) {
        if !body.has(EntryFlags::CHARGED) {
            objects.reserve(length).map_err(|swap| FaultError::Swap { wanted: length, swap })?;
            body.flags |= EntryFlags::CHARGED;
        }
        body.shadow(objects, length);
    }
    if O::MAKES
        && body.object.is_none()
        && let Some(made) = objects.make(length, body.has(EntryFlags::CHARGED))
    {
        (body.object, body.offset) = (Some(made), 0);
        body.charge_moved(objects);
    }
    Ok(())
}
