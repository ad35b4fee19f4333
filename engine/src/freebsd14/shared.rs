//! What threads that share a map ask about a growth or a search before it begins.

use crate::change::Change;
use crate::growth::Growth;
use crate::map::{FindRequest, Freebsd14, Mapping, StackState, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// D13.1, and D13.2 without a stack.
    #[inline(always)]
    pub(super) fn see_no_growth(&self, at: &Cursor, addr: Addr) -> Option<Result<Growth, Refusal>> {
        self.growing(at, addr).err()
    }

    /// The gap that holds an address: a growth maps some of it, and what is left is another entry.
    pub(super) fn see_growth_room(&self, at: &Cursor, addr: Addr) -> (u64, u64) {
        match self.tree.item(at) {
            Some(gap) => (gap.start, gap.end),
            None => (addr.get(), addr.get().saturating_add(1)),
        }
    }

    #[inline(always)]
    pub(super) fn run_grow_from(
        &mut self,
        state: &mut StackState<Freebsd14>,
        at: &mut Cursor,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        self.grow_at(state, at, addr, tell)
    }

    pub(super) fn see_found(
        &self,
        request: FindRequest,
        mapping: &Mapping<O::Object>,
    ) -> Option<Addr> {
        self.place_to_find(request, mapping).ok()
    }
}
