//! Sections 2 to 4: the clamp, looking entries up, merging and splitting.

use growstack::EntryFlags;

use super::Oracle;
use super::branch::Branch;
use super::piece::Piece;

/// Rule 3.1: may `a` and `b`, which touch in this order, merge? If not, why not.
pub(super) fn difference(a: &Piece, b: &Piece) -> Option<Branch> {
    let but_charge = |p: &Piece| p.flags.difference(EntryFlags::CHARGED);
    if a.object != b.object {
        Some(Branch::DifferObject)
    } else if a.prot != b.prot {
        Some(Branch::DifferProt)
    } else if a.max != b.max {
        Some(Branch::DifferMax)
    } else if a.inherit != b.inherit {
        Some(Branch::DifferInherit)
    } else if but_charge(a) != but_charge(b) {
        Some(Branch::DifferFlags)
    } else if a.wired != b.wired {
        Some(Branch::DifferWired)
    } else if a.access != b.access {
        Some(Branch::DifferAccess)
    } else if a.flags != b.flags {
        Some(Branch::DifferCharge)
    } else if a.object.is_some() && a.offset.wrapping_add(a.len()) != b.offset {
        Some(Branch::DifferOffset)
    } else {
        None
    }
}

impl Oracle {
    /// Section 2.
    pub(super) fn clamp(&mut self, start: u64, end: u64) -> (u64, u64) {
        if start > end {
            self.reach(Branch::ClampReversed);
        } else if start > self.process.max {
            self.reach(Branch::ClampAbove);
        } else if end < self.process.min {
            self.reach(Branch::ClampBelow);
        }
        let (mut from, mut to) = (start, end);
        if from < self.process.min {
            from = self.process.min;
            self.reach(Branch::ClampMin);
        }
        if to > self.process.max {
            to = self.process.max;
            self.reach(Branch::ClampMax);
        }
        if from > to {
            from = to;
        }
        (from, to)
    }

    /// The entry that holds `addr`: the last that starts at or below it, if it goes on above.
    pub(super) fn holder(&self, addr: u64) -> Option<usize> {
        self.next_above(addr).checked_sub(1).filter(|&x| self.process.entries[x].holds(addr))
    }

    /// The first entry that starts above `addr`; the number of entries if there is none. They are
    /// in order, which the audit sees to.
    pub(super) fn next_above(&self, addr: u64) -> usize {
        self.process.entries.partition_point(|e| e.start <= addr)
    }

    /// Where the gap that begins at the end of entry `x - 1` ends.
    pub(super) fn gap_end(&self, x: usize) -> u64 {
        self.process.entries.get(x).map_or(self.process.max, |e| e.start)
    }

    /// The start of a walk (5.1): the upper part of the entry that holds `start`, or the next.
    pub(super) fn begin_walk(&mut self, start: u64) -> usize {
        if let Some(x) = self.holder(start) {
            self.reach(Branch::WalkMapped);
            self.front_split(x, start)
        } else {
            self.reach(Branch::WalkNext);
            self.next_above(start)
        }
    }

    /// Is there an entry at `x`, and does it start below `end`?
    pub(super) fn in_walk(&self, x: usize, end: u64) -> bool {
        self.process.entries.get(x).is_some_and(|e| e.start < end)
    }

    /// Rule 3.2. Returns where the entry is afterwards.
    pub(super) fn simplify(&mut self, x: usize) -> usize {
        let lower = x > 0 && self.mergeable(x - 1);
        let x = if lower { self.merge(x - 1, x) } else { x };
        let upper = self.mergeable(x);
        if upper {
            self.merge(x, x);
        }
        self.reach(match (lower, upper) {
            (false, false) => Branch::MergedNone,
            (true, false) => Branch::MergedLower,
            (false, true) => Branch::MergedUpper,
            (true, true) => Branch::MergedBoth,
        });
        x
    }

    /// Do the entries at `lower` and behind it touch, and may they merge?
    fn mergeable(&mut self, lower: usize) -> bool {
        let Some([a, b]) = self.process.entries.get(lower..lower + 2) else { return false };
        if a.end != b.start {
            return false;
        }
        let reached =
            if a.pending || b.pending { Some(Branch::MergeBlocked) } else { difference(a, b) };
        reached.inspect(|&why| self.reach(why)).is_none()
    }

    /// Merges the entries at `lower` and behind it. Bounds and offset become those of both
    /// together, all else is that of the entry at `survivor` (3.2, 3.3).
    pub(super) fn merge(&mut self, lower: usize, survivor: usize) -> usize {
        let (a, b) = (self.process.entries[lower].clone(), self.process.entries.remove(lower + 1));
        // 17.14: both name the same object.
        if let Some(object) = b.object {
            self.reach_if(object.is_made(), Branch::ReferenceMerged);
            self.drop_reference(object);
        }
        let mut merged = if survivor == lower { a.clone() } else { b.clone() };
        merged.start = a.start;
        merged.offset = a.offset;
        merged.end = b.end;
        self.wired_drift(a.wired_pages() + b.wired_pages(), merged.wired_pages());
        if a.has(EntryFlags::GROWTH) && a.avail != b.avail {
            self.reach(Branch::AvailLost);
        }
        if a.object.is_some() {
            self.reach(Branch::MergedObject);
        } else if a.offset.wrapping_add(a.len()) != b.offset {
            self.reach(Branch::MergedOffsets);
        }
        self.process.entries[lower] = merged;
        lower
    }

    /// Rule 4.1: cuts entry `x` at `at`, which lies strictly inside it.
    pub(super) fn split(&mut self, x: usize, at: u64) {
        let whole = self.process.entries[x].clone();
        assert!(whole.start < at && at < whole.end, "4.1: a split at {at:#x} is outside {whole:?}");
        let mut upper = whole.clone();
        upper.start = at;
        upper.offset = whole.offset.wrapping_add(at - whole.start);
        self.process.entries[x].end = at;
        if let Some(object) = whole.object {
            self.refer(object);
        }
        let parts = self.process.entries[x].wired_pages() + upper.wired_pages();
        self.wired_drift(whole.wired_pages(), parts);
        self.process.entries.insert(x + 1, upper);
        self.reach(match whole.object {
            None => Branch::SplitAnonymous,
            Some(_) => Branch::SplitObject,
        });
        self.reach_if(whole.has(EntryFlags::GROWTH), Branch::SplitStack);
        self.reach_if(whole.wired > 0, Branch::SplitWired);
    }

    /// Rule 4.2. Returns the entry that the operation goes on with.
    pub(super) fn front_split(&mut self, x: usize, at: u64) -> usize {
        if at <= self.process.entries[x].start {
            self.reach(Branch::FrontNone);
            return x;
        }
        let before = self.process.entries.len();
        let x = self.simplify(x);
        self.reach_if(self.process.entries.len() < before, Branch::FrontMerged);
        self.split(x, at);
        self.reach(Branch::FrontSplit);
        x + 1
    }

    /// Rule 4.3. The operation goes on with `x`.
    pub(super) fn back_split(&mut self, x: usize, at: u64) {
        if at >= self.process.entries[x].end {
            self.reach(Branch::BackNone);
            return;
        }
        self.split(x, at);
        self.reach(Branch::BackSplit);
    }
}
