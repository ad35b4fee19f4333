//! Every kind of search, against trying every address.

use growstack::{Addr, AddrRange, Alignment, Fit, Size, SpaceRequest};

use super::model::{Rng, Sample, samples};

/// An alignment and its numbers.
#[derive(Clone, Copy, Debug)]
struct Aligned {
    bytes: u64,
    offset: u64,
}

impl Aligned {
    fn request(self) -> Alignment {
        Alignment::new(Size::new(self.bytes)).unwrap().like(self.offset)
    }

    fn admits(self, addr: u64) -> bool {
        addr % self.bytes == self.offset % self.bytes
    }
}

/// What a request finds, by trying every address of the map: `free` has the bytes free from each on.
fn tried<const B: usize>(
    sample: &Sample<B>,
    free: &[u64],
    request: &SpaceRequest,
    align: Aligned,
) -> Option<u64> {
    let (length, hint) = (request.length.get(), request.hint.map(Addr::get));
    let within = request.within;
    let fits = |&addr: &u64| {
        length > 0
            && align.admits(addr)
            && within.contains(Addr::new(addr))
            && within.end().get() - addr >= length
            && free[(addr - sample.min) as usize] >= length
    };
    let all = || (sample.min..sample.max).filter(fits);
    match request.fit {
        Fit::Lowest => all().find(|&addr| hint.is_some_and(|hint| addr >= hint)).or(all().next()),
        Fit::Highest => {
            all().rfind(|&addr| hint.is_some_and(|hint| addr <= hint)).or(all().next_back())
        }
    }
}

const ALIGNS: [Aligned; 6] = [
    Aligned { bytes: 1, offset: 7 },
    Aligned { bytes: 2, offset: 0 },
    Aligned { bytes: 8, offset: 0 },
    Aligned { bytes: 8, offset: 13 },
    Aligned { bytes: 64, offset: 0 },
    Aligned { bytes: 64, offset: 63 },
];

fn ranges<const B: usize>(sample: &Sample<B>, rng: &mut Rng) -> Vec<AddrRange> {
    let whole = AddrRange::new(Addr::new(sample.min), Addr::new(sample.max)).unwrap();
    let mut ranges = vec![AddrRange::ALL, whole];
    ranges.extend((0..6).map(|_| sample.random_range(rng)));
    ranges
}

fn compare<const B: usize>(sample: &Sample<B>, rng: &mut Rng) -> usize {
    let free = sample.free();
    let mut found = 0;
    let lengths = [0, 1, 2, rng.within(3, 9), rng.within(10, 60), rng.within(60, 700), u64::MAX];
    for within in ranges(sample, rng) {
        let near = sample.min + rng.within(0, sample.max - sample.min);
        let end = within.end();
        let hints = [None, Some(near), Some(0), Some(u64::MAX), Some(end.get())];
        for (length, align) in lengths.iter().flat_map(|&l| ALIGNS.map(|align| (l, align))) {
            for (hint, fit) in hints.iter().flat_map(|&h| [(h, Fit::Lowest), (h, Fit::Highest)]) {
                let request = SpaceRequest {
                    length: Size::new(length),
                    align: Some(align.request()),
                    within,
                    fit,
                    hint: hint.map(Addr::new),
                };
                let tried = tried(sample, &free, &request, align);
                let answer = sample.map.free_space(&request).map(Addr::get);
                assert_eq!(answer, tried, "{request:?} in {:x?}", sample.list);
                found += usize::from(tried.is_some());
            }
        }
    }
    found
}

fn compare_all<const B: usize>(seed: u64) {
    let mut rng = Rng::new(seed);
    let mut found = 0;
    for _ in 0..4 {
        for sample in samples::<B>(&mut rng) {
            found += compare(&sample, &mut rng);
        }
    }
    assert!(found > 30_000, "{found} searches found something");
}

#[test]
fn every_search_finds_what_trying_finds_in_nodes_of_4() {
    compare_all::<4>(1);
}

#[test]
fn every_search_finds_what_trying_finds_in_nodes_of_16() {
    compare_all::<16>(2);
}

/// Thousands of gaps that are long enough and not aligned, and one place that is.
#[test]
fn gaps_without_an_aligned_place_are_passed_over() {
    for place in [0, 1, 1999, 3998, 3999] {
        let list = (0..4000).filter(|&n| n != place).map(|n| (n * 16, n * 16 + 8)).collect();
        let sample = Sample::<16>::of(0, 64_000, list);
        for fit in [Fit::Lowest, Fit::Highest] {
            let align = Alignment::new(Size::new(16));
            let request = SpaceRequest { align, fit, ..SpaceRequest::new(Size::new(5)) };
            assert_eq!(sample.map.free_space(&request), Some(Addr::new(place * 16)));
        }
    }
}
