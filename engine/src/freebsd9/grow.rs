//! Growth as edits of the map (13.12 to 13.18), once it is [decided](super::decide).
//!
//! Growing down makes a new entry below the stack, and the growth flag moves to it (13.12, 13.13).
//! Growing up makes the stack's own entry longer (13.16).
//!
//! Everything is decided before anything changes. A refusal changes nothing, but that `avail` may be
//! cut to the room there is (13.6, 13.11, 13.14), as in the real kernel.

use super::decide::{Beside, Refused, Step, is_nearer_to_upper};
use crate::attr::{Holes, Wiring};
use crate::change::Change;
use crate::flags::{EntryFlags, MapFlags, Prot};
use crate::growth::{Direction, Growth};
use crate::map::{Body, Charge, Freebsd9, StackState, VmMap, corrupt, grow_swap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::{Cursor, Item};

impl Beside {
    #[inline(always)]
    pub(crate) fn of<O>(entry: Item<'_, Body<O>>) -> Self {
        let Item { start, end, value } = entry;
        let (prot, max, has_object) = (value.prot(), value.max(), value.object.is_some());
        Self { start, end, avail: value.avail, flags: value.flags, prot, max, has_object }
    }
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Section 13.
    #[inline(always)]
    pub(super) fn run_grow(
        &mut self,
        state: &mut StackState<Freebsd9>,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let mut at = Cursor::default();
        let above = self.tree.seek_into(addr.get(), &mut at).map(Beside::of);
        self.grow_at(state, &mut at, above, addr, tell)
    }

    /// The rest of [`grow`](Self::grow), with a cursor at the first entry that ends above `addr`, and
    /// that entry.
    #[inline(always)]
    pub(crate) fn grow_at(
        &mut self,
        state: &mut StackState<Freebsd9>,
        at: &mut Cursor,
        above: Option<Beside>,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        if above.is_some_and(|above| above.start <= addr.get()) {
            return Ok(Growth::AlreadyMapped); // 13.1
        }
        // 13.2: the nearer stack grows, and the lower one, upwards, if both are as near. There is no second
        // try. The entry below is read only where it counts: that costs a cache line, or some more if it
        // is in another leaf.
        let down = above.filter(|above| above.flags.contains(EntryFlags::GROWS_DOWN));
        let down = down.map(|stack| (stack, self.tree.end_below(at)));
        let is_nearer = |(stack, below): (Beside, Option<u64>)| {
            below.is_none_or(|end| is_nearer_to_upper(addr.get(), stack.start, end))
        };
        let up = if down.is_some_and(is_nearer) { None } else { self.tree.item_below(at) };
        let up = up.map(Beside::of).filter(|below| below.flags.contains(EntryFlags::GROWS_UP));
        let grown = match (up, down) {
            (Some(stack), _) => {
                self.tree.retreat(at);
                self.grow_up(state, at, stack, addr, above.map(|above| above.start), tell)
            }
            (None, Some((stack, below))) => self.grow_down(state, at, stack, addr, below, tell),
            (None, None) => return Ok(Growth::NoStack),
        };
        grown.map_err(|refused| self.refuse(at, refused))
    }

    /// Grows the stack at `at` down to `addr`; `below` is where the lower neighbour ends.
    fn grow_down(
        &mut self,
        state: &mut StackState<Freebsd9>,
        at: &mut Cursor,
        stack: Beside,
        addr: Addr,
        below: Option<u64>,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refused> {
        let Beside { start, prot, max, .. } = stack;
        let step = state.decide_down(stack, addr, below, self.totals())?;
        let Step { edge: bottom, left, main } = step;

        let length = start.wrapping_sub(bottom);
        let cut = move |refusal| Refused { refusal, cut: Some(left) };
        self.check_bounds(bottom, start).map_err(cut)?;
        let charge = Charge::of(MapFlags::NONE, prot, true);
        self.pay(charge, length).map_err(cut)?;
        let avail = left.wrapping_sub(length);
        let piece = self.plan_piece(at, (bottom, start), below, (prot, max), charge, avail);
        self.apply_piece(at, piece, left)?;
        // Nothing refuses any more.
        let added = AddrRange::between(bottom, start);
        self.settle(state, added, prot, main, tell);
        Ok(Growth::Grown { added, direction: Direction::Down })
    }

    /// Grows the stack at `at` up to `addr`; `above` is where the upper neighbour starts.
    fn grow_up(
        &mut self,
        state: &mut StackState<Freebsd9>,
        at: &Cursor,
        stack: Beside,
        addr: Addr,
        above: Option<u64>,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refused> {
        let Beside { end, prot, has_object, .. } = stack;
        let charged = stack.flags.contains(EntryFlags::CHARGED)
            || has_object && self.entry(at)?.value.object_is_charged(&self.objects);
        let reserve = |bytes| {
            let reserved = self.objects.swap().with(Size::new(bytes));
            reserved.map(|_| ()).map_err(|swap| grow_swap(bytes, swap))
        };
        let step = state.decide_up(stack, charged, addr, above, self.totals(), reserve)?;
        let Step { edge: top, left, main } = step;

        if Addr::new(top) > self.max() {
            return Err(Refusal::MapEnd { top: Addr::new(top), max: self.max() }.into()); // 15.5
        }
        let length = top.wrapping_sub(end);
        // 13.15 and 17.19: a cut stays (q11).
        self.pay_for_growth(at, length, charged, has_object)
            .map_err(move |refusal| Refused { refusal, cut: Some(left) })?;
        // 13.16
        let avail = left.wrapping_sub(length);
        self.tree.move_end(at, top, |body| body.avail = avail);
        if self.wire_future {
            // 13.18 clips the new part out of the stack, with which an equal one above may merge
            // now that they touch: so the need is known only with the new end.
            self.ensure_wiring(end, top).inspect_err(|_| {
                self.tree.move_end(at, end, |body| body.avail = stack.avail);
                if charged {
                    self.objects.release(Size::new(length));
                }
            })?;
        }
        self.size = self.size.wrapping_add(length);
        let added = AddrRange::between(end, top);
        self.settle(state, added, prot, main, tell);
        Ok(Growth::Grown { added, direction: Direction::Up })
    }

    #[cold]
    fn refuse(&mut self, at: &Cursor, refused: Refused) -> Refusal {
        if let Some(avail) = refused.cut {
            match self.tree.value_mut(at) {
                Some(body) => body.avail = avail,
                None => return corrupt(),
            }
        }
        refused.refusal
    }

    /// Rules 13.15 and 17.19: reserves the swap for growth upwards, and makes the object longer.
    #[inline(always)]
    fn pay_for_growth(
        &mut self,
        at: &Cursor,
        length: u64,
        charged: bool,
        has_object: bool,
    ) -> Result<(), Refusal> {
        if charged {
            self.objects.reserve(Size::new(length)).map_err(|swap| grow_swap(length, swap))?;
        }
        if has_object { self.extend_object(at, length) } else { Ok(()) }
    }

    /// Rules 13.17 and 13.18: counts, reports and wires what was added.
    #[inline(always)]
    fn settle(
        &mut self,
        state: &mut StackState<Freebsd9>,
        added: AddrRange,
        prot: Prot,
        main: bool,
        mut tell: impl FnMut(Change),
    ) {
        if main {
            state.ssize = state.ssize.wrapping_add(O::PAGE.to_hold(added.len()));
        }
        tell(Change::Mapped(added, prot));
        if self.wire_future {
            // 13.18: the result is ignored; the nodes have been made sure of.
            let (start, end) = (added.start(), added.end());
            let _ = self.run_wire(start, end, Wiring::User, Holes::Refused, tell);
        }
    }
}
