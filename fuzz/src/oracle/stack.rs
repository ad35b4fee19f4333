//! Section 12, stack, and rule 16.6, the stack of a new process image.

use growstack::{Addr, Change, EntryFlags, MapFlags, Prot, Refusal, Size};

use super::Oracle;
use super::branch::Branch;
use super::insert::Inserter;
use super::piece::{PAGE, round_up};
use crate::op::Mapping;

impl Oracle {
    /// Section 12.
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
        let init = max_ssize.min(self.sgrowsiz);
        self.stack_allowed(addrbos, max_ssize, init)?;
        let bot = self.stack_bottom(addrbos, max_ssize, init, flags)?;
        let mapping = Mapping { prot, max, flags, object: None, offset: 0 };
        let inserted = self.insert(bot, bot.wrapping_add(init), &mapping, Inserter::Stack, changes);
        inserted.inspect_err(|why| self.note_stack_refused(why, max_ssize))?;

        let x = self.holder(bot).expect("12.6: what was inserted is mapped");
        let entry = &mut self.process.entries[x];
        for (asked, set) in [
            (MapFlags::GROWS_DOWN, EntryFlags::GROWS_DOWN),
            (MapFlags::GROWS_UP, EntryFlags::GROWS_UP),
        ] {
            if flags.contains(asked) {
                entry.set(set);
            }
        }
        entry.avail = max_ssize - init;
        self.note_stack_made(x, max_ssize);
        Ok(())
    }

    /// 12.1 to 12.5.
    fn stack_allowed(&mut self, addrbos: u64, max_ssize: u64, init: u64) -> Result<(), Refusal> {
        let (at, length) = (Addr::new(addrbos), Size::new(max_ssize));
        let reserve_end = addrbos.checked_add(max_ssize);
        let outside = if addrbos < self.process.min {
            Some(Branch::StackBelowMin)
        } else if addrbos > self.process.max {
            Some(Branch::StackAboveMax)
        } else if reserve_end.is_none() {
            Some(Branch::StackReserveWraps)
        } else {
            None
        };
        let (Some(end), None) = (reserve_end, outside) else {
            outside.inspect(|&why| self.reach(why));
            return Err(Refusal::StackOutsideMap { addrbos: at, max_ssize: length });
        };
        if let Some(x) = self.holder(addrbos) {
            self.reach(Branch::StackMapped);
            return Err(Refusal::StackMapped {
                addrbos: at,
                entry: self.process.entries[x].range(),
            });
        }
        let (wired, limit) = (self.process.wired.wrapping_mul(PAGE), self.limits.memlock);
        if self.process.wire_future && wired.wrapping_add(init) > limit.get() {
            self.reach(Branch::StackMemlock);
            let (wired, init) = (Size::new(wired), Size::new(init));
            return Err(Refusal::StackMemlock { wired, init, limit });
        }
        let limit = self.limits.vmem;
        if self.process.size.wrapping_add(init) > limit.get() {
            self.reach(Branch::StackVmem);
            let (size, init) = (Size::new(self.process.size), Size::new(init));
            return Err(Refusal::StackVmem { size, init, limit });
        }
        let next = self.next_above(addrbos);
        if self.in_walk(next, end) {
            self.reach(Branch::StackNeighbour);
            let next = Addr::new(self.process.entries[next].start);
            return Err(Refusal::StackNeighbour { end: Addr::new(end), next });
        }
        Ok(())
    }

    /// 12.7 and 15.7.
    fn stack_bottom(
        &mut self,
        addrbos: u64,
        max_ssize: u64,
        init: u64,
        flags: MapFlags,
    ) -> Result<u64, Refusal> {
        self.reach(if init == max_ssize { Branch::StackWhole } else { Branch::StackStep });
        if !flags.contains(MapFlags::GROWS_UP) {
            self.reach(Branch::StackDown);
            return Ok(addrbos + max_ssize - init);
        }
        if !flags.contains(MapFlags::GROWS_DOWN) {
            self.reach(Branch::StackUp);
            return Ok(addrbos);
        }
        self.reach(Branch::StackBoth);
        let middle = addrbos + max_ssize / 2 - init / 2;
        let bot = round_up(middle, PAGE);
        if bot < middle {
            self.reach(Branch::BottomWraps);
            let (addrbos, max_ssize) = (Addr::new(addrbos), Size::new(max_ssize));
            return Err(Refusal::StackWraps { addrbos, max_ssize });
        }
        self.reach_if(bot > middle, Branch::StackBothRounded);
        Ok(bot)
    }

    fn note_stack_refused(&mut self, why: &Refusal, max_ssize: u64) {
        self.reach(Branch::StackInsertRefused);
        match why {
            Refusal::OutsideMap { .. } if max_ssize == 0 => self.reach(Branch::StackEmpty),
            Refusal::OutsideMap { .. } => self.reach(Branch::StackPastMax),
            Refusal::StartMapped { .. } | Refusal::NextBelowEnd { .. } => {
                self.reach(Branch::StackRoundedInto);
            }
            _ => {}
        }
    }

    fn note_stack_made(&mut self, x: usize, max_ssize: u64) {
        let (entry, neighbours) = (&self.process.entries[x], [x.wrapping_sub(1), x + 1]);
        let apart = neighbours
            .into_iter()
            .filter_map(|n| self.process.entries.get(n))
            .any(|n| !n.has(EntryFlags::GROWTH) && (n.end == entry.start || n.start == entry.end));
        let up_only = entry.has(EntryFlags::GROWS_UP) && !entry.has(EntryFlags::GROWS_DOWN);
        let past_max = up_only && entry.start + max_ssize > self.process.max;
        self.reach(Branch::StackMade);
        self.reach_if(apart, Branch::StackKeptApart);
        self.reach_if(past_max, Branch::StackReservesPastMax);
        self.reach_if(self.process.wire_future, Branch::StackUnwired);
    }

    /// Rule 16.6, a new process image: an empty map with a stack of at most `maxssiz` bytes that
    /// ends at `top`.
    ///
    /// When the stack is refused, the map is empty and `ssize` and `maxsaddr` are as before. The
    /// wire-future switch stays as it is.
    pub(super) fn new_image(
        &mut self,
        top: u64,
        maxssiz: u64,
        prot: Prot,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        while !self.process.entries.is_empty() {
            let gone = self.process.entries.remove(0);
            self.forget(&gone);
            changes.push(Change::Unmapped(gone.range()));
        }
        // The removal is an operation of its own (17.14).
        self.drop_deleted();
        // Pages counted twice (16.2) would stay behind in a map that holds nothing.
        (self.process.wired, self.process.lag) = (0, 0);
        let addrbos = top.wrapping_sub(maxssiz);
        let made = self.stack(addrbos, maxssiz, prot, Prot::ALL, MapFlags::GROWS_DOWN, changes);
        self.reach(if made.is_ok() { Branch::Exec } else { Branch::ExecRefused });
        made?;
        self.process.ssize = self.sgrowsiz / PAGE;
        self.process.maxsaddr = addrbos;
        Ok(())
    }
}
