//! Maps of FreeBSD 14.2 as 9.3 would have them: without the gaps of stacks, whose lengths are what the
//! stacks beside them have left to grow.

use growstack::{EntryFlags, Size};

use super::view::View;
use crate::answer::Row;

/// The rows of `view` so; `None` if they are all of a kind that 9.3 has, too.
pub(super) fn as_reserves(view: &View<'_>) -> Option<Vec<Row>> {
    let is_gap = |row: &Row| row.flags.intersects(EntryFlags::STACK_GAP);
    (view.is_of_14() && view.rows.iter().any(is_gap)).then(|| with_reserves(view.rows))
}

fn with_reserves(rows: &[Row]) -> Vec<Row> {
    let gap = |at: Option<usize>, kind| {
        let row = at.and_then(|at| rows.get(at)).filter(|row| row.flags.intersects(kind));
        row.map_or(Size::ZERO, |row| row.range.len())
    };
    let mut shown = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let mut row = row.clone();
        if row.flags.intersects(EntryFlags::STACK_GAP) {
            continue;
        }
        if row.flags.intersects(EntryFlags::GROWS_DOWN) {
            row.avail = gap(at.checked_sub(1), EntryFlags::STACK_GAP_DN);
        } else if row.flags.intersects(EntryFlags::GROWS_UP) {
            row.avail = gap(Some(at + 1), EntryFlags::STACK_GAP_UP);
        }
        shown.push(row);
    }
    shown
}
