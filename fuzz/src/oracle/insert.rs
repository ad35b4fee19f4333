//! Section 6: insert, which is also the last step of find, fixed, stack and growth down.

use growstack::{Access, Addr, Change, EntryFlags, Inherit, MapFlags, Prot, Refusal};

use super::Oracle;
use super::branch::Branch;
use super::objects::Backing;
use super::piece::{Piece, range};
use crate::op::Mapping;

/// Who inserts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inserter {
    /// Anyone but `stack`.
    Plain,
    /// `stack`, whose entries never merge (12.10).
    Stack,
}

impl Oracle {
    /// Section 6.
    pub(super) fn insert(
        &mut self,
        start: u64,
        end: u64,
        mapping: &Mapping,
        inserter: Inserter,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        self.inside_map(start, end)?;
        self.free(start, end)?;
        self.consistent(mapping)?;
        let charged = self.charge(end - start, mapping)?;
        let new = self.new_piece(start, end, mapping, charged);
        self.reach_if(self.process.wire_future, Branch::NewUnwired);
        self.reach_if(!mapping.max.contains(mapping.prot), Branch::ProtAboveMax);
        self.process.size += new.len();
        changes.push(Change::Mapped(range(start, end), mapping.prot));
        self.place(new, inserter);
        Ok(())
    }

    /// 6.1.
    pub(super) fn inside_map(&mut self, start: u64, end: u64) -> Result<(), Refusal> {
        let why = if start < self.process.min {
            Branch::InsertBelowMin
        } else if end > self.process.max {
            Branch::InsertAboveMax
        } else if start >= end {
            Branch::InsertEmpty
        } else {
            return Ok(());
        };
        self.reach(why);
        Err(Refusal::OutsideMap { start: Addr::new(start), end: Addr::new(end) })
    }

    /// 6.2 and 6.3.
    pub(super) fn free(&mut self, start: u64, end: u64) -> Result<(), Refusal> {
        if let Some(x) = self.holder(start) {
            self.reach(Branch::InsertMapped);
            let entry = self.process.entries[x].range();
            return Err(Refusal::StartMapped { start: Addr::new(start), entry });
        }
        let next = self.next_above(start);
        if self.in_walk(next, end) {
            self.reach(Branch::InsertRunsInto);
            let next = Addr::new(self.process.entries[next].start);
            return Err(Refusal::NextBelowEnd { end: Addr::new(end), next });
        }
        Ok(())
    }

    /// 15.1 and 15.8.
    pub(super) fn consistent(&mut self, mapping: &Mapping) -> Result<(), Refusal> {
        if mapping.object.is_none() {
            return Ok(());
        }
        let asked = |flag| mapping.flags.contains(flag);
        if asked(MapFlags::NOFAULT) {
            self.reach(Branch::NofaultObject);
            return Err(Refusal::NofaultObject);
        }
        if asked(MapFlags::ACC_CHARGED) && !asked(MapFlags::COW) {
            if asked(MapFlags::ACC_NO_CHARGE) {
                self.reach(Branch::ChargedObjectOff);
            } else {
                self.reach(Branch::ChargedObject);
                return Err(Refusal::ChargedObject);
            }
        }
        Ok(())
    }

    /// 6.6: is the new entry charged?
    pub(super) fn charge(&mut self, len: u64, mapping: &Mapping) -> Result<bool, Refusal> {
        let asked = |flag| mapping.flags.intersects(flag);
        if asked(MapFlags::ACC_NO_CHARGE | MapFlags::NOFAULT) {
            self.reach(if asked(MapFlags::ACC_CHARGED) {
                Branch::ChargeNeverWins
            } else {
                Branch::ChargeNever
            });
            return Ok(false);
        }
        if asked(MapFlags::ACC_CHARGED) {
            self.borrowed += u128::from(len);
            self.reach(Branch::ChargeGiven);
            return Ok(true);
        }
        if !mapping.prot.contains(Prot::WRITE) {
            self.reach(Branch::ChargeReadOnly);
            return Ok(false);
        }
        if mapping.object.is_some() && !asked(MapFlags::COW) {
            self.reach(Branch::ChargeObject);
            return Ok(false);
        }
        let reserved = self.reserve_for_insert(len);
        self.reach(if reserved.is_ok() { Branch::ChargeReserved } else { Branch::ChargeShort });
        reserved.map(|()| true)
    }

    /// 6.4 and 6.8: the entry as asked for.
    pub(super) fn new_piece(
        &mut self,
        start: u64,
        end: u64,
        mapping: &Mapping,
        charged: bool,
    ) -> Piece {
        const FLAGS: [(MapFlags, EntryFlags, Branch); 4] = [
            (
                MapFlags::COW,
                EntryFlags::from_bits_truncate(
                    EntryFlags::COW.bits() | EntryFlags::NEEDS_COPY.bits(),
                ),
                Branch::FlagCow,
            ),
            (MapFlags::NOFAULT, EntryFlags::NOFAULT, Branch::FlagNofault),
            (MapFlags::NOSYNC, EntryFlags::NOSYNC, Branch::FlagNosync),
            (MapFlags::NOCOREDUMP, EntryFlags::NOCOREDUMP, Branch::FlagNocoredump),
        ];
        let mut flags = EntryFlags::NONE;
        for (asked, set, reached) in FLAGS {
            if mapping.flags.contains(asked) {
                flags |= set;
                self.reach(reached);
            }
        }
        if charged {
            flags |= EntryFlags::CHARGED;
        }
        let share = mapping.flags.contains(MapFlags::INHERIT_SHARE);
        self.reach_if(share, Branch::FlagShare);
        Piece {
            start,
            end,
            prot: mapping.prot,
            max: mapping.max,
            inherit: if share { Inherit::Share } else { Inherit::Copy },
            access: Access::Normal,
            wired: 0,
            flags,
            object: mapping.object.map(Backing::Named),
            offset: mapping.offset,
            avail: 0,
            pending: false,
        }
    }

    /// 6.7 to 6.9: puts the entry into the list.
    fn place(&mut self, mut new: Piece, inserter: Inserter) {
        let at = self.next_above(new.start);
        let apart = self.not_continued(at, &new, inserter);
        if let Some(why) = apart {
            self.reach(why);
        } else {
            let lower = &mut self.process.entries[at - 1];
            if lower.inherit == new.inherit && lower.prot == new.prot && lower.max == new.max {
                lower.end = new.end;
                self.reach(Branch::ExtendedLower);
                self.simplify(at - 1);
                return;
            }
            new.offset = lower.offset.wrapping_add(lower.len());
            self.reach(Branch::OffsetFromLower);
        }
        self.process.entries.insert(at, new);
        if inserter == Inserter::Plain {
            let before = self.process.entries.len();
            self.simplify(at);
            self.reach_if(self.process.entries.len() < before, Branch::NewMerged);
        }
    }

    /// Why 6.7 does not apply to `new`, which belongs at `at`; nothing if it does.
    fn not_continued(&self, at: usize, new: &Piece, inserter: Inserter) -> Option<Branch> {
        if inserter == Inserter::Stack {
            return Some(Branch::NewStack);
        }
        if new.object.is_some() {
            return Some(Branch::NewObject);
        }
        let lower =
            at.checked_sub(1).map(|l| &self.process.entries[l]).filter(|l| l.end == new.start);
        let Some(lower) = lower else { return Some(Branch::NewAlone) };
        let but_charge = |p: &Piece| p.flags.difference(EntryFlags::CHARGED);
        if lower.object.is_some() {
            Some(Branch::NewBesideObject)
        } else if lower.access != new.access || but_charge(lower) != but_charge(new) {
            Some(Branch::NewBesideFlags)
        } else if lower.wired != 0 {
            Some(Branch::NewBesideWired)
        } else if lower.flags != new.flags {
            Some(Branch::NewBesideCharge)
        } else {
            None
        }
    }
}
