//! New stacks, and the first one of a new image.

use crate::change::Change;
use crate::flags::{MapFlags, Prot};
use crate::map::{Linux, Mapping, StackRequest, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;

/// Bytes of the stack that a new image starts with, at the most: `execve` leaves as much to the program.
const FIRST_STACK: Size = Size::new(128 << 10);

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// `mmap` with `MAP_GROWSDOWN` at an address that must be free: nothing is reserved, so that
    /// `max_ssize` is what is mapped.
    pub(super) fn run_stack(
        &mut self,
        state: &StackState<Linux>,
        request: StackRequest,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        let StackRequest { addrbos, max_ssize, prot, max, flags } = request;
        if !flags.intersects(MapFlags::GROWTH) {
            return Err(Refusal::NoGrowthFlag);
        }
        let mapping = Mapping { max, flags, ..Mapping::anonymous(prot) };
        let end = addrbos.wrapping_add(max_ssize);
        self.insert_within(Some(state), addrbos, end, mapping, tell)?;
        Ok(AddrRange::between(addrbos.get(), end.get()))
    }

    /// An image of its own: what locks future mappings does not go along, and of `maxssiz` bytes at most
    /// 128 KiB are mapped.
    pub(super) fn run_exec(
        &mut self,
        state: &mut StackState<Linux>,
        top: Addr,
        maxssiz: Size,
        prot: Prot,
        mut tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        if self.is_empty() {
            // Else the nodes of the old image serve the stack.
            self.ensure_one(&self.tree.first())?;
        }
        self.clear(&mut tell);
        self.wire_future = false;
        state.ssize = 0;
        let length = maxssiz.min(FIRST_STACK);
        let request =
            StackRequest { prot, ..StackRequest::down(top.wrapping_back(length), length) };
        self.run_stack(state, request, tell)
    }
}
