//! A sorted `Vec`, searched by halving; insertion moves what is above.

use crate::contender::{Around, Bounds, Contender, Grown, Index, Value, down, up};

/// Entries in address order, the ends apart so that the search reads nothing else.
#[derive(Debug, Default)]
pub struct Sorted {
    ends: Vec<u64>,
    entries: Vec<(u64, Value)>,
}

impl Sorted {
    /// The place of the first entry with an end above `addr`.
    #[inline]
    fn seek(&self, addr: u64) -> usize {
        self.ends.partition_point(|end| *end <= addr)
    }

    #[inline]
    fn bounds(&self, at: usize) -> Option<Bounds> {
        Some((self.entries.get(at)?.0, *self.ends.get(at)?))
    }

    #[inline]
    fn near(&self, at: usize) -> Around {
        let below = at.checked_sub(1).and_then(|at| self.ends.get(at)).copied();
        Around { below: below.unwrap_or(0), above: self.bounds(at) }
    }
}

impl Index for Sorted {
    #[inline(always)]
    fn lookup(&self, addr: u64) -> Option<Bounds> {
        self.bounds(self.seek(addr)).filter(|&(start, _)| start <= addr)
    }

    #[inline(always)]
    fn neighbours(&self, addr: u64) -> Around {
        self.near(self.seek(addr))
    }
}

impl Contender for Sorted {
    fn empty(_: u64) -> Self {
        Self::default()
    }

    #[inline]
    fn insert(&mut self, start: u64, end: u64, value: Value) {
        let at = self.seek(start);
        self.ends.insert(at, end);
        self.entries.insert(at, (start, value));
    }

    #[inline]
    fn remove(&mut self, start: u64, _: u64) -> u64 {
        let at = self.seek(start);
        if at >= self.ends.len() {
            return 0;
        }
        self.ends.remove(at);
        self.entries.remove(at).1.word()
    }

    #[inline]
    fn value(&self, addr: u64) -> Option<Value> {
        let &(start, value) = self.entries.get(self.seek(addr))?;
        (start <= addr).then_some(value)
    }

    fn set_start(&mut self, old: Bounds, start: u64) {
        let at = self.seek(old.0);
        if let Some(entry) = self.entries.get_mut(at) {
            entry.0 = start;
        }
    }

    fn set_end(&mut self, old: Bounds, end: u64) {
        let at = self.seek(old.0);
        if let Some(place) = self.ends.get_mut(at) {
            *place = end;
        }
    }

    #[inline]
    fn set_value(&mut self, bounds: Bounds, value: Value) {
        let at = self.seek(bounds.0);
        if let Some(entry) = self.entries.get_mut(at) {
            entry.1 = value;
        }
    }

    fn from(&self, addr: u64) -> impl Iterator<Item = Bounds> + '_ {
        (self.seek(addr)..).map_while(|at| self.bounds(at))
    }

    /// Sorts, since one insertion after the other is quadratic.
    fn build(_: u64, entries: impl Iterator<Item = (u64, u64, Value)>) -> Self {
        let mut entries: Vec<_> = entries.collect();
        entries.sort_unstable_by_key(|entry| entry.1);
        Self {
            ends: entries.iter().map(|entry| entry.1).collect(),
            entries: entries.iter().map(|entry| (entry.0, entry.2)).collect(),
        }
    }

    #[inline]
    fn grow_down(&mut self, addr: u64) -> Grown {
        let at = self.seek(addr);
        let near = self.near(at);
        match down(addr, near.below, near.above) {
            Ok((_, start)) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.0 = start;
                }
                Grown::To(start)
            }
            Err(other) => other,
        }
    }

    #[inline]
    fn grow_up(&mut self, addr: u64) -> Grown {
        let at = self.seek(addr);
        let Some((lower, bounds)) = at.checked_sub(1).and_then(|at| Some((at, self.bounds(at)?)))
        else {
            return Grown::Refused;
        };
        match up(addr, bounds, self.bounds(at)) {
            Ok(end) => {
                if let Some(place) = self.ends.get_mut(lower) {
                    *place = end;
                }
                Grown::To(end)
            }
            Err(other) => other,
        }
    }
}
