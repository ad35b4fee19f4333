//! `fork`: the map of a child (D17).

use crate::attr::Inherit;
use crate::change::Change;
use crate::flags::{EntryFlags, Prot};
use crate::map::{Body, Freebsd14, StackState, VmMap, corrupt};
use crate::num::Size;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// Section 17 with D17.
    pub(super) fn run_fork(
        &mut self,
        state: &StackState<Freebsd14>,
        mut tell: impl FnMut(Change),
    ) -> Result<(Self, StackState<Freebsd14>), Refusal> {
        let mut child = self.childless()?;
        let mut at = self.tree.first();
        while let Some(entry) = self.tree.item(&at) {
            let range = AddrRange::between(entry.start, entry.end);
            let copied_before = entry.value.has(EntryFlags::NEEDS_COPY);
            match entry.value.inherit() {
                Inherit::None => {}
                _ if entry.value.has(EntryFlags::GUARD) => {
                    child.add(range, entry.value.inherited_guard())?;
                }
                Inherit::Share => child.add(range, self.share(&at, range.len())?)?,
                Inherit::Zero => {
                    let mut body = entry.value.inherited(None);
                    body.charge_if(true, range.len(), &mut child.need); // D17.10a
                    child.add(range, body)?;
                }
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

    /// 17.8 to 17.10 with D17.8 to D17.10. Adds to `need` what the copy asks for.
    fn copy(
        &mut self,
        at: &Cursor,
        length: Size,
        need: &mut u128,
    ) -> Result<Body<O::Object>, Refusal> {
        let body = self.tree.value_mut(at).ok_or_else(corrupt)?;
        if body.wired > 0 && body.prot().contains(Prot::WRITE) {
            return Ok(body.copy_wired(&mut self.objects, length, need)); // D17.10
        }
        let Some(object) = &mut body.object else {
            let mut child = body.inherited(None); // D17.8
            child.charge_if(body.has(EntryFlags::CHARGED), length, need);
            return Ok(child);
        };
        self.objects.split_off(object, &mut body.offset, length);
        // D17.9: of an object that the kernel has not made, no charge goes along.
        let anonymous = self.objects.is_anonymous(object);
        let counts = anonymous && body.counts_as_charged(&self.objects);
        Ok(body.copy_on_write(&mut self.objects, counts, length, need))
    }
}

impl<O: Clone + PartialEq> Body<O> {
    /// D17.3 and D17.4: a guard is copied as it is, with what a gap keeps.
    fn inherited_guard(&self) -> Self {
        let mut child = self.inherited(None);
        child.offset = self.offset;
        child
    }
}
