//! The search for space, in which a stack is as if it began a gap further down (L36, L37).

use growstack::{FindRequest, FindSpace, Fit, MapFlags, SpaceRequest};

use super::*;

/// A small generator of numbers that look random (xorshift64*).
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % limit
    }
}

/// The free ranges that a search may use, from the entries one by one.
fn holes_of<const B: usize>(space: &Space<B>, gap: u64) -> Vec<(u64, u64)> {
    let (mut holes, mut below) = (vec![], space.map().min().get());
    for entry in space.map().entries() {
        let gap = if entry.is_stack() { gap } else { 0 };
        holes.push((below, entry.range.start().get().saturating_sub(gap)));
        below = entry.range.end().get();
    }
    holes.push((below, space.map().max().get()));
    holes
}

fn highest(holes: &[(u64, u64)], to: u64, length: u64) -> Option<u64> {
    let fit = |&(start, end): &(u64, u64)| {
        let at = end.min(to).checked_sub(length)?;
        (at >= start).then_some(at)
    };
    holes.iter().filter_map(fit).max()
}

fn lowest(holes: &[(u64, u64)], from: u64, length: u64) -> Option<u64> {
    let fit = |&(start, end): &(u64, u64)| {
        let at = start.max(from);
        (at.checked_add(length)? <= end).then_some(at)
    };
    holes.iter().filter_map(fit).min()
}

/// Random maps of stacks and other entries that come, go, grow and are cut: every search finds what a
/// look at each entry finds, and the index keeps every gap as it should be.
fn searches<const B: usize>(seed: u64, gap_pages: u64) {
    let gap = gap_pages * PAGE;
    let mut random = Rng(seed);
    let mut space: Space<B> = space();
    space.map_mut().set_guard_gap(Size::new(gap));
    let (mut found, mut decided, mut grown) = (0, 0, 0);
    for _ in 0..3000 {
        let (addr, pages) = (0x1_0000 + random.below(0x200) * PAGE, 1 + random.below(4));
        let end = addr + pages * PAGE;
        let kind = random.below(8);
        match kind {
            0..4 => {
                let flags = if kind < 2 { MapFlags::GROWS_DOWN } else { MapFlags::NONE };
                let prot = if random.below(2) == 0 { Prot::RW } else { Prot::NONE };
                let mapping = Mapping { flags, ..Mapping::anonymous(prot) };
                let range = (Addr::new(addr), Addr::new(end));
                _ = space.map_mut().insert(range.0, range.1, mapping, |_| ());
            }
            4..6 => space.map_mut().remove(Addr::new(addr), Addr::new(end), |_| ()).unwrap(),
            6 => grown += u64::from(space.grow(Addr::new(addr), |_| ()).is_ok()),
            _ => space.map_mut().shrink().unwrap(),
        }
        space.map().check_index().unwrap();
        let holes = holes_of(&space, gap);
        let length = 1 + random.below(20) * PAGE;
        let (from, to) = (addr.max(0x1_0000), 0x22_0000 + random.below(0x20) * PAGE);
        let up = space.map().find_space(Addr::new(from), Size::new(length)).ok();
        assert_eq!(up.map(Addr::get), lowest(&holes, from, length), "up from {from:#x}");
        let within = growstack::AddrRange::new(Addr::new(PAGE), Addr::new(to)).unwrap();
        let align = Some(growstack::Alignment::BYTE);
        let request = SpaceRequest {
            within,
            align,
            fit: Fit::Highest,
            ..SpaceRequest::new(Size::new(length))
        };
        let down = space.map().free_space(&request);
        assert_eq!(down.map(Addr::get), highest(&holes, to, length), "down from {to:#x}");
        found += u64::from(up.is_some());
        decided += u64::from(down != highest(&holes_of(&space, 0), to, length).map(Addr::new));
    }
    assert!(found > 1000 && grown > 50, "{found} {grown}");
    assert_eq!(gap == 0, decided == 0, "{decided} searches were decided by the gap");
}

#[test]
fn a_search_leaves_the_gap_below_stacks_free() {
    for (seed, gap) in [(1, 0), (2, 1), (3, 3), (4, 16), (5, 256)] {
        searches::<4>(seed, gap);
        searches::<16>(seed, gap);
    }
}

#[test]
fn a_gap_set_later_is_the_gap_of_every_node() {
    let mut space: Space<4> = space();
    for n in 0..200 {
        let start = 0x10_0000 + n * 16 * PAGE;
        if n % 3 == 0 {
            stack(&mut space, start, 1);
        } else {
            map(&mut space, start, 1, Prot::RW);
        };
    }
    for gap in [0, 3, 15, 256] {
        space.map_mut().set_guard_gap(Size::pages(gap));
        space.map().check_index().unwrap();
        assert_eq!(space.map().guard_gap(), Size::pages(gap));
    }
}

fn find(space: &mut Space, request: FindRequest, flags: MapFlags) -> Result<u64, Refusal> {
    let mapping = Mapping { flags, ..Mapping::anonymous(Prot::RW) };
    space.find(request, mapping, |_| ()).map(Addr::get)
}

fn anywhere(pages: u64) -> FindRequest {
    FindRequest::any(Addr::ZERO, Size::pages(pages))
}

#[test]
fn l37_the_highest_hole_but_for_the_gap_below_a_stack() {
    let mut space = with_stack(0xff_e000);
    assert_eq!(find(&mut space, anywhere(4), MapFlags::NONE), Ok(0xff_e000 - GAP - 4 * PAGE));
    // A stack is placed like any other.
    let at = find(&mut space, anywhere(1), MapFlags::GROWS_DOWN).unwrap();
    assert_eq!(at, 0xff_e000 - GAP - 5 * PAGE);
    let request = FindRequest { max_addr: Some(Addr::new(0x40_0000)), ..anywhere(2) };
    assert_eq!(find(&mut space, request, MapFlags::NONE), Ok(0x40_0000 - 2 * PAGE));
}

#[test]
fn l37_nothing_is_placed_below_the_lowest_address() {
    let mut space: Space = space();
    let all = (0x100_0000 - 0x1_0000) / PAGE;
    let refusal = Refusal::NoGap { start: Addr::new(0x1_0000), length: Size::pages(all + 1) };
    assert_eq!(find(&mut space, anywhere(all + 1), MapFlags::NONE), Err(refusal));
    assert_eq!(find(&mut space, anywhere(all), MapFlags::NONE), Ok(0x1_0000));
}

#[test]
fn l36_a_hint_is_taken_if_all_of_it_is_free() {
    let mut space = with_stack(0x80_0000);
    let hint = |addr, pages| FindRequest::any(Addr::new(addr), Size::pages(pages));
    let at = 0x80_0000 - GAP;
    // Rounded down; right up to the gap.
    assert_eq!(find(&mut space, hint(at - PAGE + 5, 1), MapFlags::NONE), Ok(at - PAGE));
    assert_eq!(find(&mut space, hint(at, 1), MapFlags::NONE), Ok(0x100_0000 - PAGE));
    assert_eq!(find(&mut space, hint(0x5000, 1), MapFlags::NONE), Ok(0x1_0000));
    // A hint in the first page is none.
    assert_eq!(find(&mut space, hint(0xfff, 1), MapFlags::NONE), Ok(0x100_0000 - 2 * PAGE));
    // Nothing is no mapping.
    assert!(find(&mut space, hint(at, 0), MapFlags::NONE).is_err());
}

#[test]
fn l35_a_fixed_place_keeps_no_gap() {
    let mut space = with_stack(0x80_0000);
    let request = FindRequest {
        start: Addr::new(0x80_0000 - PAGE),
        length: Size::pages(1),
        space: FindSpace::No,
        max_addr: None,
    };
    assert_eq!(find(&mut space, request, MapFlags::NONE), Ok(0x80_0000 - PAGE));
}
