//! New stacks: section 12, and the main stack of a new image.

use super::decide::Totals;
use crate::change::Change;
use crate::flags::{MapFlags, Prot};
use crate::map::{Mapping, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::page::PageSize;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::stack_state::StackState;
use crate::tree::Cursor;

/// A stack to be made: the arguments of `vm_map_stack(9)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StackRequest {
    /// The lowest address of its reserve.
    pub addrbos: Addr,
    /// Bytes of its reserve.
    pub max_ssize: Size,
    /// The protection.
    pub prot: Prot,
    /// The most that the protection may become.
    pub max: Prot,
    /// Which ways it grows, and other flags of its entry.
    pub flags: MapFlags,
}

impl StackRequest {
    /// A stack that may be read and written, with every protection allowed later.
    #[must_use]
    pub const fn new(addrbos: Addr, max_ssize: Size, flags: MapFlags) -> Self {
        Self { addrbos, max_ssize, prot: Prot::RW, max: Prot::ALL, flags }
    }

    /// The same that grows down.
    #[must_use]
    pub const fn down(addrbos: Addr, max_ssize: Size) -> Self {
        Self::new(addrbos, max_ssize, MapFlags::GROWS_DOWN)
    }
}

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Maps a stack: `vm_map_stack(9)`, section 12. Of its reserve `min(max_ssize, sgrowsiz)` bytes
    /// are mapped at once: at the top if it grows down, at the bottom if it grows up, around the
    /// middle if both. That range is returned.
    ///
    /// O(log n).
    ///
    /// # Errors
    ///
    /// The refusals of [rules](crate::rules) 12.1 to 12.5 in their order, then those of
    /// [`insert`](Self::insert) for the first part; [`Refusal::NoGrowthFlag`] before and
    /// [`Refusal::StackWraps`] after 12.1 to 12.5. Nothing changed.
    pub fn stack(
        &mut self,
        state: &StackState,
        request: StackRequest,
        mut tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        let StackRequest { addrbos, max_ssize, prot, max, flags } = request;
        if !flags.intersects(MapFlags::GROWTH) {
            return Err(Refusal::NoGrowthFlag); // 15.3
        }
        let init = max_ssize.min(Size::new(state.tunables.sgrowsiz.get()));
        self.check_reserve(state, addrbos, max_ssize, init)?;
        let bottom = first_part(addrbos, max_ssize, init, flags, O::PAGE)
            .ok_or(Refusal::StackWraps { addrbos, max_ssize })?;
        let (start, end) = (bottom.get(), bottom.wrapping_add(init).get());
        let mut at = Cursor::default();
        self.seek_vacant(start, end, &mut at)?;
        let mapping = Mapping { max, flags, ..Mapping::anonymous(prot) };
        // 12.10 and 12.11: it merges with nothing, and what is not mapped is left to grow.
        let avail = max_ssize.wrapping_sub(init).get();
        let placement = self.place(&at, start, end, mapping).into_stack(flags, avail);
        self.tree.predict_one(&at);
        self.pay_and_apply(&mut at, placement)?;
        let mapped = AddrRange::between(start, end);
        tell(Change::Mapped(mapped, prot));
        Ok(mapped)
    }

    /// A new process image, as `execve(2)` makes it (rule 16.6): an empty map with the main stack
    /// alone, which ends at `top` and may grow down to `maxssiz` bytes below it. Returns the range
    /// of it that is mapped at once.
    ///
    /// The wire-future switch stays as it is, since the rule does not name it; a kernel that wants
    /// what POSIX says of `mlockall` clears it first.
    ///
    /// # Errors
    ///
    /// Those of [`stack`](Self::stack). The old image is gone then, but for
    /// [`Refusal::OutOfNodes`], which changes nothing.
    pub fn exec(
        &mut self,
        state: &mut StackState,
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
        let bottom = top.wrapping_back(maxssiz);
        let request = StackRequest { prot, ..StackRequest::down(bottom, maxssiz) };
        let first = self.stack(state, request, tell)?;
        state.ssize = O::PAGE.whole(Size::new(state.tunables.sgrowsiz.get()));
        state.tunables.maxsaddr = bottom;
        Ok(first)
    }

    /// Rules 12.1 to 12.5.
    fn check_reserve(
        &self,
        state: &StackState,
        addrbos: Addr,
        max_ssize: Size,
        init: Size,
    ) -> Result<(), Refusal> {
        let outside = Refusal::StackOutsideMap { addrbos, max_ssize };
        let end = addrbos.checked_add(max_ssize).ok_or(outside)?;
        if addrbos < self.min() || addrbos > self.max() {
            return Err(outside);
        }
        let near = self.tree.neighbours(addrbos.get());
        if let Some((start, end)) = near.above
            && start <= addrbos.get()
        {
            let entry = AddrRange::between(start, end);
            return Err(Refusal::StackMapped { addrbos, entry });
        }
        let Totals { page, size, wired_pages, wire_future } = self.totals();
        let (wired, limit) = (page.pages(wired_pages), state.limits.memlock);
        if wire_future && wired.wrapping_add(init) > limit {
            return Err(Refusal::StackMemlock { wired, init, limit });
        }
        let limit = state.limits.vmem;
        if size.wrapping_add(init) > limit {
            return Err(Refusal::StackVmem { size, init, limit });
        }
        match near.above {
            Some((next, _)) if next < end.get() => {
                Err(Refusal::StackNeighbour { end, next: Addr::new(next) })
            }
            _ => Ok(()),
        }
    }
}

/// Rule 12.7: where the part that is mapped at once begins. `None` if the middle of a two-way
/// stack, rounded up to a page, wraps (rule 15.7).
fn first_part(
    addrbos: Addr,
    max_ssize: Size,
    init: Size,
    flags: MapFlags,
    page: PageSize,
) -> Option<Addr> {
    match (flags.contains(MapFlags::GROWS_DOWN), flags.contains(MapFlags::GROWS_UP)) {
        (true, false) => Some(addrbos.wrapping_add(max_ssize).wrapping_back(init)),
        (true, true) => {
            let offset = max_ssize.get() / 2 - init.get() / 2;
            let middle = addrbos.checked_add(Size::new(offset))?;
            let rounded = Addr::new(page.round_up(Size::new(middle.get())).get());
            (rounded >= middle).then_some(rounded)
        }
        _ => Some(addrbos),
    }
}
