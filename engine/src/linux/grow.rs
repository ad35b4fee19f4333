//! Growth: L10 to L21, from top to bottom.
//!
//! ```text
//!   | below |        room >= gap         | start         addr |  stack: grows_down  |
//!           |<-------------------------->|<----- amount ----->|
//!                                        |<------------ length -------------------->|
//! ```
//!
//! The stack's own entry moves its start down to the page that was touched, however far that is. No entry
//! is added, so that growth takes no node, and nothing merges.

use crate::change::Change;
use crate::flags::{EntryFlags, Prot};
use crate::growth::{Direction, Growth};
use crate::map::{Body, Linux, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::{Objects, Swap};
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::{Cursor, Item};

/// What growth reads of the first entry that ends above an address.
#[derive(Clone, Copy)]
pub(super) struct Above {
    start: u64,
    end: u64,
    flags: EntryFlags,
    prot: Prot,
    anon: u64,
}

impl Above {
    #[inline(always)]
    pub(super) fn of<T>(entry: Item<'_, Body<T>>) -> Self {
        let Item { start, end, value } = entry;
        Self { start, end, flags: value.flags, prot: value.prot(), anon: value.avail }
    }

    /// Is an address in it, which ends above that?
    pub(super) const fn holds(self, addr: Addr) -> bool {
        self.start <= addr.get()
    }

    pub(super) const fn grows_down(self) -> bool {
        self.flags.contains(EntryFlags::GROWS_DOWN)
    }
}

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// L10 to L20. One descent.
    #[inline(always)]
    pub(super) fn run_grow(
        &mut self,
        state: &mut StackState<Linux>,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        let mut at = Cursor::default();
        let above = self.tree.seek_into(addr.get(), &mut at).map(Above::of);
        self.grow_at(state, &at, above, addr, tell)
    }

    /// The rest of it, with a cursor at the first entry that ends above `addr`, and that entry. The cursor
    /// stays valid.
    #[inline(always)]
    pub(super) fn grow_at(
        &mut self,
        state: &StackState<Linux>,
        at: &Cursor,
        above: Option<Above>,
        addr: Addr,
        mut tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        if above.is_some_and(|above| above.holds(addr)) {
            return Ok(Growth::AlreadyMapped);
        }
        // L10
        let Some(stack) = above.filter(|above| above.grows_down()) else {
            return Err(Refusal::NothingGrows { addr });
        };
        // L11
        let start = O::PAGE.round_down(Size::new(addr.get())).get();
        let min = self.of_map.lowest.max(self.min());
        if start < min.get() {
            return Err(Refusal::BelowMinimum { start: Addr::new(start), min });
        }
        self.check_gap(at, start)?; // L12, L13
        // L14: even if the rest refuses.
        if stack.anon == 0 {
            self.give_anon(at)?;
        }
        // L15 is about entries that were moved, which no operation here does.
        let amount = Size::new(stack.start - start);
        state.may_expand(self.size(), amount)?; // L16
        // L17: the length of this entry is held against the limit, and no other.
        let (length, limit) = (Size::new(stack.end - start), state.limits.stack);
        if length > limit {
            return Err(Refusal::EntryLimit { length, limit });
        }
        // L18
        let locked = stack.flags.contains(EntryFlags::USER_WIRED);
        if locked {
            state.may_lock(self.totals(), amount)?;
        }
        self.commit(stack.flags, amount)?; // L19
        // L20. Nothing refuses any more.
        self.tree.move_start_down(at, start, |body| {
            body.offset = body.offset.wrapping_sub(amount.get());
        });
        self.size = self.size.wrapping_add(amount.get());
        let added = AddrRange::between(start, stack.start);
        if locked {
            // L24: counted as locked, though the page that was touched is alone resident.
            self.wired_pages = self.wired_pages.wrapping_add(O::PAGE.count(added));
        }
        tell(Change::Mapped(added, stack.prot));
        Ok(Growth::Grown { added, direction: Direction::Down })
    }

    /// L12 and L13: only the nearest entry below counts, and only if it may be accessed and does not grow
    /// itself. Entries that start or end inside a page are not grown into either.
    #[inline(always)]
    fn check_gap(&self, at: &Cursor, start: u64) -> Result<(), Refusal> {
        let Some(below) = self.tree.item_below(at) else { return Ok(()) };
        let (body, gap) = (below.value, self.guard_gap());
        let kept = body.prot() != Prot::NONE && !body.has(EntryFlags::GROWS_DOWN);
        let room = Size::new(start.saturating_sub(below.end));
        if start < below.end || kept && room < gap {
            return Err(Refusal::GuardGap { below: Addr::new(below.end), room, gap });
        }
        Ok(())
    }

    /// L19: every growth is asked for, and what is charged is charged for it, too. The real kernel charges
    /// the others as well, and never gives that back (L25).
    #[inline(always)]
    fn commit(&mut self, flags: EntryFlags, wanted: Size) -> Result<(), Refusal> {
        let short = |Swap { reserved, limit }| Refusal::GrowCommit { wanted, reserved, limit };
        self.objects.reserve(wanted).map_err(short)?;
        if !flags.contains(EntryFlags::CHARGED) {
            self.objects.release(wanted);
        }
        Ok(())
    }
}
