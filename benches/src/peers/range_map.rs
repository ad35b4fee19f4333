//! `rangemap`, which merges touching ranges of equal values: a boundary move is an insertion there.

use rangemap::RangeMap;

use crate::peer::{Around, Bounds, Grown, PeerMap, Value, up};

/// Ranges to values.
#[derive(Debug)]
pub struct Ranges(RangeMap<u64, Value>);

/// Bytes below an address to look at first: most gaps are no wider.
const FIRST_LOOK: u64 = 512 << 10;

impl Ranges {
    /// The end of the last entry that starts below `addr`. The crate has no question for that: its
    /// iterators go down from the end of the map. So entries are walked from some way below on,
    /// twice as far at each try.
    #[inline]
    fn below(&self, addr: u64) -> u64 {
        let mut look = FIRST_LOOK;
        loop {
            let from = addr.saturating_sub(look);
            let near = self.0.overlapping(from..u64::MAX);
            let lower = near.take_while(|(range, _)| range.start < addr).last();
            match lower {
                Some((range, _)) => return range.end,
                None if from == 0 => return 0,
                None => look = look.saturating_mul(2),
            }
        }
    }

    /// Mapping more with the value of the entry it touches makes that one longer.
    #[inline]
    fn extend(&mut self, from: u64, start: u64, end: u64) {
        if let Some(value) = self.0.get(&from).copied() {
            self.0.insert(start..end, value);
        }
    }
}

impl PeerMap for Ranges {
    #[inline(always)]
    fn entry(&self, addr: u64) -> Option<(Bounds, Value)> {
        let found = self.0.get_key_value(&addr);
        found.map(|(range, value)| ((range.start, range.end), *value))
    }

    #[inline(always)]
    fn neighbours(&self, addr: u64) -> Around {
        let above = self.0.overlapping(addr..u64::MAX).next();
        let above = above.map(|(range, _)| (range.start, range.end));
        let bound = above.map_or(addr, |(start, _)| start.min(addr));
        Around { below: self.below(bound), above }
    }

    fn empty(_: u64) -> Self {
        Self(RangeMap::new())
    }

    #[inline]
    fn insert(&mut self, start: u64, end: u64, value: Value) {
        self.0.insert(start..end, value);
    }

    #[inline]
    fn remove(&mut self, start: u64, end: u64) -> u64 {
        self.0.remove(start..end);
        start
    }

    fn set_start(&mut self, old: Bounds, start: u64) {
        if start < old.0 {
            self.extend(old.0, start, old.0);
        } else {
            self.0.remove(old.0..start);
        }
    }

    fn set_end(&mut self, old: Bounds, end: u64) {
        if end > old.1 {
            self.extend(old.0, old.1, end);
        } else {
            self.0.remove(end..old.1);
        }
    }

    #[inline]
    fn set_value(&mut self, bounds: Bounds, value: Value) {
        self.0.insert(bounds.0..bounds.1, value);
    }

    fn from(&self, addr: u64) -> impl Iterator<Item = Bounds> + '_ {
        self.0.overlapping(addr..u64::MAX).map(|(range, _)| (range.start, range.end))
    }

    #[inline]
    fn grow_up(&mut self, addr: u64) -> Grown {
        let near = self.neighbours(addr);
        // Only the end of the lower neighbour counts for growth up.
        match up(addr, (0, near.below), near.above) {
            Ok(end) => {
                self.0.insert(near.below..end, Value::PLAIN);
                Grown::To(end)
            }
            Err(other) => other,
        }
    }
}
