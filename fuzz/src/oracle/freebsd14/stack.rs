//! D12: stack, and the stacks of find and fixed (D7.8). Rule 16.6, the stack of a new process image.

use growstack::{Access, Addr, Change, EntryFlags, Inherit, MapFlags, Prot, Refusal, Size};

use super::super::piece::{PAGE, Piece};
use super::protect::keep;
use super::{Branch, Oracle14};
use crate::op::Mapping;

impl Oracle14 {
    /// D12, with the assertions P3, DP2 and DP3 before all else.
    pub(super) fn stack(
        &mut self,
        addrbos: u64,
        max_ssize: u64,
        prot: Prot,
        max: Prot,
        flags: MapFlags,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        if !flags.intersects(MapFlags::GROWTH) {
            self.reach(Branch::NoGrowthFlag);
            return Err(Refusal::NoGrowthFlag);
        }
        if self.map.process.wire_future {
            self.reach(Branch::StackWireFuture);
            return Err(Refusal::StackWireFuture);
        }
        let mapping = Mapping { prot, max, flags, object: None, offset: 0 };
        self.limited_stack(addrbos, max_ssize, &mapping, changes)
    }

    /// D12.1.
    fn limited_stack(
        &mut self,
        addrbos: u64,
        max_ssize: u64,
        mapping: &Mapping,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let init = max_ssize.min(self.map.sgrowsiz);
        let (size, limit) = (self.map.process.size, self.map.limits.vmem);
        if size.wrapping_add(init) > limit.get() {
            self.reach(Branch::StackVmem);
            let (size, init) = (Size::new(size), Size::new(init));
            return Err(Refusal::StackVmem { size, init, limit });
        }
        self.stack_parts(addrbos, max_ssize, mapping, changes)
    }

    /// D12.2 to D12.7: the first part and the gap.
    pub(super) fn stack_parts(
        &mut self,
        addrbos: u64,
        max_ssize: u64,
        mapping: &Mapping,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        if mapping.flags.contains(MapFlags::GROWTH) {
            self.reach(Branch::StackBothWays);
            return Err(Refusal::StackBothWays);
        }
        let end = self.stack_range(addrbos, max_ssize)?;
        let guard = self.stack_guard(max_ssize)?;
        self.stack_room(addrbos, end)?;
        // D12.6.
        let init = self.map.sgrowsiz.min(max_ssize - guard);
        self.reach_if(init < self.map.sgrowsiz, Branch::StackShort);
        let down = mapping.flags.contains(MapFlags::GROWS_DOWN);
        let (part, gap) = if down {
            ((end - init, end), (addrbos, end - init))
        } else {
            ((addrbos, addrbos + init), (addrbos + init, end))
        };
        self.reach(if down { Branch::StackDown } else { Branch::StackUp });
        self.insert(part.0, part.1, mapping, changes)
            .inspect_err(|_| self.reach(Branch::StackInsertRefused))?;
        self.reach_if(self.map.process.wire_future, Branch::StackUnwired);
        if gap.0 == gap.1 {
            self.reach(Branch::StackNoGap);
        } else {
            let flag = if down { EntryFlags::STACK_GAP_DN } else { EntryFlags::STACK_GAP_UP };
            self.place_gap(gap, flag, guard, (mapping.prot, mapping.max));
        }
        Ok(())
    }

    /// D12.2. Returns where the reserve ends.
    fn stack_range(&mut self, addrbos: u64, max_ssize: u64) -> Result<u64, Refusal> {
        let end = addrbos.checked_add(max_ssize).filter(|&end| end <= self.map.process.max);
        match end {
            Some(end) if max_ssize != 0 && addrbos >= self.map.process.min => Ok(end),
            _ => {
                let empty = max_ssize == 0;
                self.reach(if empty { Branch::StackEmpty } else { Branch::StackOutside });
                let (addrbos, max_ssize) = (Addr::new(addrbos), Size::new(max_ssize));
                Err(Refusal::StackRange { addrbos, max_ssize })
            }
        }
    }

    /// D12.3 and D1.4. Returns the guard bytes.
    fn stack_guard(&mut self, max_ssize: u64) -> Result<u64, Refusal> {
        self.reach_if(!self.own.stkgap, Branch::StackOptedOut);
        let guard = if self.own.stkgap { self.guard_pages.wrapping_mul(PAGE) } else { 0 };
        if guard >= max_ssize {
            self.reach(Branch::StackAllGuard);
            let (guard, max_ssize) = (Size::new(guard), Size::new(max_ssize));
            return Err(Refusal::StackGuard { guard, max_ssize });
        }
        Ok(guard)
    }

    /// D12.4.
    fn stack_room(&mut self, addrbos: u64, end: u64) -> Result<(), Refusal> {
        if let Some(x) = self.map.holder(addrbos) {
            self.reach(Branch::StackMapped);
            let entry = self.map.process.entries[x].range();
            return Err(Refusal::StackMapped { addrbos: Addr::new(addrbos), entry });
        }
        let next = self.map.next_above(addrbos);
        if self.map.in_walk(next, end) {
            self.reach(Branch::StackNeighbour);
            let next = Addr::new(self.map.process.entries[next].start);
            return Err(Refusal::StackNeighbour { end: Addr::new(end), next });
        }
        Ok(())
    }

    /// D12.7: inserts a gap as any guard, and then has it keep what growth needs (D1.3).
    pub(super) fn place_gap(
        &mut self,
        (start, end): (u64, u64),
        direction: EntryFlags,
        guard: u64,
        kept: (Prot, Prot),
    ) {
        let x = self.place(Piece {
            start,
            end,
            prot: Prot::NONE,
            max: Prot::NONE,
            inherit: Inherit::Copy,
            access: Access::Normal,
            wired: 0,
            flags: EntryFlags::GUARD | direction,
            object: None,
            offset: 0,
            avail: 0,
            pending: false,
        });
        let gap = &mut self.map.process.entries[x];
        (gap.avail, gap.offset) = (guard, keep(kept));
        self.reach(Branch::GapMade);
    }

    /// Rule 16.6 by the rules of 14.2: an empty map, which has no cluster address yet, and a stack by
    /// D12. The real `execve` makes a new map, on which wire-future is off; here the switch stays as
    /// it is, as in 9.3, and D12.8 is passed over.
    pub(super) fn new_image(
        &mut self,
        top: u64,
        maxssiz: u64,
        prot: Prot,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        while !self.map.process.entries.is_empty() {
            self.delete(0, changes);
        }
        self.map.drop_deleted();
        (self.map.process.wired, self.map.process.lag) = (0, 0);
        self.own.cluster = 0;
        let addrbos = top.wrapping_sub(maxssiz);
        let (max, flags) = (Prot::ALL, MapFlags::GROWS_DOWN);
        let mapping = Mapping { prot, max, flags, object: None, offset: 0 };
        self.limited_stack(addrbos, maxssiz, &mapping, changes)?;
        self.map.process.ssize = self.map.sgrowsiz / PAGE;
        (self.map.process.maxsaddr, self.own.stacktop) = (addrbos, top);
        Ok(())
    }
}
