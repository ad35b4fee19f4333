//! The ends of the address space, and alignments of a good part of it.

use growstack::{Addr, AddrRange, Alignment, Fit, PageSize, Size, SpaceRequest};

use super::model::Sample;

const MAX: u64 = u64::MAX;
const HALF: u64 = 1 << 63;

fn find<const B: usize>(sample: &Sample<B>, length: u64, bytes: u64, fit: Fit) -> Option<u64> {
    let align = Alignment::new(Size::new(bytes));
    assert!(align.is_some());
    let request = SpaceRequest { align, fit, ..SpaceRequest::new(Size::new(length)) };
    sample.map.free_space(&request).map(Addr::get)
}

fn both<const B: usize>(sample: &Sample<B>, length: u64, bytes: u64) -> [Option<u64>; 2] {
    [Fit::Lowest, Fit::Highest].map(|fit| find(sample, length, bytes, fit))
}

#[test]
fn all_addresses_are_one_gap() {
    let sample = Sample::<4>::of(0, MAX, Vec::new());
    assert_eq!(both(&sample, 1, 1), [Some(0), Some(MAX - 1)]);
    assert_eq!(both(&sample, MAX, 1), [Some(0); 2]);
    assert_eq!(both(&sample, MAX, HALF), [Some(0); 2]);
    assert_eq!(both(&sample, HALF - 1, HALF), [Some(0), Some(HALF)]);
    assert_eq!(both(&sample, HALF, HALF), [Some(0); 2]);
    assert_eq!(both(&sample, 0, 1), [None; 2]);
}

#[test]
fn nothing_is_left_of_all_addresses() {
    let sample = Sample::<4>::of(0, MAX, vec![(0, MAX)]);
    assert_eq!(both(&sample, 1, 1), [None; 2]);
    assert_eq!(sample.map.gaps().count() + sample.map.gaps().rev().count(), 0);
    assert_eq!(sample.map.entries_in(AddrRange::ALL).rev().count(), 1);
}

#[test]
fn entries_at_both_ends_leave_the_middle() {
    let sample = Sample::<4>::of(0, MAX, vec![(0, 1), (MAX - 1, MAX)]);
    assert_eq!(both(&sample, 1, 1), [Some(1), Some(MAX - 2)]);
    assert_eq!(both(&sample, MAX - 2, 1), [Some(1); 2]);
    assert_eq!(both(&sample, MAX - 1, 1), [None; 2]);
    assert_eq!(both(&sample, HALF - 2, HALF), [Some(HALF); 2]);
    assert_eq!(both(&sample, HALF - 1, HALF), [None; 2]);
    let gap = sample.map.gaps().next_back().unwrap();
    assert_eq!((gap.range.start().get(), gap.range.end().get()), (1, MAX - 1));
    assert!(gap.below && gap.above);
}

#[test]
fn hints_may_be_any_address() {
    let sample = Sample::<4>::of(0x1000, 0x9000, vec![(0x3000, 0x4000)]);
    let at = |hint, fit| {
        let request = SpaceRequest {
            hint: Some(Addr::new(hint)),
            fit,
            ..SpaceRequest::new(Size::new(0x1000))
        };
        sample.map.free_space(&request).map(Addr::get)
    };
    let hints = [0, 0x3000, 0x3001, 0x8000, 0x8001, MAX];
    let lowest = [0x1000, 0x4000, 0x4000, 0x8000, 0x1000, 0x1000];
    let highest = [0x8000, 0x2000, 0x2000, 0x8000, 0x8000, 0x8000];
    assert_eq!(hints.map(|hint| at(hint, Fit::Lowest)), lowest.map(Some));
    assert_eq!(hints.map(|hint| at(hint, Fit::Highest)), highest.map(Some));
}

#[test]
fn alignments_go_up_and_down() {
    assert_eq!([0, 3, 4097, MAX].map(|bytes| Alignment::new(Size::new(bytes))), [None; 4]);
    let half = Alignment::new(Size::new(HALF)).unwrap();
    let up = [0, 1, HALF, HALF + 1, MAX].map(|addr| half.up(Addr::new(addr)).map(Addr::get));
    assert_eq!(up, [Some(0), Some(HALF), Some(HALF), None, None]);
    let down = [0, HALF - 1, HALF, MAX].map(|addr| half.down(Addr::new(addr)).map(Addr::get));
    assert_eq!(down, [Some(0), Some(0), Some(HALF), Some(HALF)]);
    let page = Alignment::page(PageSize::KIB_4);
    let like = page.like(MAX);
    assert_eq!([like.up(Addr::ZERO), like.down(Addr::new(0xffe))], [Some(Addr::new(0xfff)), None]);
    assert_eq!([like.up(Addr::MAX), like.down(Addr::MAX)], [Some(Addr::MAX); 2]);
    assert_eq!(page.like(0x3000), page);
    assert_eq!(Alignment::BYTE, Alignment::new(Size::new(1)).unwrap());
}
