//! `fork`: the map of a child.
//!
//! The list of rules has none for it. A child has what its parent has, but for locks; each of its entries
//! with anonymous memory has one of its own, on top of the parent's, so that it merges with no other.

use crate::attr::Inherit;
use crate::change::Change;
use crate::flags::EntryFlags;
use crate::map::{Body, Linux, StackState, VmMap, corrupt};
use crate::num::Size;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// Reports what is copied on write from now on: private memory that was written.
    pub(super) fn run_fork(
        &mut self,
        state: &StackState<Linux>,
        mut tell: impl FnMut(Change),
    ) -> Result<(Self, StackState<Linux>), Refusal> {
        let mut child = self.childless()?;
        let mut at = self.tree.first();
        while let Some(entry) = self.tree.item(&at) {
            let range = AddrRange::between(entry.start, entry.end);
            let copied = entry.value.is_copied() && entry.value.avail != 0;
            if entry.value.inherit() != Inherit::None {
                let body = self.inherited(&at, range.len(), &mut child.need)?;
                child.add(range, body)?;
                if copied {
                    tell(Change::CopyOnWrite(range));
                }
            }
            self.tree.advance(&mut at);
        }
        let mut map = child.complete()?;
        map.of_map = self.of_map;
        Ok((map, state.of_child(0)))
    }

    /// What a child gets of an entry: empty memory, if it is to be wiped.
    fn inherited(
        &mut self,
        at: &Cursor,
        length: Size,
        need: &mut u128,
    ) -> Result<Body<O::Object>, Refusal> {
        let body = self.tree.item(at).ok_or_else(corrupt)?.value;
        let written = body.avail != 0 && body.inherit() != Inherit::Zero;
        let object = body.object.as_ref().map(|object| self.objects.duplicate(object));
        let mut child = body.inherited(object);
        child.offset = body.offset;
        child.charge_if(body.has(EntryFlags::CHARGED), length, need);
        child.avail = if written { self.new_anon() } else { 0 };
        Ok(child)
    }
}
