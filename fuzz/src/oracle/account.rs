//! What is counted in all: bytes mapped, swap reserved, pages wired.

use growstack::{EntryFlags, Refusal, Size};

use super::Oracle;
use super::branch::Branch;
use super::piece::{PAGE, Piece};

impl Oracle {
    /// Rule 1.5. A failure says how much was reserved, and the limit.
    pub(super) fn reserve(&mut self, wanted: u64) -> Result<(), (Size, Size)> {
        let limit = self.limits.swap.get();
        match self.reserved.checked_add(wanted) {
            Some(sum) if sum <= limit => {
                self.reserved = sum;
                self.reach(Branch::SwapReserved);
                Ok(())
            }
            _ => {
                self.reach(Branch::SwapShort);
                Err((Size::new(self.reserved), self.limits.swap))
            }
        }
    }

    /// [`reserve`](Self::reserve) for an insertion (6.6).
    pub(super) fn reserve_for_insert(&mut self, wanted: u64) -> Result<(), Refusal> {
        self.reserve(wanted).map_err(|(reserved, limit)| Refusal::Swap {
            wanted: Size::new(wanted),
            reserved,
            limit,
        })
    }

    /// Rules 7.2 and 17.17: the entry is gone. Its reference is dropped at the end of the operation
    /// (17.14).
    pub(super) fn forget(&mut self, gone: &Piece) {
        self.process.size -= gone.counted_len();
        if gone.has(EntryFlags::CHARGED) {
            self.release(gone.len());
            self.reach(Branch::DeleteCharged);
        }
        if gone.wired > 0 {
            self.take_off_wired(gone);
            self.reach(Branch::DeleteWired);
        }
        let plain = !gone.has(EntryFlags::CHARGED) && gone.wired == 0;
        self.reach_if(plain, Branch::DeletePlain);
        self.reach_if(gone.has(EntryFlags::GROWTH), Branch::DeleteStack);
        self.cut_end(gone);
        self.deleted.extend(gone.object);
    }

    pub(super) fn release(&mut self, n: u64) {
        if self.reserved < n {
            // 15.2: some of the charge had never been reserved, and now never will be.
            self.borrowed -= u128::from(n - self.reserved);
            self.reserved = 0;
            self.reach(Branch::ReservedStops);
        } else {
            self.reserved -= n;
        }
    }

    /// The pages of an entry that gets its first wiring.
    pub(super) fn add_wired(&mut self, x: usize) {
        let piece = &self.process.entries[x];
        let aligned = piece.start.is_multiple_of(PAGE) && piece.end.is_multiple_of(PAGE);
        self.process.wired += piece.pages();
        self.reach_if(!aligned, Branch::UnalignedWired);
    }

    /// The pages of an entry that loses its last wiring.
    pub(super) fn take_off_wired(&mut self, piece: &Piece) {
        let pages = piece.pages();
        if self.process.wired < pages {
            // 16.3: growth up, or a page shared by two entries, had not been counted.
            self.process.lag -= i128::from(pages - self.process.wired);
            self.process.wired = 0;
            self.reach(Branch::WiredStops);
        } else {
            self.process.wired -= pages;
        }
    }

    /// The pages that wired entries cover changed from `before` to `after`, and the rules leave
    /// the count of wired pages as it is.
    pub(super) fn wired_drift(&mut self, before: u64, after: u64) {
        self.process.lag += i128::from(after) - i128::from(before);
    }
}
