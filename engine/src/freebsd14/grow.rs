//! Growth as edits of the map (D13.7 to D13.10), once it is [decided](super::decide).
//!
//! A gap that a stack grows down into is cut at its top, and the new piece is an entry of its own;
//! one that it grows up into is cut at its bottom, and the stack becomes longer. Everything is
//! decided, paid for, and given its node before anything changes, so that a refusal changes nothing,
//! but for what D13.7 says of a gap used up, and for a wiring that is refused after the growth.

use super::decide::{Room, Step};
use super::gap::{Kept, new_gap};
use crate::attr::{Holes, Inherit, Wiring};
use crate::change::Change;
use crate::flags::{EntryFlags, MapFlags, Prot};
use crate::growth::{Direction, Growth};
use crate::map::{Body, Charge, FirstPass, Freebsd14, StackState, VmMap, corrupt, grow_swap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::{Cursor, Item};

/// What growth reads of a gap.
#[derive(Clone, Copy)]
pub(super) struct Gap {
    start: u64,
    end: u64,
    guard: u64,
    kept: Kept,
    way: Direction,
}

impl Gap {
    fn of<O>(entry: Item<'_, Body<O>>) -> Self {
        let Item { start, end, value } = entry;
        let down = value.has(EntryFlags::STACK_GAP_DN);
        let way = if down { Direction::Down } else { Direction::Up };
        Self { start, end, guard: value.avail, kept: Kept::of(value.offset), way }
    }

    const fn length(self) -> u64 {
        self.end - self.start
    }
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// D13. One descent.
    #[inline(always)]
    pub(super) fn run_grow(
        &mut self,
        state: &mut StackState<Freebsd14>,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let mut at = Cursor::default();
        self.tree.seek_into(addr.get(), &mut at);
        self.grow_at(state, &mut at, addr, tell)
    }

    /// The rest of it, with a cursor at the first entry that ends above `addr`. Afterwards the cursor is
    /// on what was added.
    pub(super) fn grow_at(
        &mut self,
        state: &mut StackState<Freebsd14>,
        at: &mut Cursor,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let (gap, stack) = match self.growing(at, addr) {
            Ok(growing) => growing,
            Err(answer) => return answer,
        };
        let distance = match gap.way {
            Direction::Down => gap.end - addr.get(),
            Direction::Up => addr.get() + 1 - gap.start,
        };
        let room = Room { length: gap.length(), guard: gap.guard, distance };
        let step = state.decide(addr, room, self.totals())?;
        match gap.way {
            Direction::Down => self.grow_down(state, at, gap, step, tell),
            Direction::Up => self.grow_up(state, at, gap, stack, step, tell),
        }
    }

    /// D13.1 and D13.2: the gap that holds an address, with its stack.
    ///
    /// # Errors
    ///
    /// The answer of a growth that has them not.
    #[inline(always)]
    pub(super) fn growing(
        &self,
        at: &Cursor,
        addr: Addr,
    ) -> Result<(Gap, Stack), Result<Growth, Refusal>> {
        let holder = self.tree.item(at).filter(|entry| entry.start <= addr.get());
        let gap = match holder {
            Some(entry) if !entry.value.has(EntryFlags::GUARD) => {
                return Err(Ok(Growth::AlreadyMapped));
            }
            Some(entry) if entry.value.has_any(EntryFlags::STACK_GAP) => Gap::of(entry),
            _ => return Err(Err(Refusal::NotInGap { addr })),
        };
        let orphan = || Err(Refusal::OrphanGap { gap: AddrRange::between(gap.start, gap.end) });
        self.stack_of(at, gap).map(|stack| (gap, stack)).ok_or_else(orphan)
    }

    /// D13.2: the stack that touches the gap at the cursor and grows into it.
    #[inline(always)]
    fn stack_of(&self, at: &Cursor, gap: Gap) -> Option<Stack> {
        let (stack, flag) = match gap.way {
            Direction::Down => {
                let above = self.tree.item_above(at).filter(|stack| stack.start == gap.end);
                (above, EntryFlags::GROWS_DOWN)
            }
            Direction::Up => {
                let below = self.tree.item_below(at).filter(|stack| stack.end == gap.start);
                (below, EntryFlags::GROWS_UP)
            }
        };
        stack.filter(|stack| stack.value.has(flag)).map(Stack::of)
    }

    /// D13.7.
    fn grow_down(
        &mut self,
        state: &mut StackState<Freebsd14>,
        at: &mut Cursor,
        gap: Gap,
        step: Step,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let start = gap.end - step.amount;
        let Kept { prot, max } = gap.kept;
        let charge = Charge::of(MapFlags::NONE, prot, true);
        if let Err(refusal) = self.pay(charge, step.amount) {
            if start == gap.start {
                self.make_gap_again(at, gap)?;
            }
            return Err(refusal);
        }
        let flags = EntryFlags::GROWS_DOWN | charge.flag();
        let piece = Body::new(prot, max, Inherit::Copy, flags, None, 0);
        self.ensure_part(at, gap, step).inspect_err(|_| self.pay_back(charge, step.amount))?;
        // Nothing refuses any more.
        if gap.start < start {
            let rest = self.entry(at)?.value.clone();
            self.tree.part_ensured(at, start, rest, |body| *body = piece);
            self.tree.advance(at);
        } else {
            self.replace(at, piece)?;
        }
        self.size = self.size.wrapping_add(step.amount);
        let added = AddrRange::between(start, gap.end);
        self.settle(state, at, (added, step), Some(prot), tell)?;
        Ok(Growth::Grown { added, direction: Direction::Down })
    }

    /// Room for what is added, if it is an entry more: a gap used up leaves it a place.
    fn ensure_part(&mut self, at: &Cursor, gap: Gap, step: Step) -> Result<(), Refusal> {
        let more = step.amount < gap.length();
        Ok(self.tree.ensure_for([more.then_some(at), None])?)
    }

    /// D13.7: a gap that was to vanish is inserted again, as any guard.
    #[cold]
    fn make_gap_again(&mut self, at: &mut Cursor, gap: Gap) -> Result<(), Refusal> {
        let body = new_gap(gap.way);
        let lower = self.tree.item_below(at).filter(|lower| lower.end == gap.start);
        if lower.is_some_and(|lower| lower.value.is_extended_by(&body)) {
            self.tree.remove(at);
            self.extend_lower(at, gap.end)?;
        } else {
            self.replace(at, body)?;
        }
        self.body_mut(at)?.keep(gap.guard, gap.kept);
        Ok(())
    }

    /// D13.8 and D17.19.
    fn grow_up(
        &mut self,
        state: &mut StackState<Freebsd14>,
        at: &mut Cursor,
        gap: Gap,
        stack: Stack,
        step: Step,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let top = gap.start + step.amount;
        let mut charged = stack.charged;
        if stack.has_object {
            let stack = self.tree.item_below(at).ok_or_else(corrupt)?.value;
            charged |= stack.object_is_charged(&self.objects);
        }
        if charged {
            let short = |swap| grow_swap(step.amount, swap);
            self.objects.reserve(Size::new(step.amount)).map_err(short)?;
        }
        if stack.has_object {
            let mut lower = at.clone();
            self.tree.retreat(&mut lower);
            self.extend_object(&lower, step.amount)?;
        }
        if self.wire_future {
            self.ensure_part(at, gap, step).inspect_err(|_| {
                if charged {
                    self.objects.release(Size::new(step.amount));
                }
            })?;
            self.add_part(at, gap, top)?;
        } else {
            self.move_edge(at, gap, top);
        }
        // D1.1, DP6: a stack that is a guard stays out of the size.
        let prot = (!stack.guard).then_some(stack.prot);
        if prot.is_some() {
            self.size = self.size.wrapping_add(step.amount);
        }
        let added = AddrRange::between(gap.start, top);
        self.settle(state, at, (added, step), prot, tell)?;
        Ok(Growth::Grown { added, direction: Direction::Up })
    }

    /// Moves the edge between the stack and the gap at the cursor, or the gap vanishes. The cursor is
    /// then on the stack.
    fn move_edge(&mut self, at: &mut Cursor, gap: Gap, top: u64) {
        if top < gap.end {
            self.tree.set_bounds(at, top, gap.end);
        } else {
            self.tree.remove(at);
        }
        self.tree.retreat(at);
        self.tree.move_end(at, top, |_| ());
    }

    /// With wire-future on, what is added to a stack is wired apart from the rest of it, and a piece of a
    /// stack never joins what is below (D13.10, D3.1). So it is an entry of its own from the outset, as
    /// if split off; the cursor is then on it.
    #[cold]
    fn add_part(&mut self, at: &mut Cursor, gap: Gap, top: u64) -> Result<(), Refusal> {
        let stack = self.tree.item_below(at).ok_or_else(corrupt)?;
        let part = Self::upper_part(stack.value, stack.start, stack.end);
        if top < gap.end {
            self.tree.part_ensured(at, top, part, |_| ());
            return Ok(());
        }
        self.replace(at, part)
    }

    /// D13.9 and D13.10: counts, reports and wires what was added, which the cursor is on. A guard is
    /// not reported, and has no protection here.
    #[inline(always)]
    fn settle(
        &mut self,
        state: &mut StackState<Freebsd14>,
        at: &Cursor,
        (added, step): (AddrRange, Step),
        prot: Option<Prot>,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        if step.main {
            state.ssize = state.ssize.wrapping_add(O::PAGE.to_hold(added.len()));
        }
        if let Some(prot) = prot {
            tell(Change::Mapped(added, prot));
        }
        if self.wire_future { self.wire_added(at, added, &mut tell) } else { Ok(()) }
    }

    /// D13.10: the answer of the wiring is that of the growth, which stays. Nothing joins: what is added
    /// is a piece of a stack, and so is the entry or gap above it.
    #[cold]
    fn wire_added(
        &mut self,
        at: &Cursor,
        added: AddrRange,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let mut pass = FirstPass { covered: added.start().get(), refusal: None };
        let wired = self.count_wiring(at, Wiring::User, Holes::Refused, &mut pass)?;
        self.settle_wiring(at, !wired, Wiring::User, tell)?;
        pass.refusal.map_or(Ok(()), Err)
    }
}

/// What growth reads of a stack.
#[derive(Clone, Copy)]
pub(super) struct Stack {
    prot: Prot,
    charged: bool,
    guard: bool,
    has_object: bool,
}

impl Stack {
    fn of<O>(entry: Item<'_, Body<O>>) -> Self {
        let body = entry.value;
        let (charged, guard) = (body.has(EntryFlags::CHARGED), body.has(EntryFlags::GUARD));
        Self { prot: body.prot(), charged, guard, has_object: body.object.is_some() }
    }
}
