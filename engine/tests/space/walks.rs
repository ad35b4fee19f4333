//! Walks from either end and from both, over ranges and the whole.

use growstack::{Addr, AddrRange, Gap};

use super::model::{Rng, Sample, samples};

fn pair(range: AddrRange) -> (u64, u64) {
    (range.start().get(), range.end().get())
}

impl<const B: usize> Sample<B> {
    fn listed_entries(&self, within: AddrRange) -> Vec<(u64, u64)> {
        let (low, high) = pair(within);
        self.list.iter().copied().filter(|&(start, end)| start < high && end > low).collect()
    }

    fn listed_gaps(&self, within: AddrRange) -> Vec<Gap> {
        let (low, high) = pair(within);
        let ends = [self.min].into_iter().chain(self.list.iter().map(|&(_, end)| end));
        let starts = self.list.iter().map(|&(start, _)| start).chain([self.max]);
        let clipped = ends.zip(starts).map(|(from, to)| (from.max(low), to.min(high)));
        let gap = |(from, to)| {
            Some(Gap {
                range: AddrRange::new(Addr::new(from), Addr::new(to))?,
                below: self.list.iter().any(|&(_, end)| end == from),
                above: self.list.iter().any(|&(start, _)| start == to),
            })
        };
        clipped.filter_map(gap).collect()
    }
}

/// Takes from either end as the generator says, and compares with a list. How many are left is never
/// outside the bounds given.
fn walk<T: PartialEq + std::fmt::Debug>(
    mut walk: impl DoubleEndedIterator<Item = T>,
    list: Vec<T>,
    rng: &mut Rng,
    exact: bool,
) {
    let mut left: std::collections::VecDeque<T> = list.into();
    let from_front = [0, 10, 50, 90, 100][rng.within(0, 4) as usize];
    loop {
        let (least, most) = walk.size_hint();
        let most = most.unwrap();
        assert!(least <= left.len() && left.len() <= most, "{least} {} {most}", left.len());
        assert!(!exact || least == most);
        let (found, listed) = if rng.chance(from_front) {
            (walk.next(), left.pop_front())
        } else {
            (walk.next_back(), left.pop_back())
        };
        assert_eq!(found, listed);
        if found.is_none() {
            break;
        }
    }
    assert!(walk.next().is_none() && walk.next_back().is_none() && walk.next().is_none());
    assert_eq!(walk.size_hint(), (0, Some(0)));
}

fn compare<const B: usize>(sample: &Sample<B>, rng: &mut Rng) {
    let map = &sample.map;
    let all = AddrRange::ALL;
    for _ in 0..10 {
        let entries = map.entries().map(|entry| pair(entry.range));
        walk(entries, sample.list.clone(), rng, true);
        walk(map.gaps(), sample.listed_gaps(all), rng, false);
    }
    assert_eq!(map.gaps().rev().count(), map.gaps().count());
    for _ in 0..150 {
        let range = sample.random_range(rng);
        let entries = map.entries_in(range).map(|entry| pair(entry.range));
        walk(entries, sample.listed_entries(range), rng, false);
        walk(map.gaps_in(range), sample.listed_gaps(range), rng, false);
        let from = AddrRange::new(range.start(), Addr::MAX).unwrap();
        let entries = map.entries_from(range.start()).map(|entry| pair(entry.range));
        walk(entries, sample.listed_entries(from), rng, false);
    }
}

fn compare_all<const B: usize>(seed: u64) {
    let mut rng = Rng::new(seed);
    for _ in 0..6 {
        for sample in samples::<B>(&mut rng) {
            compare(&sample, &mut rng);
        }
    }
}

#[test]
fn walks_give_what_is_listed_in_nodes_of_4() {
    compare_all::<4>(3);
}

#[test]
fn walks_give_what_is_listed_in_nodes_of_16() {
    compare_all::<16>(4);
}

#[test]
fn what_is_left_of_a_small_range_is_known_after_the_first() {
    let list: Vec<_> = (0..500).map(|n| (10 * n, 10 * n + 5)).collect();
    let sample = Sample::<16>::of(0, 5000, list);
    let range = AddrRange::new(Addr::new(2), Addr::new(31)).unwrap();
    let mut entries = sample.map.entries_in(range);
    assert_eq!(entries.size_hint(), (0, Some(500)));
    assert!(entries.next().is_some());
    assert_eq!(entries.size_hint(), (3, Some(3)));
    assert_eq!(sample.map.entries().size_hint(), (500, Some(500)));
    assert_eq!(sample.map.entries_from(Addr::ZERO).size_hint(), (500, Some(500)));
    assert_eq!(sample.map.gaps().size_hint(), (0, Some(501)));
}
