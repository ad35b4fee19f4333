//! The view against a plain list of boundaries.
#![allow(clippy::unwrap_used)]

extern crate std;

use alloc::collections::BTreeMap;

use super::node::{Inner, Leaf, Node as _};
use super::publisher::{Publication, Publisher, Room};
use super::row::Editable as _;
use super::{View, value};
use crate::change::Change;
use crate::entry::Entry;
use crate::flags::Prot;
use crate::num::Addr;
use crate::range::AddrRange;

struct Both {
    view: View,
    publisher: Publisher,
    /// From an address on, up to the next one: this value.
    naive: BTreeMap<u64, u8>,
}

impl Both {
    fn new() -> Self {
        Self::with_room(Room::WHOLE)
    }

    fn with_room(room: Room) -> Self {
        let (view, mut publisher) = (View::new().unwrap(), Publisher::new(room));
        publisher.publish(&view, core::iter::empty::<Entry<()>>()).unwrap();
        Self { view, publisher, naive: BTreeMap::from([(0, 0)]) }
    }

    fn at(&self, addr: u64) -> u8 {
        self.naive.range(..=addr).next_back().map_or(0, |(_, &value)| value)
    }

    fn set(&mut self, start: u64, end: u64, prot: Option<Prot>) {
        let range = AddrRange::between(start, end);
        let change = match prot {
            Some(prot) => Change::Mapped(range, prot),
            None => Change::Unmapped(range),
        };
        let mut publication = Publication::new(&self.view, &mut self.publisher);
        publication.follow(change, &mut |_| ());
        publication.finish();
        let after = self.at(end);
        let gone: std::vec::Vec<u64> = self.naive.range(start..=end).map(|(&at, _)| at).collect();
        self.naive.retain(|at, _| !gone.contains(at));
        self.naive.insert(start, prot.map_or(0, value));
        if end < u64::MAX {
            self.naive.insert(end, after);
        }
    }

    fn check(&self) {
        for &boundary in self.naive.keys() {
            for addr in [boundary.wrapping_sub(1), boundary, boundary + 1] {
                let seen = self.view.protection(addr).expect("no writer is at work");
                let there = if addr == u64::MAX { 0 } else { self.at(addr) };
                assert_eq!(seen.map_or(0, value), there, "at {addr:#x}");
            }
        }
    }
}

/// Numbers that are well mixed, from a seed.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ mixed >> 31
}

#[test]
fn ranges_set_at_random() {
    let (whole, narrow) = (Room::WHOLE, Room::NARROW);
    for (seed, span, room) in
        [(1, 1 << 8, whole), (2, 1 << 12, whole), (3, 1 << 14, whole), (4, 1 << 9, narrow)]
    {
        let mut state = seed;
        let mut both = Both::with_room(room);
        for step in 0..6000_u64 {
            let start = draw(&mut state) % span;
            let longest = if step % 64 == 0 { span } else { 6 };
            let end = start + 1 + draw(&mut state) % longest;
            // Long enough in either mood to fill and to empty most nodes.
            let mapped = draw(&mut state) % 8 < if step / 1500 % 2 == 0 { 6 } else { 2 };
            let prot = Prot::from_bits_truncate((draw(&mut state) % 8) as u8);
            both.set(start, end, mapped.then_some(prot));
            if step % 97 == 0 {
                both.check();
            }
        }
        both.check();
    }
}

#[test]
fn what_was_filled_and_emptied_is_one_leaf() {
    let mut both = Both::new();
    for page in 0..5000 {
        both.set(2 * page, 2 * page + 1, Some(Prot::RW));
    }
    both.check();
    // 10 001 pieces in leaves of 14, so that a change has room, and these in nodes of 28.
    assert_eq!(both.publisher.shape(), (2, 715, 26 + 1));
    for page in (0..5000).rev() {
        both.set(2 * page, 2 * page + 1, None);
    }
    both.check();
    assert_eq!(both.publisher.shape(), (0, 1, 0));
}

#[test]
fn what_is_filled_from_above_is_parted_in_the_middle() {
    let mut both = Both::new();
    for page in (0..5000).rev() {
        both.set(2 * page, 2 * page + 1, Some(Prot::RW));
    }
    both.check();
    // Seventeen pieces are eight and nine, and the nine stay.
    let (_, leaves, inner) = both.publisher.shape();
    assert!((10_001 / 9..10_001 / 9 + 3).contains(&leaves), "{leaves} leaves");
    // And thirty-three children are sixteen and seventeen.
    assert!((leaves / 17..leaves / 17 + 5).contains(&inner), "{inner} inner nodes");
}

#[test]
fn what_is_put_together_leaves_room() {
    let pieces = |low: u64, n: u64, values| {
        let leaf = Leaf::vacant();
        leaf.fill((1..n).map(|piece| low + 0x10 * piece), values);
        leaf.row(low)
    };
    let joined = |left, right, most| {
        let right = pieces(0x1000, right, 0x2121_2121_2121_2121);
        pieces(0, left, 0x0808_0808_0808_0808).joined(&right, most).map(|both| both.len())
    };
    assert_eq!(joined(6, 6, 12), Some(12));
    assert_eq!((joined(6, 7, 12), joined(1, 12, 12)), (None, None));

    let children = |low: u64, n: u32| {
        let inner = Inner::vacant();
        let keys: alloc::vec::Vec<u64> = (1..n).map(u64::from).collect();
        inner.fill(&keys, &(0..n).collect::<alloc::vec::Vec<u32>>());
        inner.row(low)
    };
    let joined = |left, right, most| {
        children(0, left).joined(&children(99, right), most).map(|both| both.len())
    };
    assert_eq!(joined(12, 12, 24), Some(24));
    assert_eq!((joined(12, 13, 24), joined(1, 24, 24)), (None, None));
}

#[test]
fn what_empties_evenly_gives_its_nodes_back() {
    const PAGES: u64 = 4096;
    let mut both = Both::new();
    for page in 0..PAGES {
        both.set(2 * page, 2 * page + 1, Some(Prot::RW));
    }
    // From all leaves at once, until one page in 64 is left.
    for turn in 0..PAGES {
        let page = turn.reverse_bits() >> PAGES.leading_zeros() >> 1;
        if !page.is_multiple_of(64) {
            both.set(2 * page, 2 * page + 1, None);
        }
    }
    both.check();
    let (_, leaves, inner) = both.publisher.shape();
    // Of 129 pieces: a leaf of four or fewer has fuller ones beside it.
    assert!(leaves <= 129 / 4 && inner <= 3, "{leaves} leaves, {inner} inner nodes");
}

#[test]
fn what_is_published_again_takes_the_place_of_the_old() {
    let mut both = Both::new();
    for _ in 0..3 {
        both.publisher.publish(&both.view, core::iter::empty::<Entry<()>>()).unwrap();
        assert_eq!(both.publisher.shape(), (0, 1, 0));
    }
}

#[test]
fn the_ends_of_the_address_space() {
    let mut both = Both::new();
    both.set(0, u64::MAX, Some(Prot::READ));
    both.set(u64::MAX - 1, u64::MAX, None);
    both.set(0, 1, None);
    both.check();
    assert_eq!(both.view.protection(u64::MAX), Some(None));
    assert_eq!(both.view.protection(1), Some(Some(Prot::READ)));
}

#[test]
fn a_boundary_that_moves_keeps_no_reader_waiting() {
    let mut both = Both::new();
    both.set(0x100, 0x200, Some(Prot::RW));
    let windows = both.publisher.count();
    both.set(0xf0, 0x100, Some(Prot::RW));
    both.set(0x200, 0x210, Some(Prot::RW));
    both.set(0xf0, 0xf8, None);
    let only = Change::Mapped(AddrRange::between(0xf0, 0xf8), Prot::RW);
    let mut publication = Publication::new(&both.view, &mut both.publisher);
    publication.follow_only(only, &mut |_| ());
    publication.finish();
    assert_eq!(
        (both.publisher.count(), both.view.protection(0xf0)),
        (windows, Some(Some(Prot::RW)))
    );
    both.naive = BTreeMap::from([(0, 0), (0xf0, value(Prot::RW)), (0x210, 0)]);
    both.check();
    // A piece goes, or comes: that takes more than a key.
    both.set(0xf0, 0x210, None);
    both.set(0x300, 0x400, Some(Prot::RX));
    assert_eq!(both.publisher.count(), windows + 4);
    both.check();
}

#[test]
fn the_first_and_the_last_boundary_of_every_leaf_move() {
    let mut both = Both::new();
    for piece in 1..1000 {
        both.set(0x100 * piece, 0x100 * piece + 0x40, Some(Prot::RW));
    }
    let (levels, leaves, _) = both.publisher.shape();
    assert!(levels > 1, "a boundary has leaves of other nodes beside it");
    let mut windows = |prot, start: u64, end: u64| {
        let before = both.publisher.count();
        (1..999).for_each(|piece| both.set(0x100 * piece + start, 0x100 * piece + end, prot));
        both.check();
        (both.publisher.count() - before) / 2
    };
    assert_eq!(windows(Some(Prot::RW), 0xf8, 0x100), 0, "each piece from its beginning down");
    assert_eq!(windows(None, 0xf8, 0xfa), 0, "and up again");
    // Where a piece ends with its leaf, its end is inside the next one afterwards.
    assert!((1..=u64::from(leaves)).contains(&windows(Some(Prot::RW), 0x40, 0x48)));
    assert_eq!(windows(Some(Prot::RW), 0x48, 0x50), 0, "from its end up");
    assert_eq!(windows(None, 0x4c, 0x50), 0, "and down again");
}

#[test]
fn what_is_reported_first_is_set_first() {
    let mut both = Both::new();
    let range = AddrRange::between(0x100, 0x200);
    let mut publication = Publication::new(&both.view, &mut both.publisher);
    for change in [Change::Mapped(range, Prot::RW), Change::Wired(range), Change::Unmapped(range)] {
        publication.follow(change, &mut |_| ());
    }
    publication.finish();
    both.check();
}

#[test]
fn a_change_left_half_reported_turns_the_view_off() {
    let mut both = Both::new();
    drop(Publication::new(&both.view, &mut both.publisher));
    assert!(both.view.is_off());
    assert_eq!(both.view.protection(0), None);
    let entry = Entry {
        range: AddrRange::new(Addr::new(2), Addr::new(5)).unwrap(),
        prot: Prot::RX,
        max: Prot::ALL,
        inherit: crate::Inherit::Copy,
        access: crate::Access::Normal,
        wired: 0,
        flags: crate::EntryFlags::NONE,
        object: None::<()>,
        offset: 0,
        avail: crate::Size::ZERO,
    };
    both.publisher.publish(&both.view, core::iter::once(entry)).unwrap();
    assert_eq!(both.view.protection(4), Some(Some(Prot::RX)));
    assert_eq!(both.view.protection(5), Some(None));
}
