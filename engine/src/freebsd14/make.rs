//! New stacks (D12), and the main stack of a new image.

use super::gap::{Kept, direction, new_gap};
use crate::change::Change;
use crate::flags::{MapFlags, Prot};
use crate::growth::Direction;
use crate::map::{Freebsd14, Mapping, StackRequest, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// Where the parts of a stack go.
struct Parts {
    /// What is mapped at once.
    first: (u64, u64),
    /// What it grows into; empty if nothing is left.
    gap: (u64, u64),
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// D12, after what the real kernel asserts.
    pub(super) fn run_stack(
        &mut self,
        state: &StackState<Freebsd14>,
        request: StackRequest,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        if !request.flags.intersects(MapFlags::GROWTH) {
            return Err(Refusal::NoGrowthFlag); // 15.3
        }
        if self.wire_future {
            return Err(Refusal::StackWireFuture); // D12.8
        }
        self.limited_stack(state, request, tell)
    }

    /// Rule 16.6 by the rules of 14.2. A new map has no cluster address.
    pub(super) fn run_exec(
        &mut self,
        state: &mut StackState<Freebsd14>,
        top: Addr,
        maxssiz: Size,
        prot: Prot,
        mut tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        if self.is_empty() {
            // Else the nodes of the old image serve the stack.
            let first = self.tree.first();
            self.tree.ensure_for([Some(&first), Some(&first)])?;
        }
        self.clear(&mut tell);
        self.of_map.forget();
        let bottom = top.wrapping_back(maxssiz);
        let request = StackRequest { prot, ..StackRequest::down(bottom, maxssiz) };
        let first = self.limited_stack(state, request, tell)?;
        state.ssize = O::PAGE.whole(Size::new(state.tunables.sgrowsiz.get()));
        state.set_main_stack(bottom, top);
        Ok(first)
    }

    /// D12.1.
    fn limited_stack(
        &mut self,
        state: &StackState<Freebsd14>,
        request: StackRequest,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        let StackRequest { addrbos, max_ssize, prot, max, flags } = request;
        let init = max_ssize.min(Size::new(state.tunables.sgrowsiz.get()));
        let (size, limit) = (self.size(), state.limits.vmem);
        if size.wrapping_add(init) > limit {
            return Err(Refusal::StackVmem { size, init, limit });
        }
        let mapping = Mapping { max, flags, ..Mapping::anonymous(prot) };
        self.stack_parts(state, addrbos, max_ssize, &mapping, tell)
    }

    /// D12.2 to D12.7: the first part, which is returned, and the gap.
    pub(super) fn stack_parts(
        &mut self,
        state: &StackState<Freebsd14>,
        addrbos: Addr,
        max_ssize: Size,
        mapping: &Mapping<O::Object>,
        mut tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        let way = direction(mapping.flags).ok_or(Refusal::StackBothWays)?; // D12.9
        let end = self.reserve_end(addrbos, max_ssize)?;
        let guard = state.guard_bytes(O::PAGE);
        if guard >= max_ssize {
            return Err(Refusal::StackGuard { guard, max_ssize }); // D12.3
        }
        let mut at = Cursor::default();
        self.seek_reserve(addrbos, end, &mut at)?;
        mapping.check()?;
        mapping.check_guard()?;
        // D12.6
        let init = max_ssize.wrapping_sub(guard).get().min(state.tunables.sgrowsiz.get());
        let Parts { first, gap } = Parts::new(addrbos.get(), end, init, way);
        let charge = mapping.charge();
        self.pay(charge, init)?;
        self.ensure_stack(&at, gap, way).inspect_err(|_| self.pay_back(charge, init))?;
        // Nothing refuses any more. The upper of the two goes first, and the other one before it.
        let body = Mapping { object: None, ..*mapping }.into_body_14(charge);
        let kept = Kept { prot: mapping.prot, max: mapping.max };
        if way == Direction::Up {
            self.put_gap(&mut at, gap, way, guard, kept)?;
        }
        let part = self.place(&at, first.0, first.1, body);
        self.apply(&mut at, part)?;
        if way == Direction::Down {
            self.put_gap(&mut at, gap, way, guard, kept)?;
        }
        let mapped = AddrRange::between(first.0, first.1);
        if !mapping.is_guard() {
            tell(Change::Mapped(mapped, mapping.prot));
        }
        Ok(mapped)
    }

    /// D12.2: where the reserve ends.
    fn reserve_end(&self, addrbos: Addr, max_ssize: Size) -> Result<u64, Refusal> {
        let end = addrbos.checked_add(max_ssize).filter(|&end| end <= self.max());
        let outside = max_ssize == Size::ZERO || addrbos < self.min();
        match end {
            Some(end) if !outside => Ok(end.get()),
            _ => Err(Refusal::StackRange { addrbos, max_ssize }),
        }
    }

    /// D12.4: moves a cursor to the entry above the reserve.
    fn seek_reserve(&self, addrbos: Addr, end: u64, at: &mut Cursor) -> Result<(), Refusal> {
        match self.tree.seek_into(addrbos.get(), at) {
            Some(holder) if holder.start <= addrbos.get() => {
                let entry = AddrRange::between(holder.start, holder.end);
                Err(Refusal::StackMapped { addrbos, entry })
            }
            Some(next) if next.start < end => {
                let (end, next) = (Addr::new(end), Addr::new(next.start));
                Err(Refusal::StackNeighbour { end, next })
            }
            _ => Ok(()),
        }
    }

    /// Room for both parts; a gap that extends another one needs none (D12.7).
    fn ensure_stack(
        &mut self,
        at: &Cursor,
        gap: (u64, u64),
        way: Direction,
    ) -> Result<(), Refusal> {
        let alone = gap.0 < gap.1 && (way == Direction::Up || !self.extends_gap(at, gap.0));
        Ok(self.tree.ensure_for([Some(at), alone.then_some(at)])?)
    }

    /// Will a gap for growth down, which starts here, be added to one that ends here?
    fn extends_gap(&self, at: &Cursor, start: u64) -> bool {
        let lower = self.tree.item_below(at).filter(|lower| lower.end == start);
        let gap = new_gap(Direction::Down);
        lower.is_some_and(|lower| lower.value.is_extended_by(&gap))
    }

    /// Inserts the gap before the cursor, if there is to be one.
    fn put_gap(
        &mut self,
        at: &mut Cursor,
        (start, end): (u64, u64),
        way: Direction,
        guard: Size,
        kept: Kept,
    ) -> Result<(), Refusal> {
        if start == end {
            return Ok(());
        }
        let gap = self.place(at, start, end, new_gap(way));
        self.apply_gap(at, gap, guard.get(), kept)
    }
}

impl Parts {
    fn new(bottom: u64, top: u64, init: u64, way: Direction) -> Self {
        match way {
            Direction::Down => {
                let edge = top.wrapping_sub(init);
                Self { first: (edge, top), gap: (bottom, edge) }
            }
            Direction::Up => {
                let edge = bottom.wrapping_add(init);
                Self { first: (bottom, edge), gap: (edge, top) }
            }
        }
    }
}
