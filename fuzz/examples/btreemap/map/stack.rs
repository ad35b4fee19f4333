//! Stacks that grow down (rules 12 and 13).

use growstack::KernReturn::NoSpace;
use growstack::{PAGE_SIZE, Prot};

use super::{ListMap, Outcome};

impl ListMap {
    /// Section 12.
    pub(super) fn stack(&mut self, addrbos: u64, max_ssize: u64, prot: Prot, max: Prot) -> Outcome {
        let config = &self.config;
        if addrbos < config.min.get() || addrbos > config.max.get() {
            return Err(NoSpace);
        }
        let top = addrbos.checked_add(max_ssize).ok_or(NoSpace)?;
        let init = max_ssize.min(config.tunables.sgrowsiz.get());
        let occupied = self.above(addrbos).is_some_and(|(next, _)| next < top);
        if self.at(addrbos).is_some() || self.over_limit(init) || occupied {
            return Err(NoSpace);
        }
        self.insert(top - init, top, prot, max, true)?;
        self.set_avail(top - init, max_ssize - init);
        Ok(())
    }

    fn set_avail(&mut self, start: u64, avail: u64) {
        self.entries.get_mut(&start).expect("the start of an entry").avail = avail;
    }

    /// Section 13, of growth down.
    pub(super) fn grow(&mut self, addr: u64) -> Outcome {
        let upper = self.above(addr).filter(|(_, upper)| upper.stack);
        let (None, Some((start, stack))) = (self.at(addr), upper) else { return Ok(()) };
        let floor = self.below(addr).map_or(start.wrapping_sub(stack.avail), |(_, l)| l.end);
        let need = (start - addr).checked_next_multiple_of(PAGE_SIZE).ok_or(NoSpace)?;
        if need > stack.avail {
            return Err(NoSpace);
        }
        let room = start.wrapping_sub(floor);
        let guard = if self.config.tunables.guard_page { PAGE_SIZE } else { 0 };
        if need.wrapping_add(guard) > room {
            self.set_avail(start, room);
            return Err(NoSpace);
        }
        // 13.7 and 13.8.
        let main = addr >= self.config.tunables.maxsaddr.get();
        let (used, most) = (self.ssize.wrapping_mul(PAGE_SIZE), self.config.limits.stack.get());
        let passes = |more: u64| main && used.wrapping_add(more) > most;
        if passes(need) {
            return Err(NoSpace);
        }
        let step = self.config.tunables.sgrowsiz.get();
        let mut amount =
            need.checked_next_multiple_of(step).map_or(stack.avail, |n| n.min(stack.avail));
        if passes(amount) {
            amount = (most / PAGE_SIZE * PAGE_SIZE).wrapping_sub(used);
        }
        if self.over_limit(amount) {
            return Err(NoSpace);
        }
        // 13.11. An upper part that a removal left keeps the reserve of the whole, so this may wrap.
        let mut bottom = start.wrapping_sub(amount);
        if bottom < floor {
            self.set_avail(start, room);
            bottom = floor.wrapping_add(guard);
        }
        self.insert(bottom, start, stack.prot, stack.max, false)?;
        // 13.13: the new piece is the one that grows from now on.
        self.split(bottom);
        let left = self.entries[&start].avail - (start - bottom);
        self.set_avail(bottom, left);
        for (start, growing) in [(bottom, true), (start, false)] {
            self.entries.get_mut(&start).expect("the start of an entry").stack = growing;
        }
        if main {
            self.ssize += (start - bottom).div_ceil(PAGE_SIZE);
        }
        Ok(())
    }
}
