//! The ends of the address space, the smallest entries, and trees with next to nothing in them.

extern crate std;

use super::model::{Pair, plain};
use crate::tree::{BulkError, Neighbours, Tree};
use std::vec::Vec;

const MAX: u64 = u64::MAX;

#[test]
fn an_empty_tree_has_no_memory_and_no_entry() {
    let mut tree: Tree<u64> = Tree::new(5, 50);
    assert_eq!(
        (tree.memory(), tree.height(), tree.nodes_in_use(), tree.nodes_free()),
        (0, 0, 0, 0)
    );
    assert_eq!(tree.bounds(), (5, 50));
    for addr in [0, 5, 20, 50, MAX - 1, MAX] {
        assert!(tree.get(addr).is_none());
        assert_eq!(tree.neighbours(addr), Neighbours { below: None, above: None });
        let mut at = tree.seek(addr);
        assert!(tree.item(&at).is_none() && tree.value_mut(&at).is_none());
        assert!(!tree.advance(&mut at) && !tree.retreat(&mut at));
        assert_eq!(tree.end_below(&at), None);
        tree.set_end(&at, 9);
        let fits = [0, 45, 46].map(|length| tree.first_fit(addr, length));
        let from = addr.max(5);
        assert_eq!(fits, [(from <= 50).then_some(from), (from == 5).then_some(5), None]);
        assert_eq!(tree.remove(&mut at), None);
    }
    assert_eq!(tree.iter().count(), 0);
    tree.check().unwrap();
}

#[test]
fn bounds_the_wrong_way_round_leave_no_room() {
    assert_eq!(Tree::<()>::new(9, 3).bounds(), (9, 9));
}

#[test]
fn the_whole_address_space_is_one_entry() {
    let mut pair = Pair::<4>::new(0, MAX);
    pair.insert(0, MAX);
    for addr in [0, 1, MAX - 1, MAX] {
        pair.compare_at(addr);
        pair.compare_fit(addr, 0);
        pair.compare_fit(addr, 1);
    }
    pair.remove(0);
    pair.compare_at(MAX);
}

/// Fills both ends of the address space and the middle, so that leaves at either end are full of
/// entries that touch each other and the bounds.
fn both_ends<const B: usize>() -> Pair<B> {
    let mut pair = Pair::<B>::new(0, MAX);
    for i in 0..40 {
        pair.insert(i, i + 1);
        pair.insert(MAX - 1 - i, MAX - i);
        pair.insert(MAX / 2 + i, MAX / 2 + i + 1);
    }
    pair
}

fn look_at_both_ends<const B: usize>() {
    let mut pair = both_ends::<B>();
    let addrs = (0..42).flat_map(|i| [i, MAX - i, MAX / 2 + i, MAX / 2 - i]);
    for addr in addrs.clone() {
        pair.compare_at(addr);
        for length in [0, 1, MAX / 2 - 79, MAX / 2 - 80, MAX / 2 - 81, MAX - 1, MAX] {
            pair.compare_fit(addr, length);
        }
    }
    // The last entry takes all there is above the middle, and gives it back but for one byte.
    for i in 1..40 {
        pair.remove(MAX - 1 - i);
    }
    pair.set_bounds(MAX - 1, MAX / 2 + 40, MAX);
    pair.set_bounds(MAX - 1, MAX / 2 + 40, MAX / 2 + 41);
    pair.set_bounds(MAX / 2 + 40, MAX - 1, MAX);
    for addr in addrs {
        pair.compare_at(addr);
        pair.compare_fit(addr, MAX / 2 - 42);
    }
}

#[test]
fn entries_reach_both_ends_of_the_address_space() {
    look_at_both_ends::<4>();
    look_at_both_ends::<8>();
    look_at_both_ends::<16>();
}

#[test]
fn a_cursor_walks_there_and_back() {
    let pair = both_ends::<4>();
    let mut at = pair.tree.first();
    let mut seen = Vec::new();
    while let Some(entry) = plain(pair.tree.item(&at)) {
        seen.push(entry);
        let more = pair.tree.advance(&mut at);
        assert_eq!(more, pair.tree.item(&at).is_some());
    }
    assert_eq!(seen, pair.entries());
    assert!(!pair.tree.advance(&mut at), "from the end there is nowhere to go");
    while pair.tree.retreat(&mut at) {
        assert_eq!(plain(pair.tree.item(&at)), seen.pop());
    }
    assert!(seen.is_empty());
    assert_eq!(plain(pair.tree.item(&at)), pair.above(0), "and it stays at the first entry");
}

#[test]
fn iteration_starts_where_it_is_asked() {
    let pair = both_ends::<4>();
    let entries = pair.entries();
    for (index, &(start, ..)) in entries.iter().enumerate() {
        let at = pair.tree.seek(start);
        let rest: Vec<_> =
            pair.tree.iter_from(&at).map(|item| plain(Some(item)).unwrap()).collect();
        assert_eq!(rest, entries[index..]);
    }
    assert_eq!(pair.tree.iter_from(&pair.tree.end()).count(), 0);
}

#[test]
fn a_range_of_no_address_has_no_entry() {
    let pair = Pair::<4>::bulk(0, 100, &[(10, 20), (30, 40)]);
    for (low, high) in [(15, 15), (16, 15), (35, 15), (0, 0), (MAX, MAX), (MAX, 0)] {
        let mut none = pair.tree.range(low, high);
        assert_eq!(none.size_hint(), (0, Some(0)));
        assert!(none.next().is_none() && none.next_back().is_none());
    }
}

#[test]
fn values_are_changed_in_place() {
    let mut pair = both_ends::<4>();
    let mut at = pair.tree.first();
    while let Some(value) = pair.tree.value_mut(&at) {
        *value += 1000;
        pair.tree.advance(&mut at);
    }
    pair.model.values_mut().for_each(|(_, value)| *value += 1000);
    pair.compare();
}

#[test]
fn bulk_takes_no_bad_entry() {
    let build = |entries: &[(u64, u64)]| {
        let entries = entries.iter().map(|&(start, end)| (start, end, ()));
        Tree::<(), 4>::bulk(10, 100, entries).map(|tree| tree.len())
    };
    assert_eq!(build(&[(10, 11), (11, 12), (99, 100)]), Ok(3));
    let order = |index, start, end, below| Err(BulkError::Order { index, start, end, below });
    assert_eq!(build(&[(10, 20), (20, 20)]), order(1, 20, 20, 20));
    assert_eq!(build(&[(30, 20)]), order(0, 30, 20, 10));
    assert_eq!(build(&[(10, 20), (30, 40), (39, 50)]), order(2, 39, 50, 40));
    let bounds = |index, start, end| Err(BulkError::Bounds { index, start, end });
    assert_eq!(build(&[(9, 20)]), bounds(0, 9, 20));
    assert_eq!(build(&[(10, 20), (90, 101)]), bounds(1, 90, 101));
}

#[test]
fn looking_through_a_void_cursor_does_not_panic() {
    let tall = both_ends::<4>();
    let mut low: Tree<u64, 4> = Tree::new(0, MAX);
    for filled in 0..6 {
        let mut at = tall.tree.first();
        loop {
            for void in [at.clone(), tall.tree.end()] {
                let _ = low.item(&void);
                let _ = low.end_below(&void);
                low.advance(&mut void.clone());
                low.retreat(&mut void.clone());
                let _ = low.need_two(&void, &void);
                low.iter_from(&void).count();
            }
            if !tall.tree.advance(&mut at) {
                break;
            }
        }
        let mut at = low.end();
        low.insert(&mut at, filled, filled + 1, filled).unwrap();
    }
}
