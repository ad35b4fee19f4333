//! `fork`: the map of a child (section 17).

use super::{Body, VmMap, corrupt};
use crate::attr::Inherit;
use crate::change::Change;
use crate::flags::EntryFlags;
use crate::num::Size;
use crate::objects::{Objects, Swap};
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::stack_state::StackState;
use crate::tree::Cursor;

/// A child's map on the way. If it does not get there, because swap is short or the kernel's closure
/// panics, what the fork has charged is reserved, and the child is deleted (17.12).
struct Child<O: Objects, const B: usize> {
    /// `None` once it is done.
    map: Option<VmMap<O, B>>,
    /// Past its last entry.
    end: Cursor,
    /// Bytes of swap that the fork asks for (17.12): less than twice what is mapped.
    need: u128,
    /// Pages of entries that can grow (17.11).
    stack_pages: u64,
}

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Makes the map of a child, with its state: `vmspace_fork`, section 17. Each entry is visited
    /// once, and what is copied is only marked, to be copied on write. O(n).
    ///
    /// Page tables must follow [`Change::CopyOnWrite`]. The child has none yet.
    ///
    /// # Errors
    ///
    /// - [`Refusal::ForkSwap`]: the child is gone, but this map keeps what the fork did to it, and
    ///   `reserved` may be higher than before (rule 17.12).
    /// - [`Refusal::OutOfNodes`]: nothing changed.
    pub fn fork(
        &mut self,
        state: &StackState,
        mut tell: impl FnMut(Change),
    ) -> Result<(Self, StackState), Refusal> {
        let mut child = self.childless()?;
        let mut at = self.tree.first();
        while let Some(entry) = self.tree.item(&at) {
            let range = AddrRange::between(entry.start, entry.end);
            let copied_before = entry.value.has(EntryFlags::NEEDS_COPY);
            match entry.value.inherit() {
                // 17.4; and no entry has what 16.9 refuses.
                Inherit::None | Inherit::Zero => {}
                Inherit::Share => child.add(range, self.share(&at, range.len())?)?,
                Inherit::Copy => {
                    let body = self.copy(&at, range.len(), &mut child.need)?;
                    let copied = body.has(EntryFlags::NEEDS_COPY);
                    child.add(range, body)?;
                    if copied && !copied_before {
                        tell(Change::CopyOnWrite(range));
                    }
                }
            }
            self.tree.advance(&mut at);
        }
        let map = child.complete()?;
        Ok((map, state.of_child(child.stack_pages)))
    }

    /// A map without entries for a child (17.2), with room for as many as this one has.
    fn childless(&self) -> Result<Child<O, B>, Refusal> {
        let mut map = Self::empty(self.min(), self.max(), self.objects.child());
        map.tree.set_node_cap(self.tree.node_cap());
        map.tree.ensure_bulk(self.len())?;
        let end = map.tree.first();
        Ok(Child { map: Some(map), end, need: 0, stack_pages: 0 })
    }

    /// 17.5 and 17.6.
    fn share(&mut self, at: &Cursor, length: Size) -> Result<Body<O::Object>, Refusal> {
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

    /// 17.8 to 17.10. Adds to `need` what the copy asks for.
    fn copy(
        &mut self,
        at: &Cursor,
        length: Size,
        need: &mut u128,
    ) -> Result<Body<O::Object>, Refusal> {
        let body = self.tree.value_mut(at).ok_or_else(corrupt)?;
        if body.wired > 0 {
            return Ok(body.copy_wired(&mut self.objects, length, need));
        }
        let Some(object) = &mut body.object else {
            let mut child = body.inherited(None); // 17.8
            child.charge_if(body.has(EntryFlags::CHARGED), length, need);
            return Ok(child);
        };
        // 17.9
        self.objects.split_off(object, &mut body.offset, length);
        let counts = body.counts_as_charged(&self.objects);
        let shared_before = body.has(EntryFlags::NEEDS_COPY);
        if !shared_before {
            // An entry that is charged itself, of an object that holds no charges, pays once.
            body.charge_if(counts && !body.has(EntryFlags::CHARGED), length, need);
        }
        body.flags |= EntryFlags::COW | EntryFlags::NEEDS_COPY;
        let mut child = body.inherited(body.object.as_ref().map(|o| self.objects.duplicate(o)));
        child.offset = body.offset;
        child.charge_if(counts, length, need);
        Ok(child)
    }

    /// 17.12, up to where the child is deleted.
    fn reserve_for_fork(&mut self, need: u128) -> Result<(), Refusal> {
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

impl<O: Objects, const B: usize> Child<O, B> {
    /// Adds the next entry, for which nodes are free.
    fn add(&mut self, range: AddrRange, body: Body<O::Object>) -> Result<(), Refusal> {
        if body.flags.intersects(EntryFlags::GROWTH) {
            self.stack_pages += O::PAGE.to_hold(range.len());
        }
        let (start, end) = (range.start().get(), range.end().get());
        let map = self.map.as_mut().ok_or_else(corrupt)?;
        map.tree.append(&mut self.end, start, end, body).map_err(|_| corrupt())?;
        map.size += range.len().get();
        Ok(())
    }

    /// The map, paid for.
    fn complete(&mut self) -> Result<VmMap<O, B>, Refusal> {
        let map = self.map.as_mut().ok_or_else(corrupt)?;
        map.tree.fill_up_last().ok_or_else(corrupt)?;
        map.reserve_for_fork(core::mem::take(&mut self.need))?;
        self.map.take().ok_or_else(corrupt)
    }
}

impl<O: Objects, const B: usize> Drop for Child<O, B> {
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
    fn inherited(&self, object: Option<O>) -> Self {
        let none = EntryFlags::USER_WIRED | EntryFlags::CHARGED;
        let flags = self.flags.difference(none);
        let mut child = Self::new(self.prot(), self.max(), self.inherit(), flags, object, 0);
        (child.avail, child.access) = (self.avail, self.access);
        child
    }

    /// 17.10: the child of a wired entry.
    fn copy_wired(
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

    /// Marks it as charged, and adds the charge to the need.
    fn charge_if(&mut self, charged: bool, length: Size, need: &mut u128) {
        if charged {
            self.flags |= EntryFlags::CHARGED;
            *need += u128::from(length.get());
        }
    }
}
