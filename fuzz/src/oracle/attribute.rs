//! Section 5: protect, inherit, madvise.

use growstack::{Access, Advice, Change, EntryFlags, Inherit, Prot, ProtectWhat, Refusal, Size};

use super::Oracle;
use super::branch::Branch;
use super::objects::Backing;
use crate::op::ObjectId;

/// What a protect to write charges.
#[derive(Clone, Copy)]
pub(super) enum Charge {
    Entry,
    /// The whole object of the entry (17.20).
    Object(ObjectId),
}

impl Oracle {
    /// 2.4, the clamp, and the first split of 5.1. Returns where to begin, and the clamped end;
    /// nothing if the range is empty as given.
    fn begin_attribute(&mut self, start: u64, end: u64) -> Option<(usize, u64)> {
        if start == end {
            self.reach(Branch::EmptyAsGiven);
            return None;
        }
        let reversed = start > end;
        let (start, end) = self.clamp(start, end);
        let before = self.trail.len();
        let x = self.begin_walk(start);
        if reversed {
            let split = self.trail[before..].contains(&Branch::FrontSplit);
            self.reach(if split { Branch::ReversedSplit } else { Branch::ReversedNoSplit });
        }
        Some((x, end))
    }

    /// 5.1, inherit.
    pub(super) fn inherit(&mut self, start: u64, end: u64, inherit: Inherit) {
        self.each(start, end, |map, x| {
            map.process.entries[x].inherit = inherit;
            map.reach(Branch::InheritSet);
        });
    }

    /// 5.1 and 5.2, madvise.
    pub(super) fn advise(&mut self, start: u64, end: u64, advice: Advice) {
        self.each(start, end, |map, x| map.advise_one(x, advice));
    }

    /// 5.2.
    pub(super) fn advise_one(&mut self, x: usize, advice: Advice) {
        let entry = &mut self.process.entries[x];
        let mut pattern = |access| {
            entry.access = access;
            Branch::AdvisePattern
        };
        let reached = match advice {
            Advice::Normal => pattern(Access::Normal),
            Advice::Sequential => pattern(Access::Sequential),
            Advice::Random => pattern(Access::Random),
            Advice::NoSync => {
                entry.set(EntryFlags::NOSYNC);
                Branch::AdviseNoSync
            }
            Advice::AutoSync => {
                entry.clear(EntryFlags::NOSYNC);
                Branch::AdviseAutoSync
            }
            Advice::NoCore => {
                entry.set(EntryFlags::NOCOREDUMP);
                Branch::AdviseNoCore
            }
            Advice::Core => {
                entry.clear(EntryFlags::NOCOREDUMP);
                Branch::AdviseCore
            }
        };
        self.reach(reached);
    }

    /// The walk of 5.1.
    fn each(&mut self, start: u64, end: u64, change: impl Fn(&mut Self, usize)) {
        let Some((mut x, end)) = self.begin_attribute(start, end) else { return };
        self.reach_if(!self.in_walk(x, end), Branch::AttributeNothing);
        while self.in_walk(x, end) {
            self.back_split(x, end);
            change(self, x);
            x = self.simplify(x) + 1;
        }
    }

    /// 5.4.
    pub(super) fn protect(
        &mut self,
        start: u64,
        end: u64,
        prot: Prot,
        what: ProtectWhat,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let Some((first, end)) = self.begin_attribute(start, end) else { return Ok(()) };
        self.reach_if(!self.in_walk(first, end), Branch::ProtectNothing);
        self.protect_allowed(first, end, prot, what)?;
        self.protect_charge(first, end, prot, what)?;
        let mut x = first;
        while self.in_walk(x, end) {
            self.protect_one(x, prot, what, changes);
            x = self.simplify(x) + 1;
        }
        Ok(())
    }

    /// 5.4a.
    fn protect_allowed(
        &mut self,
        first: usize,
        end: u64,
        prot: Prot,
        what: ProtectWhat,
    ) -> Result<(), Refusal> {
        let mut x = first;
        while self.in_walk(x, end) {
            let entry = &self.process.entries[x];
            if !entry.max.contains(prot) {
                let (entry, max) = (entry.range(), entry.max);
                self.reach(if what == ProtectWhat::Max {
                    Branch::ProtectMaxForbidden
                } else {
                    Branch::ProtectForbidden
                });
                return Err(Refusal::MaxProtection { entry, asked: prot, max });
            }
            x += 1;
        }
        Ok(())
    }

    /// 5.4b.
    fn protect_charge(
        &mut self,
        first: usize,
        end: u64,
        prot: Prot,
        what: ProtectWhat,
    ) -> Result<(), Refusal> {
        let mut charged_any = false;
        let mut x = first;
        while self.in_walk(x, end) {
            self.back_split(x, end);
            if let Some(charge) = self.protect_must_charge(x, prot, what) {
                self.protect_pay(x, charge).inspect_err(|_| {
                    self.reach(if charged_any {
                        Branch::ProtectSwapHalfWay
                    } else {
                        Branch::ProtectSwapShort
                    });
                })?;
                charged_any = true;
            }
            x += 1;
        }
        Ok(())
    }

    /// 5.4b and 17.20: reserves for one entry.
    pub(super) fn protect_pay(&mut self, x: usize, charge: Charge) -> Result<(), Refusal> {
        let wanted = match charge {
            Charge::Entry => self.process.entries[x].len(),
            Charge::Object(object) => self.objects.get(object).length,
        };
        self.reserve(wanted).map_err(|(reserved, limit)| Refusal::ProtectSwap {
            wanted: Size::new(wanted),
            reserved,
            limit,
        })?;
        match charge {
            Charge::Entry => self.process.entries[x].set(EntryFlags::CHARGED),
            Charge::Object(object) => self.objects.get_mut(object).charge = Some(wanted),
        }
        Ok(())
    }

    /// 5.4b and 17.20: what of an entry must be charged.
    pub(super) fn protect_must_charge(
        &mut self,
        x: usize,
        prot: Prot,
        what: ProtectWhat,
    ) -> Option<Charge> {
        let entry = &self.process.entries[x];
        let gives_write = what == ProtectWhat::Current
            && prot.contains(Prot::WRITE)
            && !entry.prot.contains(Prot::WRITE);
        if !gives_write {
            return None;
        }
        let wired_cow = entry.flags.contains(EntryFlags::COW | EntryFlags::USER_WIRED);
        let (must, reached) = if entry.has(EntryFlags::CHARGED) {
            (None, Branch::ProtectCharge)
        } else if entry.object.is_none() {
            (Some(Charge::Entry), Branch::ProtectCharged)
        } else if entry.has(EntryFlags::NEEDS_COPY) {
            (Some(Charge::Entry), Branch::ProtectNeedsCopy)
        } else if self.objects.is_charged(entry.object) {
            (None, Branch::ProtectObjectCharged)
        } else if let Some(Backing::Made(object)) = entry.object {
            (Some(Charge::Object(object)), Branch::ProtectWholeObject)
        } else {
            (None, Branch::ProtectObject)
        };
        self.reach(reached);
        self.reach_if(wired_cow, Branch::ProtectWiredCow);
        must
    }

    /// 5.4c.
    fn protect_one(&mut self, x: usize, prot: Prot, what: ProtectWhat, changes: &mut Vec<Change>) {
        let entry = &mut self.process.entries[x];
        let old = entry.prot;
        let of_max = what == ProtectWhat::Max;
        let new = if of_max {
            entry.max = prot;
            old.intersection(prot)
        } else {
            prot
        };
        entry.prot = new;
        if new != old {
            changes.push(Change::Protected(entry.range(), new));
        }
        let write_taken = old.contains(Prot::WRITE) && !new.contains(Prot::WRITE);
        let kept = write_taken && entry.has(EntryFlags::CHARGED);
        self.reach_if(kept, Branch::WriteTakenKept);
        self.reach(match (of_max, new == old) {
            (false, false) => Branch::ProtectChanged,
            (false, true) => Branch::ProtectSame,
            (true, true) => Branch::ProtectMaxShrunk,
            (true, false) => Branch::ProtectMaxTook,
        });
    }
}
