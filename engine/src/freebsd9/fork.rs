//! `fork`: the map of a child (section 17).

use crate::attr::Inherit;
use crate::change::Change;
use crate::flags::EntryFlags;
use crate::map::{Body, Freebsd9, StackState, VmMap, corrupt};
use crate::num::Size;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Rules 17.1 to 17.12.
    pub(super) fn run_fork(
        &mut self,
        state: &StackState<Freebsd9>,
        mut tell: impl FnMut(Change),
    ) -> Result<(Self, StackState<Freebsd9>), Refusal> {
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
        Ok(body.copy_on_write(&mut self.objects, counts, length, need))
    }
}
