//! `nodit`: intervals, both of whose ends are inclusive.

use nodit::interval::ie;
use nodit::{Interval, NoditMap};

use crate::peer::{Around, Bounds, Grown, PeerMap, Value, up};

/// Intervals to values.
#[derive(Debug)]
pub struct Nodit(NoditMap<u64, Interval<u64>, Value>);

#[inline]
fn bounds(interval: &Interval<u64>) -> Bounds {
    (*interval.start(), *interval.end() + 1)
}

impl Nodit {
    /// Mapping more with the value of the entry it touches makes that one longer.
    #[inline]
    fn extend(&mut self, start: u64, end: u64, value: Value) {
        let merged = self.0.insert_merge_touching_if_values_equal(ie(start, end), value);
        assert!(merged.is_ok(), "the caller knows that nothing is there");
    }

    #[inline]
    fn below(&self, addr: u64) -> u64 {
        match addr.checked_sub(1) {
            Some(last) => match self.0.get_key_value_at_point(&last) {
                Ok((interval, _)) => bounds(interval).1,
                Err(gap) => *gap.start(),
            },
            None => 0,
        }
    }
}

impl PeerMap for Nodit {
    #[inline(always)]
    fn entry(&self, addr: u64) -> Option<(Bounds, Value)> {
        let found = self.0.get_key_value_at_point(&addr).ok();
        found.map(|(interval, value)| (bounds(interval), *value))
    }

    #[inline(always)]
    fn neighbours(&self, addr: u64) -> Around {
        match self.0.get_key_value_at_point(&addr) {
            Ok((interval, _)) => {
                let above = bounds(interval);
                Around { below: self.below(above.0), above: Some(above) }
            }
            Err(gap) => {
                let above = gap.end().checked_add(1).and_then(|start| self.lookup(start));
                Around { below: *gap.start(), above }
            }
        }
    }

    fn empty(_: u64) -> Self {
        Self(NoditMap::new())
    }

    #[inline]
    fn insert(&mut self, start: u64, end: u64, value: Value) {
        let inserted = self.0.insert_strict(ie(start, end), value);
        assert!(inserted.is_ok(), "the caller knows that nothing is there");
    }

    #[inline]
    fn remove(&mut self, start: u64, end: u64) -> u64 {
        self.0.remove_overlapping(&ie(start, end)).map(|(_, value)| value.word()).sum()
    }

    fn set_start(&mut self, old: Bounds, start: u64) {
        if start > old.0 {
            self.0.cut(&ie(old.0, start)).for_each(drop);
        } else if let Some(value) = self.value(old.0) {
            self.extend(start, old.0, value);
        }
    }

    fn set_end(&mut self, old: Bounds, end: u64) {
        if end < old.1 {
            self.0.cut(&ie(end, old.1)).for_each(drop);
        } else if let Some(value) = self.value(old.0) {
            self.extend(old.1, end, value);
        }
    }

    #[inline]
    fn set_value(&mut self, bounds: Bounds, value: Value) {
        if let Some(place) = self.0.get_at_point_mut(&bounds.0) {
            *place = value;
        }
    }

    fn from(&self, addr: u64) -> impl Iterator<Item = Bounds> + '_ {
        self.0.overlapping(&ie(addr, u64::MAX)).map(|(interval, _)| bounds(interval))
    }

    #[inline]
    fn grow_up(&mut self, addr: u64) -> Grown {
        let near = self.neighbours(addr);
        // Only the end of the lower neighbour counts for growth up.
        match up(addr, (0, near.below), near.above) {
            Ok(end) => {
                self.extend(near.below, end, Value::PLAIN);
                Grown::To(end)
            }
            Err(other) => other,
        }
    }
}
