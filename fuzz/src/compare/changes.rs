//! Lists of changes.

use growstack::{AddrRange, Change};

/// Joins neighbours of one kind that touch, because how many entries a stretch is made of is a
/// map's own business.
pub fn coalesce(changes: &mut Vec<Change>) {
    changes.dedup_by(|next, last| match join(*last, *next) {
        Some(joined) => {
            *last = joined;
            true
        }
        None => false,
    });
}

/// `first` and `second` as one change, if they are of one kind and touch.
fn join(first: Change, second: Change) -> Option<Change> {
    let (low, high) = (first.range(), second.range());
    if low.end() != high.start() {
        return None;
    }
    let range = AddrRange::new(low.start(), high.end())?;
    match (first, second) {
        (Change::Unmapped(_), Change::Unmapped(_)) => Some(Change::Unmapped(range)),
        (Change::Mapped(_, p), Change::Mapped(_, q)) if p == q => Some(Change::Mapped(range, p)),
        (Change::Protected(_, p), Change::Protected(_, q)) if p == q => {
            Some(Change::Protected(range, p))
        }
        (Change::Wired(_), Change::Wired(_)) => Some(Change::Wired(range)),
        (Change::Unwired(_), Change::Unwired(_)) => Some(Change::Unwired(range)),
        (Change::CopyOnWrite(_), Change::CopyOnWrite(_)) => Some(Change::CopyOnWrite(range)),
        _ => None,
    }
}
