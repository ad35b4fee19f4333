//! D13: grow.

use growstack::{
    Addr, Change, Direction, EntryFlags, Growth, Holes, MapFlags, Refusal, Size, Wiring,
};

use super::super::piece::{PAGE, Piece, range, round_up};
use super::protect::kept;
use super::{Branch, Oracle14, Unchanged};
use crate::op::Mapping;

impl Oracle14 {
    /// D13.1 to D13.10.
    pub(super) fn grow(&mut self, addr: u64, changes: &mut Vec<Change>) -> Result<Growth, Refusal> {
        let Some(g) = self.map.holder(addr) else {
            self.reach(Branch::GrowUnmapped);
            return Err(Refusal::NotInGap { addr: Addr::new(addr) });
        };
        if !self.has(g, EntryFlags::GUARD) {
            self.reach(Branch::GrowMapped);
            return Ok(Growth::AlreadyMapped);
        }
        if !self.has(g, EntryFlags::STACK_GAP) {
            self.reach(Branch::GrowPlainGuard);
            return Err(Refusal::NotInGap { addr: Addr::new(addr) });
        }
        let (s, direction) = self.stack_of(g)?;
        let need = match direction {
            Direction::Down => self.map.process.entries[s].start - addr,
            Direction::Up => addr + 1 - self.map.process.entries[s].end,
        };
        let need = round_up(need, PAGE);
        if need == 0 {
            // As in 15.10.
            self.map.reach(Unchanged::NeedWraps);
            return Err(Refusal::NeedWraps { addr: Addr::new(addr) });
        }
        let amount = self.amount(addr, g, need)?;
        let (start, end) = match direction {
            Direction::Down => self.grow_down(g, amount, changes)?,
            Direction::Up => self.grow_up(g, amount, changes)?,
        };
        self.count_growth(addr, amount);
        self.wire_growth(start, end, changes)?;
        Ok(Growth::Grown { added: range(start, end), direction })
    }

    /// D13.2: the stack that grows into gap `g`.
    fn stack_of(&mut self, g: usize) -> Result<(usize, Direction), Refusal> {
        let entries = &self.map.process.entries;
        let gap = &entries[g];
        let found = if gap.has(EntryFlags::STACK_GAP_DN) {
            let stack = entries.get(g + 1).filter(|e| e.start == gap.end);
            stack.filter(|e| e.has(EntryFlags::GROWS_DOWN)).map(|_| (g + 1, Direction::Down))
        } else {
            let stack = g.checked_sub(1).map(|s| &entries[s]).filter(|e| e.end == gap.start);
            stack.filter(|e| e.has(EntryFlags::GROWS_UP)).map(|_| (g - 1, Direction::Up))
        };
        let gap = gap.range();
        let Some((s, direction)) = found else {
            self.reach(Branch::GrowOrphan);
            return Err(Refusal::OrphanGap { gap });
        };
        self.reach(match direction {
            Direction::Down => Branch::GrowDown,
            Direction::Up => Branch::GrowUp,
        });
        Ok((s, direction))
    }

    /// D13.3 to D13.6. Returns the amount.
    fn amount(&mut self, addr: u64, g: usize, need: u64) -> Result<u64, Refusal> {
        let gap = &self.map.process.entries[g];
        let length = gap.len();
        let guard = if self.own.stkgap { gap.avail } else { 0 };
        self.reach_if(!self.own.stkgap, Branch::GrowOptedOut);
        let short = Refusal::GapShort {
            need: Size::new(need),
            gap: Size::new(length),
            guard: Size::new(guard),
        };
        let Some(most) = length.checked_sub(guard) else {
            self.reach(Branch::GapAllGuard);
            return Err(short);
        };
        if need > most {
            self.reach(Branch::GapTooShort);
            return Err(short);
        }
        let main = self.is_main(addr);
        let (grown, limit) = (self.map.process.ssize.wrapping_mul(PAGE), self.map.limits.stack);
        if main && grown.wrapping_add(need) > limit.get() {
            self.reach(Branch::GrowStackLimit);
            let (ssize, need) = (Size::new(grown), Size::new(need));
            return Err(Refusal::StackLimit { ssize, need, limit });
        }
        let stepped = round_up(need, self.map.sgrowsiz);
        // As in 15.11 if the rounding wraps.
        let mut amount = if stepped < need { most } else { stepped.min(most) };
        self.reach(if amount == stepped { Branch::AmountStep } else { Branch::AmountGap });
        if main && grown.wrapping_add(amount) > limit.get() {
            self.reach(Branch::AmountLimit);
            amount = (limit.get() / PAGE * PAGE).wrapping_sub(grown);
        }
        self.map.amount_allowed(amount)?;
        Ok(amount)
    }

    /// D13.4.
    fn is_main(&self, addr: u64) -> bool {
        self.map.process.maxsaddr <= addr && addr < self.own.stacktop
    }

    /// D13.7. Returns what was added.
    fn grow_down(
        &mut self,
        g: usize,
        amount: u64,
        changes: &mut Vec<Change>,
    ) -> Result<(u64, u64), Refusal> {
        let gap = self.map.process.entries[g].clone();
        let (start, end) = (gap.end - amount, gap.end);
        let gone = self.shorten_gap(g, gap.start, start);
        let (prot, max) = kept(&gap);
        let flags = MapFlags::GROWS_DOWN;
        let mapping = Mapping { prot, max, flags, object: None, offset: 0 };
        if let Err(refusal) = self.insert(start, end, &mapping, changes) {
            self.reach(Branch::DownSwap);
            if gone {
                self.reach(Branch::GapRestored);
                let bounds = (gap.start, gap.end);
                self.place_gap(bounds, EntryFlags::STACK_GAP_DN, gap.avail, (prot, max));
            } else {
                self.map.process.entries[g].end = end;
            }
            return Err(refusal);
        }
        self.reach(Branch::DownGrown);
        Ok((start, end))
    }

    /// Cuts gap `g` down to what is between `start` and `end`. Says whether nothing is left of it.
    fn shorten_gap(&mut self, g: usize, start: u64, end: u64) -> bool {
        if start == end {
            // No deletion by D7.2: the cluster address stays.
            self.map.process.entries.remove(g);
            self.reach(Branch::GapUsedUp);
            return true;
        }
        let gap = &mut self.map.process.entries[g];
        (gap.start, gap.end) = (start, end);
        self.reach(Branch::GapLeft);
        false
    }

    /// D13.8, with D17.19. Returns what was added.
    fn grow_up(
        &mut self,
        g: usize,
        amount: u64,
        changes: &mut Vec<Change>,
    ) -> Result<(u64, u64), Refusal> {
        let gap = self.map.process.entries[g].clone();
        let stack = self.map.process.entries[g - 1].clone();
        let (start, end) = (gap.start, gap.start + amount);
        self.reserve_up(&stack, amount)?;
        self.map.extend_object(&stack, amount)?;
        self.shorten_gap(g, end, gap.end);
        self.lengthen(g - 1, end);
        self.reach(Branch::UpGrown);
        if stack.has(EntryFlags::GUARD) {
            // DP6: the real code adds to the size what it then does not find there.
            self.reach(Branch::UpGuard);
        } else {
            changes.push(Change::Mapped(range(start, end), stack.prot));
        }
        Ok((start, end))
    }

    /// D13.8 and D17.19.
    fn reserve_up(&mut self, stack: &Piece, amount: u64) -> Result<(), Refusal> {
        if !self.map.grows_charged(stack) {
            self.reach(Branch::UpUncharged);
            return Ok(());
        }
        let reserved = self.map.reserve(amount).map_err(|(reserved, limit)| Refusal::GrowSwap {
            wanted: Size::new(amount),
            reserved,
            limit,
        });
        self.reach(if reserved.is_ok() { Branch::UpReserved } else { Branch::UpSwap });
        reserved
    }

    /// D13.8: pages of a wired stack are not counted, as in 13.16.
    fn lengthen(&mut self, s: usize, top: u64) {
        let entry = &mut self.map.process.entries[s];
        let before = (entry.wired_pages(), entry.counted_len());
        entry.end = top;
        let (after, wired) = ((entry.wired_pages(), entry.counted_len()), entry.wired > 0);
        self.map.process.size += after.1 - before.1;
        self.map.wired_drift(before.0, after.0);
        self.reach_if(wired, Branch::UpWired);
    }

    /// D13.9.
    fn count_growth(&mut self, addr: u64, added: u64) {
        if self.is_main(addr) {
            let pages = added.div_ceil(PAGE);
            self.map.process.ssize = self.map.process.ssize.wrapping_add(pages);
            self.reach(Branch::SsizeMain);
        } else if addr >= self.map.process.maxsaddr {
            self.reach(Branch::SsizeAbove);
        } else {
            self.reach(Branch::SsizeOther);
        }
    }

    /// D13.10.
    fn wire_growth(
        &mut self,
        start: u64,
        end: u64,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        if !self.map.process.wire_future {
            return Ok(());
        }
        let wired = self.wire(start, end, Wiring::User, Holes::Refused, changes);
        self.reach(if wired.is_ok() { Branch::FutureWired } else { Branch::FutureRefused });
        wired
    }
}
