//! What a refusal leaves behind in FreeBSD 9.3: nothing but what its rule names (1.6).

use growstack::{Refusal, Size};

use super::Around;
use crate::answer::Row;
use crate::op::Op;

impl Around<'_> {
    pub(super) fn refused_9(&self, refusal: Refusal) -> Result<(), &'static str> {
        match self.op {
            // 17.19: what was reserved for it stays reserved.
            Op::Grow { .. } if matches!(refusal, Refusal::ObjectGrowth { .. }) => {
                if self.changed_but_for_avail() {
                    Err("a growth was refused and more than an avail changed (17.19)")
                } else {
                    Ok(())
                }
            }
            Op::Grow { .. } if self.counters_changed() => {
                Err("a growth was refused and a counter changed (1.6)")
            }
            Op::Grow { .. } if self.changed_but_for_avail() => {
                Err("a growth was refused and more than an avail changed (1.6, 13.6, 13.11)")
            }
            Op::Insert { .. } | Op::Stack { .. } | Op::Find { .. } | Op::SetGrowSize { .. }
                if self.changed() =>
            {
                Err("an operation was refused and changed the map (1.6)")
            }
            _ => Ok(()),
        }
    }

    fn changed_but_for_avail(&self) -> bool {
        let (before, after) = (self.before.0, self.after.0);
        if !self.rows_changed() {
            return false;
        }
        let same = |(b, a): (&Row, &Row)| {
            let without = |row: &Row| Row { avail: Size::ZERO, ..row.clone() };
            b == a || without(b) == without(a)
        };
        before.len() != after.len() || !before.iter().zip(after).all(same)
    }
}
