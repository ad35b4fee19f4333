//! What follows the growth of stacks in a page fault: `vm_map_lookup(9)`, without the growth.

use super::{Body, Kernel, VmMap, corrupt};
use crate::entry::Entry;
use crate::fault::{Fault, FaultError};
use crate::flags::{EntryFlags, Prot};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::tree::{Cursor, Item};

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// The entry at a cursor, ready for an access, if it holds an address that no stack has to grow to.
    pub(crate) fn make_ready_at(
        &mut self,
        at: &Cursor,
        addr: Addr,
        access: Prot,
    ) -> Result<Option<Entry<O::Object>>, FaultError> {
        let Some(item) = self.tree.item(at).filter(|entry| holds(entry, addr)) else {
            return Ok(None);
        };
        if K::GUARDS && item.value.has_any(EntryFlags::STACK_GAP) {
            return Ok(None);
        }
        let (start, end) = (item.start, item.end);
        allowed::<K, _>(&item, access)?;
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
        if K::GUARDS && item.value.has_any(EntryFlags::STACK_GAP) {
            return Ok(None);
        }
        allowed::<K, _>(&item, access)?;
        if K::KEEPS_ANON {
            let marks = K::marks(item.value, access);
            let entry = || item.value.view(item.start, item.end).cloned();
            return Ok((!marks).then(|| Fault { entry: entry(), grown: None }));
        }
        let complete = item.value.object.is_some() || !O::MAKES;
        let ready = complete && !must_copy(item.value, access);
        let entry = || item.value.view(item.start, item.end).cloned();
        Ok(ready.then(|| Fault { entry: entry(), grown: None }))
    }
}

pub(crate) fn holds<V>(entry: &Item<'_, V>, addr: Addr) -> bool {
    entry.start <= addr.get() && addr.get() < entry.end
}

/// Does an entry allow an access?
pub(crate) fn allowed<K: Kernel, T: Clone + PartialEq>(
    entry: &Item<'_, Body<T>>,
    access: Prot,
) -> Result<(), FaultError> {
    let prot = entry.value.prot();
    if K::allows(prot, access) {
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
