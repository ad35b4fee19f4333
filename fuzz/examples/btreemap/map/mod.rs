//! A map of one's own: entries in a `BTreeMap`, anonymous memory, stacks that grow down.
//!
//! It has no objects, flags, wiring, inheritance or advice, and does
//! not count swap. Numbers are rules of `docs/behaviour.md`.

mod space;
mod stack;

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use growstack::KernReturn::{self, InvalidAddress, NoSpace, ProtectionFailure};
use growstack::{Prot, ProtectWhat};
use growstack_fuzz::op::Config;

/// What an entry is, beside its start. `paid` is `charged`: it keeps equal entries apart (3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    end: u64,
    prot: Prot,
    max: Prot,
    paid: bool,
    stack: bool,
    avail: u64,
}

impl Entry {
    /// Rule 3.1, between neighbours.
    fn merges(&self, other: &Self) -> bool {
        let kind = |e: &Self| (e.prot, e.max, e.paid, e.stack);
        kind(self) == kind(other)
    }
}

/// The map, its entries by their start.
#[derive(Debug)]
pub(crate) struct ListMap {
    entries: BTreeMap<u64, Entry>,
    config: Config,
    /// Pages by which the main stack has grown.
    ssize: u64,
}

/// Success, or why not.
type Outcome = Result<(), KernReturn>;

impl ListMap {
    fn at(&self, addr: u64) -> Option<(u64, Entry)> {
        let (&start, &entry) = self.entries.range(..=addr).next_back()?;
        (addr < entry.end).then_some((start, entry))
    }

    fn below(&self, addr: u64) -> Option<(u64, Entry)> {
        self.entries.range(..addr).next_back().map(|(&start, &entry)| (start, entry))
    }

    fn above(&self, addr: u64) -> Option<(u64, Entry)> {
        let after = (Excluded(addr), Unbounded);
        self.entries.range(after).next().map(|(&start, &entry)| (start, entry))
    }

    fn size(&self) -> u64 {
        self.entries.iter().map(|(start, entry)| entry.end - start).sum()
    }

    fn over_limit(&self, more: u64) -> bool {
        self.size().wrapping_add(more) > self.config.limits.vmem.get()
    }

    /// 3.2. The start of the entry may change.
    fn simplify(&mut self, start: u64) {
        let (mut start, mut entry) = (start, self.entries[&start]);
        if let Some((low, lower)) = self.below(start)
            && lower.end == start
            && lower.merges(&entry)
        {
            self.entries.remove(&start);
            start = low;
        }
        if let Some(upper) = self.entries.get(&entry.end).copied()
            && upper.merges(&entry)
        {
            self.entries.remove(&entry.end);
            entry.end = upper.end;
        }
        self.entries.insert(start, entry);
    }

    /// 4.1: splits the entry that has `addr` inside, if one has.
    fn split(&mut self, addr: u64) {
        if let Some((start, entry)) = self.at(addr).filter(|(start, _)| *start < addr) {
            self.entries.insert(start, Entry { end: addr, ..entry });
            self.entries.insert(addr, entry);
        }
    }

    /// 2.1 and 4.2: the range clamped, with no entry across its start.
    fn begin(&mut self, start: u64, end: u64) -> (u64, u64) {
        let end = end.min(self.config.max.get());
        let start = start.max(self.config.min.get()).min(end);
        if let Some((low, _)) = self.at(start).filter(|(low, _)| *low < start) {
            self.simplify(low);
            self.split(start);
        }
        (start, end)
    }

    /// The starts of the entries from `start` to below `end`. A reversed range has none.
    fn starts(&self, start: u64, end: u64) -> Vec<u64> {
        self.entries.range(start..end.max(start)).map(|(&start, _)| start).collect()
    }

    /// Section 6 and, for `stack`, 12.10.
    fn insert(&mut self, start: u64, end: u64, prot: Prot, max: Prot, stack: bool) -> Outcome {
        if start < self.config.min.get() || end > self.config.max.get() || start >= end {
            return Err(InvalidAddress);
        }
        if self.at(start).is_some() || self.above(start).is_some_and(|(next, _)| next < end) {
            return Err(NoSpace);
        }
        let paid = prot.contains(Prot::WRITE);
        let entry = Entry { end, prot, max, paid, stack, avail: 0 };
        let lower = self.below(start).filter(|(_, l)| l.end == start && l.merges(&entry));
        let (start, entry) = match lower {
            // 6.7a: the lower neighbour grows, and is then itself simplified.
            Some((low, lower)) if !stack => (low, Entry { end, ..lower }),
            _ => (start, entry),
        };
        self.entries.insert(start, entry);
        if !stack {
            self.simplify(start);
        }
        Ok(())
    }

    /// 7.1.
    fn remove(&mut self, start: u64, end: u64) {
        let max = self.config.max.get().min(end);
        if start.max(self.config.min.get()) >= max {
            return;
        }
        let (start, end) = self.begin(start, end);
        self.split(end);
        for gone in self.starts(start, end) {
            self.entries.remove(&gone);
        }
    }

    /// 7.4, 7.5.
    fn find_space(&self, start: u64, length: u64) -> Result<u64, KernReturn> {
        let max = self.config.max.get();
        let start = start.max(self.config.min.get());
        let end = start.checked_add(length).filter(|end| *end <= max).ok_or(NoSpace)?;
        let holder = self.at(start);
        if length == 0 {
            let inside = holder.filter(|(low, _)| *low < start);
            return Ok(inside.map_or(start, |(_, entry)| entry.end));
        }
        if holder.is_none() && self.above(start).is_none_or(|(next, _)| next >= end) {
            return Ok(start);
        }
        let from = holder.map_or(start, |(low, _)| low);
        let mut ends = self.entries.range(from..).map(|(_, entry)| entry.end);
        let gap = |end: &u64| {
            let next = self.entries.range(end..).next().map_or(max, |(&next, _)| next);
            next - end >= length
        };
        ends.find(gap).ok_or(NoSpace)
    }

    /// 5.4. Nothing here can run short of swap.
    fn protect(&mut self, start: u64, end: u64, prot: Prot, what: ProtectWhat) -> Outcome {
        if start == end {
            return Ok(());
        }
        let (start, end) = self.begin(start, end);
        let starts = self.starts(start, end);
        if starts.iter().any(|start| !self.entries[start].max.contains(prot)) {
            return Err(ProtectionFailure);
        }
        if !starts.is_empty() {
            self.split(end);
        }
        for start in &starts {
            let entry = self.entries.get_mut(start).expect("nothing has merged yet");
            entry.paid |= what == ProtectWhat::Current
                && prot.contains(Prot::WRITE)
                && !entry.prot.contains(Prot::WRITE);
        }
        let mut next = starts.first().copied();
        while let Some(start) = next {
            let entry = self.entries.get_mut(&start).expect("the start of an entry");
            if what == ProtectWhat::Max {
                (entry.max, entry.prot) = (prot, entry.prot.intersection(prot));
            } else {
                entry.prot = prot;
            }
            self.simplify(start);
            next = self.above(start).map(|(start, _)| start).filter(|start| *start < end);
        }
        Ok(())
    }

    /// 8.2.
    fn check_protection(&self, start: u64, end: u64, prot: Prot) -> bool {
        let mut next = start;
        loop {
            match self.at(next) {
                None => return false,
                Some(_) if start >= end => return true,
                Some((_, entry)) if !entry.prot.contains(prot) => return false,
                Some((_, entry)) if entry.end >= end => return true,
                Some((_, entry)) => next = entry.end,
            }
        }
    }
}
