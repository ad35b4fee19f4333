//! Wirings of one entry, and the checks before them (sections 9 and 10).

use super::{Body, Clamped, Kernel, VmMap};
use crate::attr::{Holes, Wiring};
use crate::change::Change;
use crate::flags::{EntryFlags, Prot};
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What the first pass of a wiring or unwiring came to.
pub(crate) struct FirstPass {
    /// The end of the last entry it dealt with: the second pass covers the entries up to here.
    pub(crate) covered: u64,
    /// Why it stopped, if it did.
    pub(crate) refusal: Option<Refusal>,
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// 2.4, the clamp, 15.4 and 9.1: the range to wire or unwire; `None` if there is nothing to
    /// do.
    pub(crate) fn wiring_range(
        &self,
        start: Addr,
        end: Addr,
        holes: Holes,
    ) -> Result<Option<Clamped>, Refusal> {
        if start == end {
            return Ok(None);
        }
        let range = self.clamp(start, end);
        let holder = self.tree.get(range.start);
        if holder.is_none() && holes == Holes::Refused {
            return Err(Refusal::StartUnmapped { start: Addr::new(range.start) });
        }
        let inside = holder.is_some_and(|entry| entry.start < range.start);
        // 15.4: the real kernel leaves a zero-length entry behind that stays busy for good.
        Ok(if range.is_empty() && inside { None } else { Some(range) })
    }

    /// 9.2a and 9.2b for one entry that is clipped. Says whether the pass goes on.
    #[inline(always)]
    pub(crate) fn count_wiring(
        &mut self,
        at: &Cursor,
        wiring: Wiring,
        holes: Holes,
        pass: &mut FirstPass,
    ) -> Result<bool, Refusal> {
        let entry = self.entry(at)?;
        let clipped = AddrRange::between(entry.start, entry.end);
        pass.covered = entry.end;
        if !can_wire(entry.value) {
            if holes == Holes::Refused {
                pass.refusal = Some(Refusal::NoAccess { entry: clipped });
                return Ok(false);
            }
            return Ok(true);
        }
        if entry.value.wired == 0 {
            self.wired_pages = self.wired_pages.wrapping_add(O::PAGE.count(clipped));
        }
        add_wiring(self.body_mut(at)?, wiring);
        Ok(true)
    }

    /// Goes on to the next entry, unless there is a hole where none may be (9.2c, 10.1).
    pub(crate) fn step(
        &self,
        at: &mut Cursor,
        range: Clamped,
        holes: Holes,
        pass: &mut FirstPass,
    ) -> bool {
        self.tree.advance(at);
        let touches = self.tree.item(at).is_some_and(|next| next.start == pass.covered);
        if holes == Holes::Refused && pass.covered < range.end && !touches {
            pass.refusal = Some(Refusal::Hole { at: Addr::new(pass.covered) });
            return false;
        }
        true
    }

    /// 9.3 for one entry: makes its wiring the user's, or takes it back.
    #[inline(always)]
    pub(crate) fn settle_wiring(
        &mut self,
        at: &Cursor,
        failed: bool,
        wiring: Wiring,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        if !can_wire(entry.value) {
            return Ok(());
        }
        let clipped = AddrRange::between(entry.start, entry.end);
        let by_user = entry.value.has(EntryFlags::USER_WIRED);
        // A wiring of the user's over his own was never counted.
        let counted = wiring == Wiring::System || !by_user;
        let only_one = entry.value.wired == 1 && counted;
        let body = self.body_mut(at)?;
        if failed {
            if counted {
                body.wired = body.wired.saturating_sub(1);
            }
            if only_one {
                self.uncount_wired(clipped);
            }
        } else {
            if wiring == Wiring::User {
                body.flags |= EntryFlags::USER_WIRED;
            }
            if only_one {
                tell(Change::Wired(clipped));
            }
        }
        Ok(())
    }

    /// Would a first pass stop? `goes_on` is asked of one entry after the other; one that ends
    /// above `last` is not looked at, nor what follows it. Asked before the clips.
    pub(crate) fn stops(
        &self,
        range: Clamped,
        last: u64,
        goes_on: impl Fn(&mut Cursor, &mut FirstPass) -> bool,
    ) -> bool {
        let mut at = self.tree.seek(range.start);
        let mut pass = FirstPass { covered: range.start, refusal: None };
        while let Some(entry) = self.tree.item(&at).filter(|entry| entry.start < range.end) {
            if entry.end > last {
                return false;
            }
            if !goes_on(&mut at, &mut pass) {
                return true;
            }
        }
        false
    }

    /// 9.2a and 9.2c for one entry that is not clipped. Goes on to the next one, if a wiring does.
    pub(crate) fn check_wirable(
        &self,
        at: &mut Cursor,
        range: Clamped,
        holes: Holes,
        pass: &mut FirstPass,
    ) -> bool {
        let Some(entry) = self.tree.item(at) else { return false };
        pass.covered = entry.end;
        let barred = holes == Holes::Refused && !can_wire(entry.value);
        !barred && self.step(at, range, holes, pass)
    }

    /// 10.1 for one entry: the hole after it comes first. Goes on to the next entry.
    pub(crate) fn check_entry(
        &self,
        at: &mut Cursor,
        range: Clamped,
        wiring: Wiring,
        holes: Holes,
        pass: &mut FirstPass,
    ) -> Result<bool, Refusal> {
        let entry = self.entry(at)?;
        pass.covered = entry.end;
        if !self.step(at, range, holes, pass) {
            pass.refusal = Some(Refusal::UnwireHole { at: Addr::new(pass.covered) });
            return Ok(false);
        }
        if wiring == Wiring::System && entry.value.system_wired() == 0 {
            let entry = AddrRange::between(entry.start, entry.end);
            pass.refusal = Some(Refusal::NotSystemWired { entry });
            return Ok(false);
        }
        Ok(true)
    }

    /// 10.2 for one entry.
    pub(crate) fn take_wiring_off(
        &mut self,
        at: &Cursor,
        wiring: Wiring,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        if wiring == Wiring::User && !entry.value.has(EntryFlags::USER_WIRED) {
            return Ok(());
        }
        let range = AddrRange::between(entry.start, entry.end);
        let body = self.body_mut(at)?;
        if wiring == Wiring::User {
            body.flags = body.flags.difference(EntryFlags::USER_WIRED);
        }
        body.wired = body.wired.saturating_sub(1);
        if body.wired == 0 {
            self.uncount_wired(range);
            tell(Change::Unwired(range));
        }
        Ok(())
    }
}

/// What a wiring would have to make resident, asked before the wiring.
#[cfg(feature = "shared")]
impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// The first stretch that a wiring of a range would have to make resident, with its protection;
    /// `None` if there is none, or the wiring would be refused.
    pub(crate) fn first_to_fault_in(
        &self,
        start: Addr,
        end: Addr,
        holes: Holes,
    ) -> Option<(AddrRange, Prot)> {
        let range = self.wiring_range(start, end, holes).ok()??;
        // The clips change nothing about a refusal.
        if self.stops(range, u64::MAX, |at, pass| self.check_wirable(at, range, holes, pass)) {
            return None;
        }
        self.next_to_fault_in(Addr::new(range.start), Addr::new(range.end))
    }

    /// The first stretch between two addresses that has no wiring and may have one (9.2a, 9.2b).
    pub(crate) fn next_to_fault_in(&self, from: Addr, end: Addr) -> Option<(AddrRange, Prot)> {
        let mut at = self.tree.seek(from.get());
        loop {
            let entry = self.tree.item(&at)?;
            let start = Addr::new(entry.start).max(from);
            let range = AddrRange::new(start, Addr::new(entry.end).min(end))?;
            if entry.value.wired == 0 && can_wire(entry.value) {
                return Some((range, entry.value.prot()));
            }
            self.tree.advance(&mut at);
        }
    }
}

/// 9.2a: what can be neither read nor executed has no pages to wire.
fn can_wire<O>(body: &Body<O>) -> bool {
    body.prot().intersects(Prot::RX)
}

/// 9.2b, and 16.4 for the system.
fn add_wiring<O>(body: &mut Body<O>, wiring: Wiring) {
    if body.wired == 0 || wiring == Wiring::System || !body.has(EntryFlags::USER_WIRED) {
        body.wired = body.wired.saturating_add(1);
    }
}
