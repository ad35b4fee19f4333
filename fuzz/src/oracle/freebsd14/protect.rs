//! D5.6 to D5.9: protect.

use growstack::{Change, EntryFlags, Prot, ProtectPart, ProtectWhat, Refusal};

use super::super::piece::Piece;
use super::{Branch, Oracle14};

/// What is to be set: the protection in force, the maximum, or both (D5.8).
#[derive(Clone, Copy)]
struct Wish {
    prot: Option<Prot>,
    max: Option<Prot>,
}

impl Wish {
    fn new(prot: Prot, part: ProtectPart) -> Self {
        match part {
            ProtectPart::Current => Self { prot: Some(prot), max: None },
            ProtectPart::Max => Self { prot: None, max: Some(prot) },
            ProtectPart::Both(max) => Self { prot: Some(prot), max: Some(max) },
        }
    }

    /// All that is asked for (D5.6).
    fn asked(self) -> Prot {
        self.prot.unwrap_or(Prot::NONE) | self.max.unwrap_or(Prot::NONE)
    }

    /// D5.8: protection and maximum of what had `prot` and `max`.
    fn apply(self, (prot, max): (Prot, Prot)) -> (Prot, Prot) {
        let most = self.max.unwrap_or(max);
        let within = if self.max.is_some() { prot.intersection(most) } else { prot };
        (self.prot.unwrap_or(within), most)
    }
}

/// D1.3: the bits of OFF above the protection that a gap keeps hold the maximum.
const MAX_BITS: u32 = 16;

/// What a gap keeps for growth.
pub(super) fn kept(gap: &Piece) -> (Prot, Prot) {
    let bits = |offset: u64| Prot::from_bits_truncate(offset.to_le_bytes()[0]);
    (bits(gap.offset), bits(gap.offset >> MAX_BITS))
}

/// The OFF of a gap that keeps `prot` and `max`.
pub(super) fn keep((prot, max): (Prot, Prot)) -> u64 {
    u64::from(prot.bits()) | u64::from(max.bits()) << MAX_BITS
}

impl Oracle14 {
    /// D5.6 to D5.9.
    pub(super) fn protect(
        &mut self,
        start: u64,
        end: u64,
        prot: Prot,
        what: ProtectWhat,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        if start == end {
            self.reach(Branch::EmptyAsGiven);
            return Ok(());
        }
        if let ProtectPart::Both(max) = what.part()
            && !max.contains(prot)
        {
            self.reach(Branch::ProtectOutOfBounds);
            return Err(Refusal::OutOfBounds { asked: prot, max });
        }
        let wish = Wish::new(prot, what.part());
        let Some((start, end)) = self.begin_range(start, end) else { return Ok(()) };
        let start = if what.grows_down() { self.stretch_down(start) } else { start };
        self.protect_allowed(start, end, wish.asked())?;
        let mut x = self.begin_walk(start);
        let (end, charged) = match wish.prot {
            Some(prot) => self.protect_charge(x, end, prot),
            None => self.protect_split(x, end),
        };
        while self.map.in_walk(x, end) {
            if charged.is_ok() {
                self.protect_one(x, wish, changes);
            }
            x = self.join_below(x) + 1;
        }
        self.join_below(x);
        charged
    }

    /// D5.9: where the range starts. If START is in no entry, the first entry is the next one, as in
    /// the walks; no golden trace has such a START below a stack.
    fn stretch_down(&mut self, start: u64) -> u64 {
        let mut x = self.first_entry(start);
        let entries = &self.map.process.entries;
        if entries.get(x).is_none_or(|e| !e.has(EntryFlags::GROWS_DOWN)) {
            self.reach(Branch::StretchNot);
            return start;
        }
        while x > 0 && !self.has(x, EntryFlags::STACK_GAP_DN) {
            x -= 1;
        }
        self.reach(if self.has(x, EntryFlags::STACK_GAP_DN) {
            Branch::StretchToGap
        } else {
            Branch::StretchToFirst
        });
        self.map.process.entries[x].start
    }

    /// D5.6: the pass before any split.
    fn protect_allowed(&mut self, start: u64, end: u64, asked: Prot) -> Result<(), Refusal> {
        let mut x = self.first_entry(start);
        while self.map.in_walk(x, end) {
            let entry = &self.map.process.entries[x];
            let (gap, guard) = (entry.has(EntryFlags::STACK_GAP), entry.has(EntryFlags::GUARD));
            let max = if gap { kept(entry).1 } else { entry.max };
            let range = entry.range();
            if guard && !gap {
                self.reach(Branch::ProtectPlainGuard);
            } else if !max.contains(asked) {
                self.reach(if gap {
                    Branch::ProtectGapForbidden
                } else {
                    Branch::ProtectForbidden
                });
                return Err(Refusal::MaxProtection { entry: range, asked, max });
            }
            x += 1;
        }
        Ok(())
    }

    /// The back splits of D5.7, where nothing is to be reserved.
    fn protect_split(&mut self, first: usize, end: u64) -> (u64, Result<(), Refusal>) {
        let mut x = first;
        while self.map.in_walk(x, end) {
            self.back_split(x, end);
            x += 1;
        }
        (end, Ok(()))
    }

    /// D5.7. Returns up to where the last pass goes: after a shortage, to the end of that entry.
    fn protect_charge(&mut self, first: usize, end: u64, prot: Prot) -> (u64, Result<(), Refusal>) {
        let mut x = first;
        while self.map.in_walk(x, end) {
            self.back_split(x, end);
            let guard = self.has(x, EntryFlags::GUARD);
            let charge = if guard {
                None
            } else {
                self.map.protect_must_charge(x, prot, ProtectWhat::Current)
            };
            if let Some(charge) = charge {
                let paid = self.map.protect_pay(x, charge);
                if paid.is_err() {
                    self.reach(Branch::ProtectSwapShort);
                    return (self.map.process.entries[x].end, paid);
                }
                self.reach(Branch::ProtectCharged);
            }
            x += 1;
        }
        (end, Ok(()))
    }

    /// D5.8.
    fn protect_one(&mut self, x: usize, wish: Wish, changes: &mut Vec<Change>) {
        let entry = &mut self.map.process.entries[x];
        let (gap, guard) = (entry.has(EntryFlags::STACK_GAP), entry.has(EntryFlags::GUARD));
        if gap {
            entry.offset = keep(wish.apply(kept(entry)));
            return self.reach(Branch::ProtectGap);
        }
        if guard {
            return;
        }
        let old = entry.prot;
        (entry.prot, entry.max) = wish.apply((old, entry.max));
        let (range, new) = (entry.range(), entry.prot);
        if new != old {
            changes.push(Change::Protected(range, new));
        }
        self.reach(match (wish.prot, wish.max) {
            (Some(_), Some(_)) => Branch::ProtectBoth,
            (None, _) => Branch::ProtectMax,
            (Some(_), None) => Branch::ProtectCurrent,
        });
    }
}
