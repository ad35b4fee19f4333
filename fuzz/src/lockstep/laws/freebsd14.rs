//! What a refusal leaves behind in FreeBSD 14.2: nothing but what its rule names (1.6), which is less than
//! in 9.3, for a refused growth cuts nothing.

use growstack::{EntryFlags, MapFlags, Refusal};

use super::Around;
use crate::answer::{Row, Summary};
use crate::op::Op;

impl Around<'_> {
    pub(super) fn refused_14(&self, refusal: Refusal) -> Result<(), &'static str> {
        match *self.op {
            Op::Grow { addr } => match refusal {
                // What wiring answers is the answer, while the growth stays.
                Refusal::NoAccess { .. } if self.is_grown(addr) => Ok(()),
                Refusal::NoAccess { .. } => Err("a growth that was not wired is gone (D13.10)"),
                // What was reserved for it stays reserved.
                Refusal::ObjectGrowth { .. } if !self.rows_changed() => Ok(()),
                // A gap used up is back as any guard is inserted: it may extend the one below.
                Refusal::Swap { .. } if self.only_guards_changed() => Ok(()),
                _ if self.changed() => Err("a growth was refused and changed the map (1.6, D13.7)"),
                _ => Ok(()),
            },
            // What there was is removed first, and stays so.
            Op::Find { mapping, .. } if mapping.flags.contains(MapFlags::REMAP) => Ok(()),
            Op::Fixed { mapping, .. } if !mapping.flags.contains(MapFlags::EXCL) => Ok(()),
            Op::Protect { .. } if matches!(refusal, Refusal::ProtectSwap { .. }) => Ok(()),
            Op::Insert { .. }
            | Op::Stack { .. }
            | Op::Find { .. }
            | Op::Fixed { .. }
            | Op::Protect { .. }
            | Op::SetGrowSize { .. }
                if self.changed() =>
            {
                Err("an operation was refused and changed the map (1.6, D5.6, D7.7)")
            }
            _ => Ok(()),
        }
    }

    /// Are the entries that are no guards as before, and all counters but that of entries?
    fn only_guards_changed(&self) -> bool {
        let (before, after) = (self.before.1, self.after.1);
        if !(Summary { entries: after.entries, ..before }).agrees(&after) {
            return false;
        }
        let others = |rows: &[Row]| -> Vec<Row> {
            let is_other = |row: &&Row| !row.flags.contains(EntryFlags::GUARD);
            rows.iter().filter(is_other).cloned().collect()
        };
        others(self.before.0) == others(self.after.0)
    }
}
