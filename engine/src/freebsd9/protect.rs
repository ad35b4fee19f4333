//! `protect`: what may be done with a range (rules 5.3 to 5.5).

use crate::change::Change;
use crate::flags::Prot;
use crate::map::{Clamped, Freebsd9, VmMap, corrupt};
use crate::num::Addr;
use crate::objects::Objects;
use crate::protect_what::ProtectWhat;
use crate::range::AddrRange;
use crate::refusal::Refusal;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Rules 5.3 to 5.5.
    pub(super) fn run_protect(
        &mut self,
        start: Addr,
        end: Addr,
        prot: Prot,
        what: ProtectWhat,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        if what.is_of_14() {
            return Err(Refusal::OtherRelease); // 16.9
        }
        if start == end {
            return Ok(()); // 2.4
        }
        let range = self.clamp(start, end);
        // A refusal by an entry's maximum comes before the clip at the end.
        self.ensure_clips_unless(range, |map| map.max_forbids(range, prot).is_some())?;
        let mut at = self.tree.seek(range.start);
        self.front_split(&mut at, range.start)?;
        if let Some(refusal) = self.max_forbids(range, prot) {
            return Err(refusal);
        }
        self.charge_writable(range, prot, what)?;
        self.set_protection(range, prot, what, tell)
    }

    /// Rule 5.4a: the first entry in the range whose maximum lacks a bit.
    fn max_forbids(&self, range: Clamped, asked: Prot) -> Option<Refusal> {
        let mut at = self.tree.seek(range.start);
        while let Some(entry) = self.tree.item(&at).filter(|entry| entry.start < range.end) {
            let max = entry.value.max();
            if !max.contains(asked) {
                let entry = AddrRange::between(entry.start, entry.end);
                return Some(Refusal::MaxProtection { entry, asked, max });
            }
            self.tree.advance(&mut at);
        }
        None
    }

    /// Rule 5.4b: the clip at the end, and swap for what becomes writable.
    fn charge_writable(
        &mut self,
        range: Clamped,
        prot: Prot,
        what: ProtectWhat,
    ) -> Result<(), Refusal> {
        let mut at = self.tree.seek(range.start);
        while self.tree.item(&at).is_some_and(|entry| entry.start < range.end) {
            self.back_split(&mut at, range.end)?;
            if what == ProtectWhat::Current && prot.contains(Prot::WRITE) {
                self.charge_entry(&at)?;
            }
            self.tree.advance(&mut at);
        }
        Ok(())
    }

    /// Rule 5.4c.
    fn set_protection(
        &mut self,
        range: Clamped,
        asked: Prot,
        what: ProtectWhat,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let mut at = self.tree.seek(range.start);
        while let Some(entry) = self.tree.item(&at).filter(|entry| entry.start < range.end) {
            let affected = AddrRange::between(entry.start, entry.end);
            let old = entry.value.prot();
            let new = if what == ProtectWhat::Max { old.intersection(asked) } else { asked };
            let body = self.tree.value_mut(&at).ok_or_else(corrupt)?;
            body.set_prot(new);
            if what == ProtectWhat::Max {
                body.set_max(asked);
            }
            if new != old {
                if let Some(object) = &body.object {
                    self.objects.protected(object, body.offset, affected, new);
                }
                tell(Change::Protected(affected, new));
            }
            self.simplify(&mut at)?;
            self.tree.advance(&mut at);
        }
        Ok(())
    }
}
