//! The map of a child on the way, and what it gets of an entry (section 17).

use super::{Body, Kernel, VmMap, corrupt};
use crate::flags::EntryFlags;
use crate::num::Size;
use crate::objects::{Objects, Swap};
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// A child's map on the way. If it does not get there, because swap is short or the kernel's closure
/// panics, what the fork has charged is reserved, and the child is deleted (17.12).
pub(crate) struct Child<O: Objects, K: Kernel, const B: usize> {
    /// `None` once it is done.
    map: Option<VmMap<O, K, B>>,
    /// Past its last entry.
    end: Cursor,
    /// Bytes of swap that the fork asks for (17.12): less than twice what is mapped.
    pub(crate) need: u128,
    /// Pages of entries that can grow (17.11).
    pub(crate) stack_pages: u64,
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// A map without entries for a child (17.2), with room for as many as this one has.
    pub(crate) fn childless(&self) -> Result<Child<O, K, B>, Refusal> {
        let mut map = Self::empty(self.min(), self.max(), self.objects.child());
        map.of_map = self.of_map; // D17.2
        map.tree.set_margin(self.tree.margin());
        map.tree.set_node_cap(self.tree.node_cap());
        map.tree.ensure_bulk(self.len())?;
        let end = map.tree.first();
        Ok(Child { map: Some(map), end, need: 0, stack_pages: 0 })
    }

    /// 17.5 and 17.6.
    pub(crate) fn share(&mut self, at: &Cursor, length: Size) -> Result<Body<O::Object>, Refusal> {
        let body = self.tree.value_mut(at).ok_or_else(corrupt)?;
        let charged = body.has(EntryFlags::CHARGED);
        if body.object.is_none()
            && let Some(made) = self.objects.make(length, charged)
        {
            (body.object, body.offset) = (Some(made), 0);
            body.charge_moved(&self.objects);
        }
        if body.has(EntryFlags::NEEDS_COPY) {
            body.shadow(&mut self.objects, length);
        }
        let mut child = body.inherited(body.object.as_ref().map(|o| self.objects.duplicate(o)));
        child.offset = body.offset;
        Ok(child)
    }

    /// 17.12, up to where the child is deleted.
    pub(crate) fn reserve_for_fork(&mut self, need: u128) -> Result<(), Refusal> {
        let wanted = Size::new(u64::try_from(need).unwrap_or(u64::MAX));
        let reserved = if u128::from(wanted.get()) == need {
            self.objects.reserve(wanted)
        } else {
            Err(self.objects.swap())
        };
        reserved.map_err(|Swap { reserved, limit }| {
            self.objects.reserve_anyway(wanted);
            Refusal::ForkSwap { wanted, reserved, limit }
        })
    }
}

impl<O: Objects, K: Kernel, const B: usize> Child<O, K, B> {
    /// Adds the next entry, for which nodes are free.
    pub(crate) fn add(&mut self, range: AddrRange, body: Body<O::Object>) -> Result<(), Refusal> {
        // Guards are in no count (D1.1, D17.2, D17.11).
        let guard = K::GUARDS && body.has(EntryFlags::GUARD);
        if !guard && body.flags.intersects(EntryFlags::GROWTH) {
            self.stack_pages += O::PAGE.to_hold(range.len());
        }
        let (start, end) = (range.start().get(), range.end().get());
        let map = self.map.as_mut().ok_or_else(corrupt)?;
        map.tree.append(&mut self.end, start, end, body).map_err(|_| corrupt())?;
        if !guard {
            map.size += range.len().get();
        }
        Ok(())
    }

    /// The map, paid for.
    pub(crate) fn complete(&mut self) -> Result<VmMap<O, K, B>, Refusal> {
        let map = self.map.as_mut().ok_or_else(corrupt)?;
        map.tree.fill_up_last().ok_or_else(corrupt)?;
        map.reserve_for_fork(core::mem::take(&mut self.need))?;
        self.map.take().ok_or_else(corrupt)
    }
}

impl<O: Objects, K: Kernel, const B: usize> Drop for Child<O, K, B> {
    fn drop(&mut self) {
        if let Some(map) = &mut self.map {
            // Whatever the limit: the entries that were charged stay so.
            let _ = map.reserve_for_fork(self.need);
            map.clear(|_| ()); // 17.18
        }
    }
}

impl<O: Clone + PartialEq> Body<O> {
    /// 17.3: what a child gets, at offset 0 and not charged.
    pub(crate) fn inherited(&self, object: Option<O>) -> Self {
        let none = EntryFlags::USER_WIRED | EntryFlags::CHARGED;
        let flags = self.flags.difference(none);
        let mut child = Self::new(self.prot(), self.max(), self.inherit(), flags, object, 0);
        (child.avail, child.access) = (self.avail, self.access);
        child
    }

    /// 17.10: the child of a wired entry.
    pub(crate) fn copy_wired(
        &self,
        objects: &mut impl Objects<Object = O>,
        length: Size,
        need: &mut u128,
    ) -> Self {
        let copied = objects.copy_wired(self.object.as_ref(), self.offset, length);
        let mut child = self.inherited(copied);
        // It is charged, if not in its object, then itself.
        child.charge_if(true, length, need);
        child.charge_moved(objects);
        child
    }

    /// 17.9c to 17.9e: the child of an entry with an object, if the memory counts as charged or not. Both
    /// are copied on write from now on.
    pub(crate) fn copy_on_write(
        &mut self,
        objects: &mut impl Objects<Object = O>,
        counts: bool,
        length: Size,
        need: &mut u128,
    ) -> Self {
        let shared_before = self.has(EntryFlags::NEEDS_COPY);
        if !shared_before {
            // An entry that is charged itself, of an object that holds no charges, pays once.
            self.charge_if(counts && !self.has(EntryFlags::CHARGED), length, need);
        }
        self.flags |= EntryFlags::COW | EntryFlags::NEEDS_COPY;
        let mut child = self.inherited(self.object.as_ref().map(|o| objects.duplicate(o)));
        child.offset = self.offset;
        child.charge_if(counts, length, need);
        child
    }

    /// Marks it as charged, and adds the charge to the need.
    pub(crate) fn charge_if(&mut self, charged: bool, length: Size, need: &mut u128) {
        if charged {
            self.flags |= EntryFlags::CHARGED;
            *need += u128::from(length.get());
        }
    }
}
