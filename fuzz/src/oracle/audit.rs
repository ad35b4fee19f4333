//! What must hold after every step.

use std::collections::BTreeMap;

use growstack::{Change, EntryFlags};

use super::Oracle;
use super::objects::Backing;
use super::piece::Piece;
use super::process::Process;

macro_rules! hold {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+));
        }
    };
}

impl Oracle {
    /// Each process, the objects, and the sum of all charges.
    pub(super) fn audit(&self) -> Result<(), String> {
        self.processes().try_for_each(Process::audit)?;
        self.audit_objects()?;
        let in_entries = |process: &Process| process.sum(Piece::charge);
        let entries: i128 = self.processes().map(in_entries).sum();
        let objects: i128 = self.objects.iter().map(|o| i128::from(o.charge.unwrap_or(0))).sum();
        let (reserved, borrowed, leaked) = (self.reserved, self.borrowed, self.leaked);
        let held = u128::try_from(entries + objects).ok().map(|charged| charged + leaked);
        hold!(
            held == Some(u128::from(reserved) + borrowed),
            "{entries:#x} bytes are charged in entries, {objects:#x} in objects and {leaked:#x} to \
             nothing, {reserved:#x} reserved and {borrowed:#x} never were"
        );
        Ok(())
    }

    /// 17.13 and 17.14: references are counted right, and none is still to be dropped.
    fn audit_objects(&self) -> Result<(), String> {
        hold!(self.deleted.is_empty(), "references to {:?} were not dropped", self.deleted);
        if self.objects.iter().next().is_none() {
            return Ok(());
        }
        let entries = self.processes().flat_map(|process| &process.entries).map(|e| e.object);
        let named = entries.chain(self.objects.iter().map(|object| object.below));
        let mut counted = BTreeMap::new();
        for backing in named {
            if let Some(Backing::Made(id)) = backing {
                *counted.entry(id).or_insert(0_u64) += 1;
            }
        }
        for object in self.objects.iter() {
            let found = counted.remove(&object.id).unwrap_or(0);
            hold!(found == object.references && found != 0, "{object:?} has {found} references");
        }
        hold!(counted.is_empty(), "{counted:?} are named and gone");
        Ok(())
    }

    /// The reported changes account for the change of size.
    pub(super) fn audit_changes(&self, before: u64, reported: &[Change]) -> Result<(), String> {
        let delta: i128 = reported
            .iter()
            .map(|change| match change {
                Change::Mapped(range, _) => i128::from(range.end().get() - range.start().get()),
                Change::Unmapped(range) => {
                    i128::from(range.start().get()) - i128::from(range.end().get())
                }
                Change::Protected(..)
                | Change::Wired(_)
                | Change::Unwired(_)
                | Change::CopyOnWrite(_) => 0,
            })
            .sum();
        hold!(
            i128::from(before) + delta == i128::from(self.process.size),
            "size went from {before:#x} to {:#x}, the reported changes make {delta:#x}",
            self.process.size
        );
        Ok(())
    }
}

impl Process {
    fn sum(&self, of: fn(&Piece) -> u64) -> i128 {
        self.entries.iter().map(of).map(i128::from).sum()
    }

    /// Bounds, order, disjointness and the sums, all recomputed.
    fn audit(&self) -> Result<(), String> {
        // Ascending and end to start, so any two entries are disjoint, not only neighbours.
        let mut wrong = 0;
        let mut below = self.min;
        for e in &self.entries {
            wrong |= below.saturating_sub(e.start) | e.contradiction();
            below = e.end;
        }
        wrong |= below.saturating_sub(self.max);
        if wrong != 0 {
            self.audit_pieces()?;
        }
        let mapped = self.sum(Piece::counted_len);
        hold!(mapped == i128::from(self.size), "size is {:#x}, not {mapped:#x}", self.size);
        let pages = self.sum(Piece::wired_pages);
        let (wired, lag) = (self.wired, self.lag);
        hold!(
            pages == i128::from(wired) + lag,
            "{pages} pages are in wired entries, {wired} counted and {lag} not"
        );
        Ok(())
    }

    /// Finds the entry that [`audit`](Self::audit) has seen to be wrong.
    fn audit_pieces(&self) -> Result<(), String> {
        for e in &self.entries {
            self.audit_piece(e)?;
        }
        for pair in self.entries.windows(2) {
            hold!(
                pair[0].end <= pair[1].start,
                "the entries {:?} overlap or are out of order",
                pair
            );
        }
        Err("an entry is wrong".to_owned())
    }

    fn audit_piece(&self, e: &Piece) -> Result<(), String> {
        hold!(e.start < e.end, "{e:?} is empty or reversed");
        hold!(self.min <= e.start && e.end <= self.max, "{e:?} is not inside the map");
        hold!(!e.pending, "{e:?} was left behind by a wire or unwire");
        hold!(
            e.wired > 0 || !e.has(EntryFlags::USER_WIRED),
            "{e:?} is wired by the user and has no wiring"
        );
        hold!(
            e.has(EntryFlags::COW) || !e.has(EntryFlags::NEEDS_COPY),
            "{e:?} has needs_copy without cow"
        );
        Ok(())
    }
}
