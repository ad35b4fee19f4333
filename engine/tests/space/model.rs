//! A map, and the list of what was mapped in it.

use std::num::NonZeroU64;

use growstack::{Addr, AddrRange, Mapping, Prot, VmMap};

/// A small generator of numbers that look random (xorshift64*).
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number in `low..=high`, which are less than 2^40 apart.
    pub(super) fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.within(0, 99) < percent
    }
}

/// Bytes of a map.
pub(super) const SPAN: u64 = 600;

/// A map of few addresses with many entries, which never merge.
pub(super) struct Sample<const B: usize> {
    pub(super) map: VmMap<growstack::Plain, growstack::Freebsd9, B>,
    /// Where entries are, lowest first.
    pub(super) list: Vec<(u64, u64)>,
    pub(super) min: u64,
    pub(super) max: u64,
}

impl<const B: usize> Sample<B> {
    pub(super) fn of(min: u64, max: u64, list: Vec<(u64, u64)>) -> Self {
        let mut map = VmMap::with_width(Addr::new(min), Addr::new(max), Default::default());
        for (&(start, end), id) in list.iter().zip(1..) {
            let mapping = Mapping { object: NonZeroU64::new(id), ..Mapping::anonymous(Prot::RW) };
            map.insert(Addr::new(start), Addr::new(end), mapping, |_| ()).unwrap();
        }
        assert_eq!(map.len(), list.len());
        Self { map, list, min, max }
    }

    /// `SPAN` bytes from `min` on, with entries of 1 to 4 bytes; a gap takes `widest` at most.
    pub(super) fn random(rng: &mut Rng, min: u64, widest: u64) -> Self {
        let max = min + SPAN;
        let mut list = Vec::new();
        let mut at = min;
        loop {
            let gap = if rng.chance(30) { 0 } else { rng.within(0, widest) };
            let start = at.saturating_add(gap);
            let end = start.saturating_add(rng.within(1, 4));
            if start == end || end > max || rng.chance(1) {
                return Self::of(min, max, list);
            }
            list.push((start, end));
            at = end;
        }
    }

    /// How many bytes are free from each address of the map on.
    pub(super) fn free(&self) -> Vec<u64> {
        let mut free: Vec<u64> = (0..self.max - self.min).rev().map(|i| i + 1).collect();
        for &(start, end) in &self.list {
            let (start, end) = (start - self.min, end - self.min);
            (0..start).for_each(|i| free[i as usize] = free[i as usize].min(start - i));
            (start..end).for_each(|i| free[i as usize] = 0);
        }
        free
    }

    /// A range of addresses that begins and ends in or near the map.
    pub(super) fn random_range(&self, rng: &mut Rng) -> AddrRange {
        let low = self.min.saturating_sub(5);
        let addr = |rng: &mut Rng| low.saturating_add(rng.within(0, SPAN + 10));
        loop {
            let (low, high) = (addr(rng), addr(rng));
            if let Some(range) = AddrRange::new(Addr::new(low), Addr::new(high)) {
                return range;
            }
        }
    }
}

/// Maps at the bottom, in the middle and at the top of all addresses.
pub(super) fn samples<const B: usize>(rng: &mut Rng) -> Vec<Sample<B>> {
    let mins = [0, 1003, u64::MAX - SPAN];
    let mut samples: Vec<_> = [3, 8, 40]
        .iter()
        .flat_map(|&widest| mins.map(|min| (min, widest)))
        .map(|(min, widest)| Sample::random(rng, min, widest))
        .collect();
    for min in mins {
        samples.push(Sample::of(min, min + SPAN, Vec::new()));
        samples.push(Sample::of(min, min + SPAN, vec![(min, min + SPAN)]));
    }
    samples
}
