//! What threads that share a map ask about a growth or a search before it begins.

use super::decide::Beside;
use crate::attr::FindSpace;
use crate::change::Change;
use crate::flags::EntryFlags;
use crate::growth::Growth;
use crate::map::{FindRequest, Freebsd9, Mapping, StackState, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// 13.1, and 13.2 without a candidate.
    #[inline(always)]
    pub(super) fn see_no_growth(&self, at: &Cursor, addr: Addr) -> Option<Result<Growth, Refusal>> {
        let above = self.tree.item(at);
        if above.is_some_and(|entry| entry.start <= addr.get()) {
            return Some(Ok(Growth::AlreadyMapped));
        }
        let down = above.is_some_and(|entry| entry.value.has(EntryFlags::GROWS_DOWN));
        let up = || {
            let below = self.tree.item_below(at);
            below.is_some_and(|entry| entry.value.has(EntryFlags::GROWS_UP))
        };
        if down || up() { None } else { Some(Ok(Growth::NoStack)) }
    }

    /// The unmapped addresses around one: a growth maps some of them.
    pub(super) fn see_growth_room(&self, _: &Cursor, addr: Addr) -> (u64, u64) {
        match self.gap(addr) {
            Some(gap) => (gap.range.start().get(), gap.range.end().get()),
            None => (addr.get(), addr.get().saturating_add(1)),
        }
    }

    #[inline(always)]
    pub(super) fn run_grow_from(
        &mut self,
        state: &mut StackState<Freebsd9>,
        at: &mut Cursor,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let above = self.tree.item(at).map(Beside::of);
        self.grow_at(state, at, above, addr, tell)
    }

    pub(super) fn see_found(&self, request: FindRequest, _: &Mapping<O::Object>) -> Option<Addr> {
        match request.space {
            FindSpace::No => Some(request.start),
            FindSpace::Any => self.run_find_space(request.start, request.length).ok(),
        }
    }
}
