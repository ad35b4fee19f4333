//! `mprotect` (L55 to L59).

use super::walk::AtHole;
use crate::change::Change;
use crate::flags::{EntryFlags, Prot};
use crate::map::{Body, Clamped, Linux, VmMap};
use crate::num::{Addr, Size};
use crate::objects::{Objects, Swap};
use crate::protect_what::{ProtectPart, ProtectWhat};
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What becomes of the charge of a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChargeChange {
    None,
    Taken,
    GivenBack,
}

impl ChargeChange {
    /// L57: what becomes writable is charged, unless it is never; what was never written is no longer, if
    /// it cannot be any more.
    fn of<T>(body: &Body<T>, prot: Prot) -> Self {
        let private = body.object.is_none() || body.has(EntryFlags::COW);
        let (writable, charged) = (prot.contains(Prot::WRITE), body.has(EntryFlags::CHARGED));
        let was_writable = body.prot().contains(Prot::WRITE);
        if writable && !was_writable && !charged && private && !body.has(EntryFlags::NORESERVE) {
            Self::Taken
        } else if !writable && charged && body.object.is_none() && body.avail == 0 {
            Self::GivenBack
        } else {
            Self::None
        }
    }

    fn apply(self, flags: EntryFlags) -> EntryFlags {
        match self {
            Self::None => flags,
            Self::Taken => flags | EntryFlags::CHARGED,
            Self::GivenBack => flags - EntryFlags::CHARGED,
        }
    }
}

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    pub(super) fn run_protect(
        &mut self,
        start: Addr,
        end: Addr,
        prot: Prot,
        what: ProtectWhat,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        if what.part() != ProtectPart::Current {
            return Err(Refusal::NotInLinux);
        }
        if start >= end {
            return Ok(());
        }
        let start = self.first_protected(start, end, what.grows_down())?;
        let range = Clamped { start, end: end.get() };
        self.ensure_clips(range)?;
        self.walk(range, AtHole::Stop, |map, at, part| map.protect_part(at, part, prot, &mut tell))
    }

    /// L55: where the range begins.
    fn first_protected(&self, start: Addr, end: Addr, whole: bool) -> Result<u64, Refusal> {
        let at = self.tree.seek(start.get());
        let unmapped = Refusal::StartUnmapped { start };
        let first = self.tree.item(&at).filter(|first| first.start < end.get()).ok_or(unmapped)?;
        if whole {
            let entry = AddrRange::between(first.start, first.end);
            let grows = first.value.has(EntryFlags::GROWS_DOWN);
            return if grows { Ok(first.start) } else { Err(Refusal::NotGrowing { entry }) };
        }
        if first.start <= start.get() { Ok(start.get()) } else { Err(unmapped) }
    }

    /// L56 to L58.
    fn protect_part(
        &mut self,
        at: &mut Cursor,
        part: Clamped,
        prot: Prot,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let range = AddrRange::between(part.start, part.end);
        let entry = self.entry(at)?;
        let (body, max) = (entry.value, entry.value.max());
        if !max.contains(prot) {
            return Err(Refusal::MaxProtection { entry: range, asked: prot, max });
        }
        if body.prot() == prot {
            return Ok(());
        }
        let (charge, length) = (ChargeChange::of(body, prot), Size::new(part.end - part.start));
        let locked = body.has(EntryFlags::USER_WIRED);
        let populate = locked && prot.contains(Prot::WRITE) && !body.prot().contains(Prot::WRITE);
        let offset = Self::upper_part(body, entry.start, part.start).offset;
        let object = body.object.clone();
        if charge == ChargeChange::Taken {
            let short =
                |Swap { reserved, limit }| Refusal::ProtectSwap { wanted: length, reserved, limit };
            self.objects.reserve(length).map_err(short)?;
        }
        self.modify(at, part, |body| {
            body.set_prot(prot);
            body.flags = charge.apply(body.flags);
        })?;
        if charge == ChargeChange::GivenBack {
            self.objects.release(length);
        }
        if let Some(object) = &object {
            self.objects.protected(object, offset, range, prot);
        }
        tell(Change::Protected(range, prot));
        if populate { self.give_anon(at) } else { Ok(()) } // L58
    }
}
