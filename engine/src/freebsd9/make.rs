//! New stacks: section 12, and the main stack of a new image.

use crate::change::Change;
use crate::flags::{MapFlags, Prot};
use crate::map::{Freebsd9, Mapping, StackRequest, StackState, Totals, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::page::PageSize;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Section 12.
    pub(super) fn run_stack(
        &mut self,
        state: &StackState<Freebsd9>,
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

    /// Rule 16.6.
    pub(super) fn run_exec(
        &mut self,
        state: &mut StackState<Freebsd9>,
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
        let first = self.run_stack(state, request, tell)?;
        state.ssize = O::PAGE.whole(Size::new(state.tunables.sgrowsiz.get()));
        state.tunables.maxsaddr = bottom;
        Ok(first)
    }

    /// Rules 12.1 to 12.5.
    fn check_reserve(
        &self,
        state: &StackState<Freebsd9>,
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
