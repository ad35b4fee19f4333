//! Stacks: how they are made (section 12) and how they grow (section 13).
//!
//! A stack is an entry with a growth flag and `avail`, the bytes by which it may still grow. The
//! rest of its reserve is not protected: it is an ordinary gap, and other mappings may be placed
//! in it (rule 12.11). So a growth has three bounds: `avail`, the neighbour on that side,
//! and the limits.
//!
//! ```text
//!            floor                  addr      S.start                S.end
//!              |<------ room --------|----------->|                    |
//!   | lower    |                     |<-- need -->|  S: grows_down     |
//!   | neighbour|      |<-------- amount --------->|  avail = a         |
//! ```
//!
//! `need` is what the address asks for, in whole pages; `amount` is `need` rounded up to the step
//! `sgrowsiz` and cut back to `avail` and the stack limit; where it would pass the neighbour it is
//! cut to `room`, less a guard page if that is switched on.
//!
//! Growing down makes a new entry below the stack, and the growth flag moves to it (13.12, 13.13).
//! Growing up makes the stack's own entry longer (13.16).
//!
//! Everything is decided before anything changes. A refusal changes nothing, but
//! that `avail` may be cut to the room there is (13.6, 13.11, 13.14), as in the real kernel.

use crate::attr::{Holes, Wiring};
use crate::change::Change;
use crate::flags::{CowFlags, EntryFlags, Prot};
use crate::growth::{Direction, Growth};
use crate::map::{Mapping, Piece};
use crate::num::{Addr, PAGE_SIZE, Size};
use crate::process::Process;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What is free on the side to grow to.
#[derive(Clone, Copy)]
struct Room {
    bytes: u64,
    /// Does a refusal for want of room cut `avail` to it? Not if the room itself was computed
    /// with a reserve that wraps (15.6).
    cuts_avail: bool,
}

/// A growth that passed the checks that both directions share.
struct Amount {
    /// Bytes to add, before the neighbour cuts them (13.8).
    bytes: u64,
    /// Does it count for the main stack (13.7)?
    main: bool,
}

impl<O: Clone + PartialEq, const B: usize> Process<O, B> {
    /// Maps a stack: `vm_map_stack(9)`, section 12. `max_ssize` bytes from `addrbos` on are its
    /// reserve, of which `min(max_ssize, sgrowsiz)` are mapped at once: at the top if it grows
    /// down, at the bottom if it grows up, around the middle if both. That range is returned.
    ///
    /// O(log n).
    ///
    /// # Errors
    ///
    /// The refusals of [rules](crate::rules) 12.1 to 12.5 in their order, then those of
    /// [`insert`](crate::VmMap::insert) for the first part; [`Refusal::NoGrowthFlag`] before and
    /// [`Refusal::StackWraps`] after 12.1 to 12.5. Nothing changed.
    pub fn stack(
        &mut self,
        addrbos: Addr,
        max_ssize: Size,
        prot: Prot,
        max: Prot,
        flags: CowFlags,
        mut tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        if !flags.intersects(CowFlags::GROWTH) {
            return Err(Refusal::NoGrowthFlag); // 15.3
        }
        let init = max_ssize.min(self.tunables.sgrowsiz);
        self.check_reserve(addrbos, max_ssize, init)?;
        let bottom = first_part(addrbos, max_ssize, init, flags)
            .ok_or(Refusal::StackWraps { addrbos, max_ssize })?;
        let (start, end) = (bottom.get(), bottom.wrapping_add(init).get());
        let mut at = Cursor::default();
        self.map.seek_vacant(start, end, &mut at)?;
        let mapping = Mapping { max, flags, ..Mapping::anonymous(prot) };
        // 12.10 and 12.11: it merges with nothing, and what is not mapped is left to grow.
        let avail = max_ssize.wrapping_sub(init).get();
        let placement = self.map.place(&at, start, end, mapping).into_stack(flags, 0, avail);
        self.map.tree.predict_one(&at);
        self.map.carry_out(&mut at, placement)?;
        let mapped = AddrRange::between(start, end);
        tell(Change::Mapped(mapped, prot));
        Ok(mapped)
    }

    /// Rules 12.1 to 12.5.
    fn check_reserve(&self, addrbos: Addr, max_ssize: Size, init: Size) -> Result<(), Refusal> {
        let outside = Refusal::StackOutsideMap { addrbos, max_ssize };
        let end = addrbos.checked_add(max_ssize).ok_or(outside)?;
        if addrbos < self.map.min() || addrbos > self.map.max() {
            return Err(outside);
        }
        let near = self.map.tree.neighbours(addrbos.get());
        match near.above {
            Some((start, end)) if start <= addrbos.get() => {
                return Err(Refusal::StackMapped {
                    addrbos,
                    entry: AddrRange::between(start, end),
                });
            }
            _ => {}
        }
        let (wired, limit) = (Size::pages(self.map.wired_pages), self.limits.memlock);
        if self.map.wire_future && wired.wrapping_add(init) > limit {
            return Err(Refusal::StackMemlock { wired, init, limit });
        }
        let (size, limit) = (self.map.size(), self.limits.vmem);
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

    /// Grows the stack next to `addr`, so that `addr` is mapped: `vm_map_growstack(9)`,
    /// section 13. This is what a page fault calls.
    ///
    /// O(log n). Without wire-future the index is descended once, and growing up needs no index
    /// node. Growing down may need some, and so may the clip of what is wired. With
    /// [`VmMap::reserve_nodes`](crate::VmMap::reserve_nodes) called before, a growth never
    /// allocates.
    ///
    /// # Errors
    ///
    /// The refusals of [rules](crate::rules) 13.5 to 13.10 in their order, [`Refusal::NeedWraps`]
    /// before and [`Refusal::MapEnd`] after them; then [`Refusal::OutsideMap`] and
    /// [`Refusal::Swap`] for growth down, [`Refusal::GrowSwap`] for growth up (before all of these
    /// where the reserve wraps, 15.6); [`Refusal::OutOfNodes`]. Nothing changed, except that
    /// `avail` may have been cut to the room there is: with [`Refusal::Neighbour`] (13.6), and with
    /// `OutsideMap`, `Swap` and `GrowSwap` where the neighbour cut the growth (13.11, 13.14).
    pub fn grow(&mut self, addr: Addr, tell: impl FnMut(Change)) -> Result<Growth, Refusal> {
        let mut at = Cursor::default();
        let above = self.map.tree.seek_into(addr.get(), &mut at);
        let above = above.map(|entry| (entry.start, entry.value.flags));
        self.grow_at(&mut at, above, addr, tell)
    }

    /// The rest of [`grow`](Self::grow), with a cursor at the first entry that ends above `addr`, and
    /// with what that entry tells.
    #[inline(always)]
    pub(crate) fn grow_at(
        &mut self,
        at: &mut Cursor,
        above: Option<(u64, EntryFlags)>,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        if above.is_some_and(|(start, _)| start <= addr.get()) {
            return Ok(Growth::AlreadyMapped); // 13.1
        }
        let below = self.map.tree.item_below(at).map(|entry| (entry.end, entry.value.flags));
        let down = above.filter(|(_, flags)| flags.contains(EntryFlags::GROWS_DOWN));
        let up = below.filter(|(_, flags)| flags.contains(EntryFlags::GROWS_UP));
        let (above, below) = (above.map(|(start, _)| start), below.map(|(end, _)| end));
        // 13.2: the nearer one, and up if both are as near. There is no second try.
        match (up, down) {
            (None, None) => Ok(Growth::NoStack),
            (Some((end, _)), Some((start, _))) if addr.get() - end > start - addr.get() => {
                self.grow_down(at, addr, below, tell)
            }
            (Some(_), _) => {
                self.map.tree.retreat(at);
                self.grow_up(at, addr, above, tell)
            }
            (None, Some(_)) => self.grow_down(at, addr, below, tell),
        }
    }

    /// Grows the stack at `at` down to `addr`; `below` is where the lower neighbour ends.
    fn grow_down(
        &mut self,
        at: &mut Cursor,
        addr: Addr,
        below: Option<u64>,
        mut tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let Some(stack) = self.map.tree.item(at) else { return Ok(Growth::NoStack) };
        let (start, avail) = (stack.start, stack.value.avail);
        let (prot, max) = (stack.value.prot(), stack.value.max());
        // 13.3. Without a neighbour the floor wraps below 0, and so do the numbers after it.
        let floor = below.unwrap_or_else(|| start.wrapping_sub(avail));
        let room = Room { bytes: start.wrapping_sub(floor), cuts_avail: true };
        let need = page_up(start - addr.get());
        let amount = self.amount(at, addr, need, avail, room)?;

        let mut bottom = start.wrapping_sub(amount.bytes);
        let mut left = avail;
        if bottom < floor {
            // 13.11; a landing on the floor exactly is not a cut, and leaves no guard page (q09).
            bottom = floor.wrapping_add(self.guard());
            left = room.bytes;
        }
        let piece = Piece { start: bottom, end: start, prot, max };
        self.map.check_piece(&piece).inspect_err(|_| self.set_avail(at, left))?;
        self.map.ensure_piece(at, &piece)?;
        // Nothing refuses any more. It is reported before the entry is made, so that a cache line that
        // has to be fetched for it comes meanwhile.
        let added = AddrRange::between(bottom, start);
        tell(Change::Mapped(added, prot));

        // 13.13: the flag moves to the new piece, `avail` is copied before its length goes off.
        if let Some(body) = self.map.tree.value_mut(at) {
            body.avail = left;
            body.flags = body.flags.without(EntryFlags::GROWS_DOWN);
        }
        let length = start.wrapping_sub(bottom);
        self.map.insert_piece(at, &piece, left.wrapping_sub(length))?;
        self.settle(added, amount.main, tell);
        Ok(Growth::Grown { added, direction: Direction::Down })
    }

    /// Grows the stack at `at` up to `addr`; `above` is where the upper neighbour starts.
    fn grow_up(
        &mut self,
        at: &Cursor,
        addr: Addr,
        above: Option<u64>,
        mut tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let Some(stack) = self.map.tree.item(at) else { return Ok(Growth::NoStack) };
        let (end, avail) = (stack.end, stack.value.avail);
        let (prot, charged) = (stack.value.prot(), stack.value.has(EntryFlags::CHARGED));
        // 13.4.
        let (ceiling, cuts_avail) = match above.or_else(|| end.checked_add(avail)) {
            Some(ceiling) => (ceiling, true),
            None => (u64::MAX, false),
        };
        let room = Room { bytes: ceiling - end, cuts_avail };
        if !cuts_avail && charged {
            // 15.6: the real code reserves swap for all that is left, and refuses before it wraps.
            let whole = avail.saturating_sub(self.guard());
            if self.map.can_reserve(whole).is_err() {
                return Err(self.swap_short(whole));
            }
        }
        let need = page_up(addr.get().wrapping_add(1).wrapping_sub(end));
        let amount = self.amount(at, addr, need, avail, room)?;

        let (top, left) = match end.checked_add(amount.bytes) {
            Some(top) if top <= ceiling => (top, avail),
            _ => (ceiling.wrapping_sub(self.guard()), room.bytes), // 13.14
        };
        if Addr::new(top) > self.map.max() {
            return Err(Refusal::MapEnd { top: Addr::new(top), max: self.map.max() }); // 15.5
        }
        let length = top.wrapping_sub(end);
        if charged && self.map.can_reserve(length).is_err() {
            self.set_avail(at, left); // 13.15: a cut stays (q11).
            return Err(self.swap_short(length));
        }
        // 13.16
        self.map.tree.set_end(at, top);
        if self.map.wire_future {
            // 13.18 clips the new part out of the stack, with which an equal one above may merge
            // now that they touch: so the need is known only with the new end.
            self.map.ensure_wiring(end, top).inspect_err(|_| self.map.tree.set_end(at, end))?;
        }
        self.set_avail(at, left.wrapping_sub(length));
        self.map.size = self.map.size.wrapping_add(length);
        if charged {
            self.map.reserve(length);
        }
        let added = AddrRange::between(end, top);
        tell(Change::Mapped(added, prot));
        self.settle(added, amount.main, tell);
        Ok(Growth::Grown { added, direction: Direction::Up })
    }

    /// Rules 13.5 to 13.10: how much to add.
    #[inline(always)]
    fn amount(
        &mut self,
        at: &Cursor,
        addr: Addr,
        need: u64,
        avail: u64,
        room: Room,
    ) -> Result<Amount, Refusal> {
        if need == 0 {
            return Err(Refusal::NeedWraps { addr }); // 15.10
        }
        let needed = Size::new(need);
        if need > avail {
            return Err(Refusal::Avail { need: needed, avail: Size::new(avail) });
        }
        let guard = self.guard();
        // Saturates: a sum past 2^64 is above any room.
        if need.saturating_add(guard) > room.bytes {
            if room.cuts_avail {
                self.set_avail(at, room.bytes);
            }
            let (room, guard) = (Size::new(room.bytes), Size::new(guard));
            return Err(Refusal::Neighbour { need: needed, room, guard });
        }
        let main = addr >= self.tunables.maxsaddr;
        let (ssize, limit) = (Size::pages(self.ssize), self.limits.stack);
        if main && ssize.wrapping_add(needed) > limit {
            return Err(Refusal::StackLimit { ssize, need: needed, limit });
        }
        let bytes = self.step(need, avail, main);
        self.check_limits(Size::new(bytes))?;
        Ok(Amount { bytes, main })
    }

    /// Rule 13.8: `need` rounded up to the step, cut to `avail` and to what the stack limit
    /// leaves.
    #[inline(always)]
    fn step(&self, need: u64, avail: u64, main: bool) -> u64 {
        let mut bytes = Size::new(need).round_up(self.tunables.sgrowsiz).get();
        if bytes > avail || bytes < need {
            bytes = avail; // Below `need` only if the rounding wrapped: 15.11.
        }
        let (ssize, limit) = (Size::pages(self.ssize), self.limits.stack);
        if main && ssize.wrapping_add(Size::new(bytes)) > limit {
            let whole_pages = limit.get() / PAGE_SIZE * PAGE_SIZE;
            bytes = whole_pages.wrapping_sub(ssize.get());
        }
        bytes
    }

    /// Rules 13.9 and 13.10.
    #[inline(always)]
    fn check_limits(&self, amount: Size) -> Result<(), Refusal> {
        let (wired, limit) = (Size::pages(self.map.wired_pages), self.limits.memlock);
        if self.map.wire_future && wired.wrapping_add(amount) > limit {
            return Err(Refusal::GrowMemlock { wired, amount, limit });
        }
        let (size, limit) = (self.map.size(), self.limits.vmem);
        if size.wrapping_add(amount) > limit {
            return Err(Refusal::GrowVmem { size, amount, limit });
        }
        Ok(())
    }

    /// The refusal of rules 13.15 and 15.6, which is not that of 6.6.
    #[cold]
    fn swap_short(&self, wanted: u64) -> Refusal {
        let (reserved, limit) = (self.map.reserved(), self.map.swap_limit());
        Refusal::GrowSwap { wanted: Size::new(wanted), reserved, limit }
    }

    /// Rules 13.17 and 13.18: counts and wires what was added.
    #[inline(always)]
    fn settle(&mut self, added: AddrRange, main: bool, tell: impl FnMut(Change)) {
        if main {
            let pages = added.len().get().div_ceil(PAGE_SIZE);
            self.ssize = self.ssize.wrapping_add(pages);
        }
        if self.map.wire_future {
            // 13.18: the result is ignored; the nodes have been made sure of.
            let (start, end) = (added.start(), added.end());
            let _ = self.map.wire(start, end, Wiring::User, Holes::Refused, tell);
        }
    }

    fn set_avail(&mut self, at: &Cursor, avail: u64) {
        if let Some(body) = self.map.tree.value_mut(at) {
            body.avail = avail;
        }
    }

    /// Bytes to be left free where a neighbour cuts a growth.
    const fn guard(&self) -> u64 {
        if self.tunables.guard_page { PAGE_SIZE } else { 0 }
    }
}

/// Rule 12.7: where the part that is mapped at once begins. `None` if the middle of a two-way
/// stack, rounded up to a page, wraps (rule 15.7).
fn first_part(addrbos: Addr, max_ssize: Size, init: Size, flags: CowFlags) -> Option<Addr> {
    let down = flags.contains(CowFlags::GROWS_DOWN);
    let up = flags.contains(CowFlags::GROWS_UP);
    match (down, up) {
        (true, false) => Some(addrbos.wrapping_add(max_ssize).wrapping_back(init)),
        (true, true) => {
            let offset = max_ssize.get() / 2 - init.get() / 2;
            let middle = addrbos.checked_add(Size::new(offset))?;
            let rounded = middle.round_up_page();
            (rounded >= middle).then_some(rounded)
        }
        _ => Some(addrbos),
    }
}

/// Rounded up to whole pages; wraps to 0 in the last page of all.
fn page_up(bytes: u64) -> u64 {
    Size::new(bytes).round_up_page().get()
}
