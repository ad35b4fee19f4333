//! `mlock` and `munlock` (L54, L67). The limit on locked memory is asked before, by the system call.

use super::walk::AtHole;
use crate::attr::{Holes, Wiring};
use crate::change::Change;
use crate::flags::{EntryFlags, Prot};
use crate::map::{Clamped, Linux, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// Locks entry by entry, then populates: a hole ends it before anything is populated.
    pub(super) fn run_wire(
        &mut self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let Some((range, at_hole)) = self.lock_range(start, end, wiring, holes)? else {
            return Ok(());
        };
        self.walk(range, at_hole, |map, at, part| {
            if !map.entry(at)?.value.has(EntryFlags::USER_WIRED) {
                map.modify(at, part, |body| {
                    body.flags |= EntryFlags::USER_WIRED;
                    body.wired = 1;
                })?;
                map.wired_pages = map.wired_pages.wrapping_add(O::PAGE.count(range_of(part)));
            }
            Ok(())
        })?;
        self.walk(range, AtHole::Ignore, |map, at, part| {
            let populated = map.populate(at, part, &mut tell);
            if holes == Holes::Allowed { Ok(()) } else { populated }
        })
    }

    pub(super) fn run_unwire(
        &mut self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let Some((range, at_hole)) = self.lock_range(start, end, wiring, holes)? else {
            return Ok(());
        };
        self.walk(range, at_hole, |map, at, part| {
            if map.entry(at)?.value.has(EntryFlags::USER_WIRED) {
                map.modify(at, part, |body| {
                    body.flags = body.flags.difference(EntryFlags::USER_WIRED);
                    body.wired = 0;
                })?;
                map.uncount_wired(range_of(part));
                tell(Change::Unwired(range_of(part)));
            }
            Ok(())
        })
    }

    /// The range, and what a hole in it does; `None` if it is empty. Linux knows no locks of the system's
    /// own.
    fn lock_range(
        &mut self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
    ) -> Result<Option<(Clamped, AtHole)>, Refusal> {
        if wiring == Wiring::System {
            return Err(Refusal::NotInLinux);
        }
        let range = Clamped { start: start.get(), end: end.get() };
        if range.start >= range.end {
            return Ok(None);
        }
        self.ensure_clips(range)?;
        let at_hole = if holes == Holes::Allowed { AtHole::Ignore } else { AtHole::Stop };
        Ok(Some((range, at_hole)))
    }

    /// L54, for a part of a locked entry: its pages must be resident, and those that may be written count
    /// as written.
    pub(super) fn populate(
        &mut self,
        at: &Cursor,
        part: Clamped,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let prot = self.entry(at)?.value.prot();
        if prot == Prot::NONE {
            return Err(Refusal::NoAccess { entry: range_of(part) });
        }
        if prot.contains(Prot::WRITE) {
            self.give_anon(at)?;
        }
        tell(Change::Wired(range_of(part)));
        Ok(())
    }
}

fn range_of(part: Clamped) -> AddrRange {
    AddrRange::between(part.start, part.end)
}
