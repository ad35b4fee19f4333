//! `protect` (D5.6 to D5.9).

use super::gap::Kept;
use crate::change::Change;
use crate::flags::{EntryFlags, Prot};
use crate::map::{Clamped, Freebsd14, VmMap, corrupt};
use crate::num::Addr;
use crate::objects::Objects;
use crate::protect_what::{ProtectPart, ProtectWhat};
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What is to be set; `None` for what is not asked for.
#[derive(Clone, Copy)]
struct Wish {
    prot: Option<Prot>,
    max: Option<Prot>,
}

impl Wish {
    const fn new(prot: Prot, part: ProtectPart) -> Self {
        match part {
            ProtectPart::Current => Self { prot: Some(prot), max: None },
            ProtectPart::Max => Self { prot: None, max: Some(prot) },
            ProtectPart::Both(max) => Self { prot: Some(prot), max: Some(max) },
        }
    }

    /// Every bit asked for (D5.6).
    fn asked(self) -> Prot {
        self.prot.unwrap_or(Prot::NONE) | self.max.unwrap_or(Prot::NONE)
    }

    /// Does it give write permission?
    fn writes(self) -> bool {
        self.prot.is_some_and(|prot| prot.contains(Prot::WRITE))
    }

    /// D5.8: the maximum first, then the protection, which is within it.
    fn apply(self, old: Kept) -> Kept {
        let max = self.max.unwrap_or(old.max);
        let within = if self.max.is_some() { old.prot & max } else { old.prot };
        Kept { prot: self.prot.unwrap_or(within), max }
    }
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// D5.6 to D5.9.
    pub(super) fn run_protect(
        &mut self,
        start: Addr,
        end: Addr,
        prot: Prot,
        what: ProtectWhat,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        if start == end {
            return Ok(()); // 2.4
        }
        if let ProtectPart::Both(max) = what.part()
            && !max.contains(prot)
        {
            return Err(Refusal::OutOfBounds { asked: prot, max });
        }
        let wish = Wish::new(prot, what.part());
        let mut range = self.clamp(start, end);
        if what.grows_down() {
            range.start = self.stretch_down(range.start);
        }
        self.check_maximum(range, wish.asked())?;
        if self.heals(range) {
            return Ok(()); // D5.4
        }
        self.ensure_clips(range)?;
        let (reached, charged) = self.charge_writable(range, wish)?;
        let mut at = self.tree.seek(range.start);
        while self.tree.item(&at).is_some_and(|entry| entry.start < reached) {
            if charged.is_ok() {
                self.protect_entry(&at, wish, &mut tell)?;
            }
            self.join(&mut at)?;
            self.tree.advance(&mut at);
        }
        self.join(&mut at)?;
        charged
    }

    /// D5.9: where the range of a stack as a whole starts. Holes and what the entries are play no role.
    fn stretch_down(&self, start: u64) -> u64 {
        let mut at = self.tree.seek(start);
        let Some(first) = self.tree.item(&at) else { return start };
        if !first.value.has(EntryFlags::GROWS_DOWN) {
            return start;
        }
        let mut lowest = first.start;
        while self.tree.retreat(&mut at)
            && let Some(entry) = self.tree.item(&at)
        {
            lowest = entry.start;
            if entry.value.has(EntryFlags::STACK_GAP_DN) {
                break;
            }
        }
        lowest
    }

    /// D5.6: does the maximum of every entry allow what is asked for? Before any split.
    fn check_maximum(&self, range: Clamped, asked: Prot) -> Result<(), Refusal> {
        let mut at = self.tree.seek(range.start);
        while let Some(entry) = self.tree.item(&at).filter(|entry| entry.start < range.end) {
            let gap = entry.value.has_any(EntryFlags::STACK_GAP);
            let max = if gap { Kept::of(entry.value.offset).max } else { entry.value.max() };
            if !entry.value.is_plain_guard() && !max.contains(asked) {
                let entry = AddrRange::between(entry.start, entry.end);
                return Err(Refusal::MaxProtection { entry, asked, max });
            }
            self.tree.advance(&mut at);
        }
        Ok(())
    }

    /// D5.7: the splits, and the swap for what becomes writable. Says up to where the entries have been
    /// dealt with, the one included for which swap was short.
    fn charge_writable(
        &mut self,
        range: Clamped,
        wish: Wish,
    ) -> Result<(u64, Result<(), Refusal>), Refusal> {
        let mut at = self.begin_walk(range.start)?;
        while self.tree.item(&at).is_some_and(|entry| entry.start < range.end) {
            self.back_split(&mut at, range.end)?;
            let entry = self.entry(&at)?;
            if wish.writes() && !entry.value.has(EntryFlags::GUARD) {
                let end = entry.end;
                if let Err(short) = self.charge_entry(&at) {
                    return Ok((end, Err(short)));
                }
            }
            self.tree.advance(&mut at);
        }
        Ok((range.end, Ok(())))
    }

    /// D5.8.
    fn protect_entry(
        &mut self,
        at: &Cursor,
        wish: Wish,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        let affected = AddrRange::between(entry.start, entry.end);
        let body = self.tree.value_mut(at).ok_or_else(corrupt)?;
        if body.has_any(EntryFlags::STACK_GAP) {
            body.offset = wish.apply(Kept::of(body.offset)).offset();
        }
        if body.has(EntryFlags::GUARD) {
            return Ok(());
        }
        let old = body.prot();
        let Kept { prot, max } = wish.apply(Kept { prot: old, max: body.max() });
        body.set_max(max);
        body.set_prot(prot);
        if prot != old {
            if let Some(object) = &body.object {
                self.objects.protected(object, body.offset, affected, prot);
            }
            tell(Change::Protected(affected, prot));
        }
        Ok(())
    }
}
