//! The pages at which a map and the kernel differ.

use std::fmt;

use growstack::{Addr, AddrRange, PAGE_SIZE, Prot};

use super::Region;

/// A stretch of pages at which the map and the kernel differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The pages.
    pub range: AddrRange,
    /// The protection in the map, if the pages are mapped there.
    pub map: Option<Prot>,
    /// The protection in `/proc/PID/maps`, if the pages are mapped there.
    pub kernel: Option<Prot>,
}

impl Difference {
    /// The number of pages.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.range.len().get() / PAGE_SIZE
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |prot: Option<Prot>| prot.map_or("nothing".to_owned(), |prot| prot.to_string());
        let (pages, map, kernel) = (self.pages(), text(self.map), text(self.kernel));
        write!(f, "{}: {pages} pages, {map} in the map, {kernel} in /proc/PID/maps", self.range)
    }
}

/// A stretch of pages that are mapped alike.
pub type Stretch = (AddrRange, Prot);

/// The stretches of `regions` below `max`: at it and above are the kernel's own addresses, of
/// which `[vsyscall]` is shown to every process.
#[must_use]
pub fn stretches(regions: &[Region], max: Addr) -> Vec<Stretch> {
    let user = regions.iter().filter(|region| region.range.start() < max);
    user.map(|region| (region.range, region.prot)).collect()
}

/// Where `map` and `kernel`, both in the order of addresses, differ in what is mapped and how.
/// Linear in the length of both.
#[must_use]
pub fn differences(map: &[Stretch], kernel: &[Stretch]) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    let (mut ours, mut theirs) = (Walk::new(map), Walk::new(kernel));
    let mut at = Addr::ZERO;
    while let Some(next) = ours.edge(at).into_iter().chain(theirs.edge(at)).min() {
        let (one, other) = (ours.prot(at), theirs.prot(at));
        if let Some(range) = AddrRange::new(at, next).filter(|_| one != other) {
            match found.last_mut() {
                Some(last) if last.range.end() == at && (last.map, last.kernel) == (one, other) => {
                    last.range = AddrRange::new(last.range.start(), next).unwrap_or(last.range);
                }
                _ => found.push(Difference { range, map: one, kernel: other }),
            }
        }
        at = next;
    }
    found
}

/// Goes along stretches with rising addresses.
struct Walk<'a> {
    rest: &'a [Stretch],
}

impl<'a> Walk<'a> {
    fn new(stretches: &'a [Stretch]) -> Self {
        Self { rest: stretches }
    }

    /// The first start or end of a stretch above `at`.
    fn edge(&mut self, at: Addr) -> Option<Addr> {
        while let [(range, _), rest @ ..] = self.rest
            && range.end() <= at
        {
            self.rest = rest;
        }
        let (range, _) = self.rest.first()?;
        Some(if range.start() > at { range.start() } else { range.end() })
    }

    /// The protection at `at`, which [`edge`](Self::edge) was asked about.
    fn prot(&self, at: Addr) -> Option<Prot> {
        self.rest.first().filter(|(range, _)| range.contains(at)).map(|(_, prot)| *prot)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn stretch(first: u64, last: u64, prot: Prot) -> Stretch {
        let range = AddrRange::new(Addr::new(first * 4096), Addr::new(last * 4096)).unwrap();
        (range, prot)
    }

    #[test]
    fn how_pages_are_cut_into_entries_does_not_matter() {
        let map = [stretch(1, 2, Prot::RW), stretch(2, 5, Prot::RW), stretch(7, 8, Prot::RX)];
        let kernel = [stretch(1, 5, Prot::RW), stretch(7, 8, Prot::RX)];
        assert_eq!(differences(&map, &kernel), []);
        assert_eq!(differences(&[], &[]), []);
    }

    #[test]
    fn every_differing_page_is_found_once() {
        let map = [stretch(1, 4, Prot::RW), stretch(6, 8, Prot::RX)];
        let kernel = [stretch(2, 3, Prot::RW), stretch(3, 7, Prot::NONE), stretch(9, 10, Prot::RW)];
        let found = differences(&map, &kernel);
        let found: Vec<(u64, u64, Option<Prot>, Option<Prot>)> = found
            .iter()
            .map(|d| (d.range.start().get() / 4096, d.pages(), d.map, d.kernel))
            .collect();
        let (rw, rx, none) = (Some(Prot::RW), Some(Prot::RX), Some(Prot::NONE));
        assert_eq!(
            found,
            [
                (1, 1, rw, None),
                (3, 1, rw, none),
                (4, 2, None, none),
                (6, 1, rx, none),
                (7, 1, rx, None),
                (9, 1, None, rw),
            ]
        );
    }
}
