//! D3 and D4: joining and splitting.

use growstack::EntryFlags;

use super::super::list::difference;
use super::{Branch, Oracle14};

impl Oracle14 {
    /// D3.1 and D3.2: joins the entry below `x`, if there is one, with that at `x`, if the two can be
    /// joined. Returns where what was at `x` is then.
    pub(super) fn join_below(&mut self, x: usize) -> usize {
        match x.checked_sub(1) {
            Some(lower) if self.joinable(lower) => {
                self.reach(Branch::Joined);
                self.map.merge(lower, lower)
            }
            _ => x,
        }
    }

    /// D3.1.
    fn joinable(&mut self, lower: usize) -> bool {
        let Some([a, b]) = self.map.process.entries.get(lower..lower + 2) else { return false };
        if a.end != b.start {
            return false;
        }
        if b.has(EntryFlags::GROWTH) {
            self.reach(Branch::StackApart);
            return false;
        }
        if b.has(EntryFlags::STACK_GAP) {
            self.reach(Branch::GapApart);
            return false;
        }
        let why = difference(a, b);
        why.inspect(|&why| self.map.reach(why)).is_none()
    }

    /// D4.1: as 4.1, but what a gap keeps does not move.
    fn split(&mut self, x: usize, at: u64) {
        self.map.split(x, at);
        let kept = self.map.process.entries[x].offset;
        if self.has(x, EntryFlags::STACK_GAP) {
            self.map.process.entries[x + 1].offset = kept;
            self.reach(Branch::GapSplit);
        }
    }

    /// D4.1, 4.2: as in 9.3, but nothing is simplified before. Returns the entry to go on with.
    pub(super) fn front_split(&mut self, x: usize, at: u64) -> usize {
        if at <= self.map.process.entries[x].start {
            return x;
        }
        self.split(x, at);
        self.reach(Branch::FrontSplit);
        x + 1
    }

    /// 4.3, with D4.1.
    pub(super) fn back_split(&mut self, x: usize, at: u64) {
        if at < self.map.process.entries[x].end {
            self.split(x, at);
            self.reach(Branch::BackSplit);
        }
    }

    /// 5.1: the entry that holds `start`, or the next one.
    pub(super) fn first_entry(&self, start: u64) -> usize {
        self.map.holder(start).unwrap_or_else(|| self.map.next_above(start))
    }

    /// 5.1: where a walk begins, the entry that holds `start` being split there.
    pub(super) fn begin_walk(&mut self, start: u64) -> usize {
        match self.map.holder(start) {
            Some(x) => self.front_split(x, start),
            None => self.map.next_above(start),
        }
    }
}
