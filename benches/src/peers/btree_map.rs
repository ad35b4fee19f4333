//! The standard library's `BTreeMap`, keyed by the end of an entry.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use crate::peer::{Around, Bounds, Grown, PeerMap, Value, down};

/// Ends to starts and values.
#[derive(Debug)]
pub struct StdBTreeMap(BTreeMap<u64, (u64, Value)>);

impl StdBTreeMap {
    #[inline]
    fn above(&self, addr: u64) -> Option<Bounds> {
        let (&end, &(start, _)) = self.0.range((Excluded(addr), Unbounded)).next()?;
        Some((start, end))
    }

    #[inline]
    fn below(&self, addr: u64) -> u64 {
        self.0.range(..=addr).next_back().map_or(0, |(&end, _)| end)
    }
}

impl PeerMap for StdBTreeMap {
    #[inline(always)]
    fn entry(&self, addr: u64) -> Option<(Bounds, Value)> {
        let (&end, &(start, value)) = self.0.range((Excluded(addr), Unbounded)).next()?;
        (start <= addr).then_some(((start, end), value))
    }

    #[inline(always)]
    fn neighbours(&self, addr: u64) -> Around {
        Around { below: self.below(addr), above: self.above(addr) }
    }

    fn empty(_: u64) -> Self {
        Self(BTreeMap::new())
    }

    #[inline]
    fn insert(&mut self, start: u64, end: u64, value: Value) {
        self.0.insert(end, (start, value));
    }

    #[inline]
    fn remove(&mut self, _: u64, end: u64) -> u64 {
        self.0.remove(&end).map_or(0, |(_, value)| value.word())
    }

    fn set_start(&mut self, old: Bounds, start: u64) {
        if let Some(entry) = self.0.get_mut(&old.1) {
            entry.0 = start;
        }
    }

    #[inline]
    fn set_end(&mut self, old: Bounds, end: u64) {
        if let Some(entry) = self.0.remove(&old.1) {
            self.0.insert(end, entry);
        }
    }

    #[inline]
    fn set_value(&mut self, bounds: Bounds, value: Value) {
        if let Some(entry) = self.0.get_mut(&bounds.1) {
            entry.1 = value;
        }
    }

    fn from(&self, addr: u64) -> impl Iterator<Item = Bounds> + '_ {
        self.0.range((Excluded(addr), Unbounded)).map(|(&end, &(start, _))| (start, end))
    }

    #[inline]
    fn grow_down(&mut self, addr: u64) -> Grown {
        let below = self.below(addr);
        let Some((&end, entry)) = self.0.range_mut((Excluded(addr), Unbounded)).next() else {
            return Grown::Refused;
        };
        match down(addr, below, Some((entry.0, end))) {
            Ok((old, start)) => {
                entry.1 = Value::PLAIN;
                self.0.insert(old.0, (start, Value::GROWS_DOWN));
                Grown::To(start)
            }
            Err(other) => other,
        }
    }
}
