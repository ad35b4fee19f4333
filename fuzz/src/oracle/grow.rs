//! Section 13: grow.

use growstack::{
    Addr, Change, Direction, EntryFlags, Growth, Holes, Inherit, MapFlags, Refusal, Size, Wiring,
};

use super::Oracle;
use super::branch::Branch;
use super::insert::Inserter;
use super::piece::{PAGE, Piece, range, round_up};
use crate::op::Mapping;

/// What a growth needs and has, before anything is decided (13.3, 13.4).
#[derive(Clone, Copy)]
struct Wish {
    addr: u64,
    need: u64,
    room: u64,
    /// 15.6: the reserve wraps.
    wraps: bool,
}

impl Oracle {
    /// Section 13.
    pub(super) fn grow(&mut self, addr: u64, changes: &mut Vec<Change>) -> Result<Growth, Refusal> {
        if self.holder(addr).is_some() {
            self.reach(Branch::GrowMapped);
            return Ok(Growth::AlreadyMapped);
        }
        let upper = self.next_above(addr);
        let up = upper
            .checked_sub(1)
            .map(|l| &self.process.entries[l])
            .filter(|l| l.has(EntryFlags::GROWS_UP))
            .map(|l| addr - l.end);
        let down = self
            .process
            .entries
            .get(upper)
            .filter(|u| u.has(EntryFlags::GROWS_DOWN))
            .map(|u| u.start - addr);
        let (direction, why) = match (up, down) {
            (None, None) => {
                self.reach(Branch::GrowNone);
                return Ok(Growth::NoStack);
            }
            (Some(_), None) => (Direction::Up, Branch::GrowOnlyUp),
            (None, Some(_)) => (Direction::Down, Branch::GrowOnlyDown),
            (Some(up), Some(down)) if up == down => (Direction::Up, Branch::GrowTie),
            (Some(up), Some(down)) if up < down => (Direction::Up, Branch::GrowNearerUp),
            (Some(_), Some(_)) => (Direction::Down, Branch::GrowNearerDown),
        };
        self.reach(why);
        let (start, end) = match direction {
            Direction::Up => self.grow_up(upper - 1, addr, changes),
            Direction::Down => self.grow_down(upper, addr, changes),
        }
        .inspect_err(|_| self.reach_if(up.is_some() && down.is_some(), Branch::GrowNoRetry))?;
        assert!(self.holder(addr).is_some(), "15: {addr:#x} is not mapped after it was grown to");
        Ok(Growth::Grown { added: range(start, end), direction })
    }

    /// 13.5 to 13.10, with 15.10 and 15.11. Returns the amount.
    fn amount(&mut self, s: usize, wish: Wish) -> Result<u64, Refusal> {
        let need = Size::new(wish.need);
        if wish.need == 0 {
            self.reach(Branch::NeedWraps);
            return Err(Refusal::NeedWraps { addr: Addr::new(wish.addr) });
        }
        let avail = self.process.entries[s].avail;
        if wish.need > avail {
            self.reach(Branch::GrowAvail);
            return Err(Refusal::Avail { need, avail: Size::new(avail) });
        }
        self.room_for(s, wish)?;

        let main = wish.addr >= self.process.maxsaddr;
        let limit = self.limits.stack;
        let grown = self.process.ssize.wrapping_mul(PAGE);
        if main && grown.wrapping_add(wish.need) > limit.get() {
            self.reach(Branch::GrowStackLimit);
            return Err(Refusal::StackLimit { ssize: Size::new(grown), need, limit });
        }
        let mut amount = round_up(wish.need, self.sgrowsiz);
        if amount < wish.need {
            self.reach(Branch::AmountWraps);
            amount = avail;
        } else if amount > avail {
            self.reach(Branch::AmountAvail);
            amount = avail;
        } else {
            self.reach(Branch::AmountStep);
        }
        if main && grown.wrapping_add(amount) > limit.get() {
            self.reach(Branch::AmountLimit);
            amount = (limit.get() / PAGE * PAGE).wrapping_sub(grown);
        }
        self.amount_allowed(amount)?;
        Ok(amount)
    }

    /// 13.6.
    fn room_for(&mut self, s: usize, wish: Wish) -> Result<(), Refusal> {
        let guard = if self.guard { PAGE } else { 0 };
        // Computed without wrapping: a need of 2^64 - 4096 with a guard page fits nowhere.
        if wish.need.checked_add(guard).is_some_and(|whole| whole <= wish.room) {
            return Ok(());
        }
        if wish.wraps {
            self.reach(Branch::CeilingWrapsRefused);
        } else {
            self.process.entries[s].avail = wish.room;
        }
        self.reach(if self.guard { Branch::GrowGuard } else { Branch::GrowRoom });
        Err(Refusal::Neighbour {
            need: Size::new(wish.need),
            room: Size::new(wish.room),
            guard: Size::new(guard),
        })
    }

    /// 13.9 and 13.10.
    pub(super) fn amount_allowed(&mut self, amount: u64) -> Result<(), Refusal> {
        let (wired, limit) = (self.process.wired.wrapping_mul(PAGE), self.limits.memlock);
        if self.process.wire_future && wired.wrapping_add(amount) > limit.get() {
            self.reach(Branch::GrowMemlock);
            let (wired, amount) = (Size::new(wired), Size::new(amount));
            return Err(Refusal::GrowMemlock { wired, amount, limit });
        }
        let limit = self.limits.vmem;
        if self.process.size.wrapping_add(amount) > limit.get() {
            self.reach(Branch::GrowVmem);
            let (size, amount) = (Size::new(self.process.size), Size::new(amount));
            return Err(Refusal::GrowVmem { size, amount, limit });
        }
        Ok(())
    }

    /// 13.3 and 13.11 to 13.13. Returns what was added.
    fn grow_down(
        &mut self,
        s: usize,
        addr: u64,
        changes: &mut Vec<Change>,
    ) -> Result<(u64, u64), Refusal> {
        let stack = self.process.entries[s].clone();
        let floor = if let Some(l) = s.checked_sub(1) {
            self.reach(Branch::FloorNeighbour);
            self.process.entries[l].end
        } else {
            self.reach(Branch::FloorReserve);
            self.reach_if(stack.avail > stack.start, Branch::FloorWraps);
            stack.start.wrapping_sub(stack.avail)
        };
        let room = stack.start.wrapping_sub(floor);
        let need = round_up(stack.start - addr, PAGE);
        let amount = self.amount(s, Wish { addr, need, room, wraps: false })?;

        let (bottom, cut) = self.cut_down(s, stack.start.wrapping_sub(amount), floor, room);
        let mapping = Mapping {
            prot: stack.prot,
            max: stack.max,
            flags: MapFlags::NONE,
            object: None,
            offset: 0,
        };
        let lower_start = s.checked_sub(1).map(|l| self.process.entries[l].start);
        self.insert(bottom, stack.start, &mapping, Inserter::Plain, changes).inspect_err(
            |why| {
                self.reach(match (why, cut) {
                    (Refusal::Swap { .. }, false) => Branch::DownSwap,
                    (Refusal::Swap { .. }, true) => Branch::DownSwapCut,
                    _ => Branch::DownOutside,
                });
            },
        )?;
        self.hand_over(bottom, &stack, lower_start);
        self.count_growth(addr, stack.start - bottom);
        self.wire_growth(bottom, stack.start, Direction::Down, changes);
        Ok((bottom, stack.start))
    }

    /// 13.11. Returns the bottom, and whether growth was cut.
    fn cut_down(&mut self, s: usize, bottom: u64, floor: u64, room: u64) -> (u64, bool) {
        if bottom < floor {
            self.process.entries[s].avail = room;
            self.reach(if self.guard { Branch::DownCutGuard } else { Branch::DownCut });
            return (if self.guard { floor.wrapping_add(PAGE) } else { floor }, true);
        }
        self.reach(match bottom - floor {
            0 => Branch::DownExact,
            1..PAGE if self.guard => Branch::DownWithinPage,
            _ => Branch::DownClear,
        });
        (bottom, false)
    }

    /// 13.13: what was added below `stack` becomes the end that grows.
    fn hand_over(&mut self, bottom: u64, stack: &Piece, lower_start: Option<u64>) {
        let mut n = self.holder(bottom).expect("13.12: what was inserted is mapped");
        if self.process.entries[n].start < bottom {
            self.reach(Branch::DownExtended);
            let swallowed = lower_start.is_some_and(|start| self.process.entries[n].start < start);
            self.reach_if(swallowed, Branch::DownSwallowed);
            self.back_split(n, bottom);
            n += 1;
        } else {
            let plain = self.process.entries[n].offset == 0;
            self.reach(if plain { Branch::DownPlain } else { Branch::DownOffset });
        }
        let added = self.process.entries[n].len();
        let old = &mut self.process.entries[n + 1];
        assert!(old.start == stack.start, "13.13: the stack lies above what was added");
        old.clear(EntryFlags::GROWS_DOWN);
        let avail = old.avail;
        let two_way = old.has(EntryFlags::GROWS_UP);
        let new = &mut self.process.entries[n];
        new.set(EntryFlags::GROWS_DOWN);
        new.avail = avail - added;

        let lost = EntryFlags::ALL.difference(EntryFlags::GROWTH | EntryFlags::CHARGED);
        let dropped = stack.has(lost) || stack.inherit != Inherit::Copy;
        self.reach_if(two_way, Branch::DownTwoWay);
        self.reach_if(dropped, Branch::DownDropped);
    }

    /// 13.4 and 13.14 to 13.16, with 15.5 and 15.6. Returns what was added.
    fn grow_up(
        &mut self,
        s: usize,
        addr: u64,
        changes: &mut Vec<Change>,
    ) -> Result<(u64, u64), Refusal> {
        let stack = self.process.entries[s].clone();
        let reserve_end = stack.end.checked_add(stack.avail);
        let next = self.process.entries.get(s + 1).map(|u| u.start);
        let wraps = next.is_none() && reserve_end.is_none();
        if wraps {
            self.whole_reserve_payable(&stack)?;
        }
        let ceiling = next.or(reserve_end).unwrap_or(u64::MAX);
        self.reach(match (next, wraps) {
            (Some(_), _) => Branch::CeilingNeighbour,
            (None, false) => Branch::CeilingReserve,
            (None, true) => Branch::CeilingWraps,
        });
        let room = ceiling - stack.end;
        let need = round_up(addr.wrapping_add(1).wrapping_sub(stack.end), PAGE);
        let amount = self.amount(s, Wish { addr, need, room, wraps })?;

        // 13.14, the cut decided by room, which is the same and cannot wrap.
        let cut = amount > room;
        let guard = if self.guard { PAGE } else { 0 };
        let top = if cut { ceiling - guard } else { stack.end + amount };
        if top > self.process.max {
            self.reach(Branch::GrowPastMax);
            return Err(Refusal::MapEnd { top: Addr::new(top), max: Addr::new(self.process.max) });
        }
        if cut {
            self.process.entries[s].avail = room;
        }
        self.reach(match (cut, self.guard) {
            (false, _) => Branch::UpClear,
            (true, false) => Branch::UpCut,
            (true, true) => Branch::UpCutGuard,
        });
        self.reserve_up(&stack, top - stack.end, cut)?;
        self.extend_object(&stack, top - stack.end)?;
        self.lengthen(s, top);
        changes.push(Change::Mapped(range(stack.end, top), stack.prot));
        self.count_growth(addr, top - stack.end);
        self.wire_growth(stack.end, top, Direction::Up, changes);
        Ok((stack.end, top))
    }

    /// The first sentence of 15.6.
    fn whole_reserve_payable(&mut self, stack: &Piece) -> Result<(), Refusal> {
        // A guard page larger than avail leaves nothing to pay for; 13.6 then refuses.
        let wanted = if self.guard { stack.avail.max(PAGE) - PAGE } else { stack.avail };
        let total = u128::from(self.reserved) + u128::from(wanted);
        if !self.grows_charged(stack) || total <= u128::from(self.limits.swap.get()) {
            return Ok(());
        }
        self.reach(Branch::CeilingWrapsSwap);
        let (wanted, reserved) = (Size::new(wanted), Size::new(self.reserved));
        Err(Refusal::GrowSwap { wanted, reserved, limit: self.limits.swap })
    }

    /// 13.15 and 17.19: does growth up reserve?
    pub(super) fn grows_charged(&self, stack: &Piece) -> bool {
        stack.has(EntryFlags::CHARGED) || self.objects.is_charged(stack.object)
    }

    /// 17.19: objects can't be extended, and what was reserved for it stays reserved.
    pub(super) fn extend_object(&mut self, stack: &Piece, amount: u64) -> Result<(), Refusal> {
        if stack.object.is_none() {
            return Ok(());
        }
        if self.grows_charged(stack) {
            self.leaked += u128::from(amount);
            self.reach(Branch::UpObjectLeaked);
        } else {
            self.reach(Branch::UpObject);
        }
        Err(Refusal::ObjectGrowth { entry: stack.range() })
    }

    /// 13.15.
    fn reserve_up(&mut self, stack: &Piece, amount: u64, cut: bool) -> Result<(), Refusal> {
        if !self.grows_charged(stack) {
            self.reach(Branch::UpUncharged);
            return Ok(());
        }
        let wanted = Size::new(amount);
        match self.reserve(amount) {
            Ok(()) => {
                self.reach(Branch::UpReserved);
                Ok(())
            }
            Err((reserved, limit)) => {
                self.reach(if cut { Branch::UpSwapCut } else { Branch::UpSwap });
                Err(Refusal::GrowSwap { wanted, reserved, limit })
            }
        }
    }

    /// 13.16.
    fn lengthen(&mut self, s: usize, top: u64) {
        let entry = &mut self.process.entries[s];
        let (amount, before) = (top - entry.end, entry.wired_pages());
        entry.end = top;
        entry.avail -= amount;
        self.process.size += amount;
        let (after, wired) = (entry.wired_pages(), entry.wired > 0);
        self.wired_drift(before, after);
        self.reach(Branch::UpGrown);
        self.reach_if(wired, Branch::UpWired);
        let touches = self.process.entries.get(s + 1).is_some_and(|u| u.start == top);
        self.reach_if(touches, Branch::UpTouches);
    }

    /// 13.17.
    fn count_growth(&mut self, addr: u64, added: u64) {
        if addr >= self.process.maxsaddr {
            self.process.ssize = self.process.ssize.wrapping_add(added.div_ceil(PAGE));
            self.reach(Branch::SsizeMain);
        } else {
            self.reach(Branch::SsizeOther);
        }
    }

    /// 13.18.
    fn wire_growth(
        &mut self,
        start: u64,
        end: u64,
        direction: Direction,
        changes: &mut Vec<Change>,
    ) {
        if !self.process.wire_future {
            return;
        }
        let wired = self.wire(start, end, Wiring::User, Holes::Refused, changes);
        let apart = self.process.entries.iter().any(|e| e.start == start);
        self.reach(match (wired, direction) {
            (Err(_), _) => Branch::FutureRefused,
            (Ok(()), Direction::Down) => Branch::FutureDown,
            (Ok(()), Direction::Up) if apart => Branch::FutureUp,
            (Ok(()), Direction::Up) => Branch::FutureUpMerged,
        });
    }
}
