//! How a fault grows a stack: section 13 as arithmetic on numbers.
//!
//! Nothing here knows the map or its index: [`grow`](super::grow) finds the entries next to the fault, asks
//! this file what to do, and edits the map.
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

use crate::flags::{EntryFlags, Prot};
use crate::map::{Freebsd9, StackState, Totals};
use crate::num::{Addr, Size};
use crate::page::PageSize;
use crate::refusal::Refusal;

/// An entry next to a fault: what growth reads of it.
#[derive(Clone, Copy)]
pub(crate) struct Beside {
    pub(super) start: u64,
    pub(super) end: u64,
    /// Bytes by which it may still grow.
    pub(super) avail: u64,
    pub(super) flags: EntryFlags,
    pub(super) prot: Prot,
    pub(super) max: Prot,
    pub(super) has_object: bool,
}

/// A growth to be made.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The end of the stack that moves: where it is afterwards.
    pub(super) edge: u64,
    /// `avail` of the stack, before the length of what is added goes off.
    pub(super) left: u64,
    /// Does it count for the main stack (13.7)?
    pub(super) main: bool,
}

/// A growth refused.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    /// What `avail` is cut to all the same (13.6).
    pub(super) cut: Option<u64>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, cut: None }
    }
}

/// What is free on the side to grow to.
#[derive(Clone, Copy)]
struct Room {
    bytes: u64,
    /// Does a refusal for want of room cut `avail` to it? Not if the room itself was computed
    /// with a reserve that wraps (15.6).
    cuts_avail: bool,
}

/// Rule 13.2: is an address between two entries nearer to the upper one, which starts at `start`, than to
/// the lower one, which ends at `end`?
#[inline(always)]
pub(super) const fn is_nearer_to_upper(addr: u64, start: u64, end: u64) -> bool {
    addr - end > start - addr
}

impl StackState<Freebsd9> {
    /// Growth down to `addr`; `below` is where the lower neighbour ends.
    #[inline(always)]
    pub(super) fn decide_down(
        &self,
        stack: Beside,
        addr: Addr,
        below: Option<u64>,
        totals: Totals,
    ) -> Result<Step, Refused> {
        let Beside { start, avail, .. } = stack;
        // 13.3. Without a neighbour the floor wraps below 0, and so do the numbers after it.
        let floor = below.unwrap_or_else(|| start.wrapping_sub(avail));
        let room = Room { bytes: start.wrapping_sub(floor), cuts_avail: true };
        let need = round_up(totals.page, start - addr.get());
        let (bytes, main) = self.amount(addr, need, avail, room, totals)?;
        let bottom = start.wrapping_sub(bytes);
        let (bottom, left) = if bottom < floor {
            // 13.11; a landing on the floor exactly is not a cut, and leaves no guard page (q09).
            (floor.wrapping_add(self.guard(totals.page)), room.bytes)
        } else {
            (bottom, avail)
        };
        Ok(Step { edge: bottom, left, main })
    }

    /// Growth up to `addr`. `charged`: was swap reserved for the stack? `above` is where the upper
    /// neighbour starts, and `reserve` says whether swap for a number of bytes could be reserved.
    #[inline(always)]
    pub(super) fn decide_up(
        &self,
        stack: Beside,
        charged: bool,
        addr: Addr,
        above: Option<u64>,
        totals: Totals,
        reserve: impl Fn(u64) -> Result<(), Refusal>,
    ) -> Result<Step, Refused> {
        let Beside { end, avail, .. } = stack;
        // 13.4.
        let (ceiling, cuts_avail) = match above.or_else(|| end.checked_add(avail)) {
            Some(ceiling) => (ceiling, true),
            None => (u64::MAX, false),
        };
        let room = Room { bytes: ceiling - end, cuts_avail };
        if !cuts_avail && charged {
            // 15.6: the real code reserves swap for all that is left, and refuses before it wraps.
            reserve(avail.saturating_sub(self.guard(totals.page)))?;
        }
        let need = round_up(totals.page, addr.get().wrapping_add(1).wrapping_sub(end));
        let (bytes, main) = self.amount(addr, need, avail, room, totals)?;
        let (top, left) = match end.checked_add(bytes) {
            Some(top) if top <= ceiling => (top, avail),
            _ => (ceiling.wrapping_sub(self.guard(totals.page)), room.bytes), // 13.14
        };
        Ok(Step { edge: top, left, main })
    }

    /// Rules 13.5 to 13.10, which both directions share: the bytes to add, before the neighbour cuts
    /// them (13.8), and whether they count for the main stack.
    #[inline(always)]
    fn amount(
        &self,
        addr: Addr,
        need: u64,
        avail: u64,
        room: Room,
        totals: Totals,
    ) -> Result<(u64, bool), Refused> {
        if need == 0 {
            return Err(Refused::from(Refusal::NeedWraps { addr })); // 15.10
        }
        let needed = Size::new(need);
        if need > avail {
            let avail = Size::new(avail);
            return Err(Refused::from(Refusal::Avail { need: needed, avail }));
        }
        let guard = self.guard(totals.page);
        // Saturates: a sum past 2^64 is above any room.
        if need.saturating_add(guard) > room.bytes {
            let cut = room.cuts_avail.then_some(room.bytes);
            let (room, guard) = (Size::new(room.bytes), Size::new(guard));
            return Err(Refused { refusal: Refusal::Neighbour { need: needed, room, guard }, cut });
        }
        let main = addr >= self.tunables.maxsaddr;
        let (ssize, limit) = (totals.page.pages(self.ssize), self.limits.stack);
        if main && ssize.wrapping_add(needed) > limit {
            return Err(Refused::from(Refusal::StackLimit { ssize, need: needed, limit }));
        }
        let bytes = self.step(need, avail, main, totals.page);
        totals.check_growth(Size::new(bytes), &self.limits)?;
        Ok((bytes, main))
    }

    /// Rule 13.8: `need` rounded up to the step, cut to `avail` and to what the stack limit
    /// leaves.
    #[inline(always)]
    fn step(&self, need: u64, avail: u64, main: bool, page: PageSize) -> u64 {
        let mut bytes = Size::new(need).round_up(self.tunables.sgrowsiz).get();
        if bytes > avail || bytes < need {
            bytes = avail; // Below `need` only if the rounding wrapped: 15.11.
        }
        let (ssize, limit) = (page.pages(self.ssize), self.limits.stack);
        if main && ssize.wrapping_add(Size::new(bytes)) > limit {
            bytes = page.round_down(limit).wrapping_sub(ssize).get();
        }
        bytes
    }

    /// Bytes to be left free where a neighbour cuts a growth.
    const fn guard(&self, page: PageSize) -> u64 {
        if self.tunables.guard_page { page.size().get() } else { 0 }
    }
}

/// Rounded up to whole pages; wraps to 0 in the last page of all.
const fn round_up(page: PageSize, bytes: u64) -> u64 {
    page.round_up(Size::new(bytes)).get()
}
