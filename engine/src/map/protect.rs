//! `protect`: what may be done with a range (rules 5.3 to 5.5).

use super::clamp::Clamped;
use super::{VmMap, corrupt};
use crate::change::Change;
use crate::flags::{EntryFlags, Prot};
use crate::num::{Addr, Size};
use crate::objects::{Objects, Swap};
use crate::protect_what::ProtectWhat;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Sets the protection in force, or the maximum, of a range: `vm_map_protect(9)`, rule 5.4.
    /// Unmapped parts are passed over.
    ///
    /// # Errors
    ///
    /// - [`Refusal::MaxProtection`]: an entry's maximum forbids it. Only the clip at the start of
    ///   the range stays.
    /// - [`Refusal::ProtectSwap`]: the swap that write permission asks for is short. Clips, and
    ///   the charges of the entries before, stay (q23).
    /// - [`Refusal::OutOfNodes`]: nothing changed.
    /// - [`Refusal::OtherRelease`]: only FreeBSD 14.2 has that. Nothing changed.
    pub fn protect(
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

    fn charge_entry(&mut self, at: &Cursor) -> Result<(), Refusal> {
        let entry = self.tree.item(at).ok_or_else(corrupt)?;
        let (body, wanted) = (entry.value, Size::new(entry.end - entry.start));
        if body.prot().contains(Prot::WRITE) || body.counts_as_charged(&self.objects) {
            return Ok(());
        }
        let short =
            |(wanted, Swap { reserved, limit })| Refusal::ProtectSwap { wanted, reserved, limit };
        if let Some(object) = &body.object
            && !body.has(EntryFlags::NEEDS_COPY)
        {
            return self.objects.charge(object).map_err(short); // 17.20
        }
        self.objects.reserve(wanted).map_err(|swap| short((wanted, swap)))?;
        self.body_mut(at)?.flags |= EntryFlags::CHARGED;
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
