//! What must hold after every step.

use growstack::{Change, EntryFlags};

use super::Oracle;
use super::piece::Piece;

macro_rules! hold {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+));
        }
    };
}

impl Oracle {
    /// Bounds, order, disjointness and the sums, all recomputed.
    pub(super) fn audit(&self) -> Result<(), String> {
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
        let sum = |f: fn(&Piece) -> u64| self.entries.iter().map(f).map(i128::from).sum();
        let mapped: i128 = sum(Piece::audited_len);
        hold!(mapped == i128::from(self.size), "size is {:#x}, not {mapped:#x}", self.size);

        let charged: i128 = sum(|e| e.audited_len() * e.flag(EntryFlags::CHARGED));
        let (reserved, borrowed) = (self.reserved, self.borrowed);
        hold!(
            charged == i128::from(reserved) + i128::from(borrowed),
            "{charged:#x} bytes are charged, {reserved:#x} reserved and {borrowed:#x} never were"
        );
        let pages: i128 = sum(Piece::wired_pages);
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
            e.flags.contains(EntryFlags::COW) == e.flags.contains(EntryFlags::NEEDS_COPY),
            "{e:?} has cow or needs_copy without the other"
        );
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
                Change::Protected(..) | Change::Wired(_) | Change::Unwired(_) => 0,
            })
            .sum();
        hold!(
            i128::from(before) + delta == i128::from(self.size),
            "size went from {before:#x} to {:#x}, the reported changes make {delta:#x}",
            self.size
        );
        Ok(())
    }
}
