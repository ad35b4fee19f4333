//! Nodes so wide that an inner node has more children than a word has bits.

extern crate std;

use super::model::{Pair, Rng};
use std::vec::Vec;

/// A gap that only the entries before one child of the root leave free, searched for from every
/// child: the place of the search and that of the gap are in the same word, or in two.
fn one_wide_gap<const B: usize>(children: u64) {
    let fill = (B - B / 8) as u64;
    let wide_at = |wide: u64| {
        let start = move |n: u64| n * 10 + if n >= wide * fill { 5 } else { 0 };
        let entries: Vec<_> = (0..children * fill).map(|n| (start(n), start(n) + 9)).collect();
        (Pair::<B>::bulk(0, u64::MAX / 2, &entries), entries)
    };
    for wide in [1, 63, 64, 65, children - 1].into_iter().filter(|&wide| wide < children) {
        let (pair, entries) = wide_at(wide);
        assert_eq!(pair.tree.height(), 2, "all leaves are children of the root");
        for &(start, _) in entries.iter().step_by(B - B / 8) {
            pair.compare_fit(start, 6);
            pair.compare_fit(start, 7);
        }
    }
}

#[test]
fn a_gap_is_found_past_the_first_64_children() {
    one_wide_gap::<64>(110);
    one_wide_gap::<124>(200);
}

/// Splits, merges and look-ups in nodes with a second word of gaps.
#[test]
fn edits_of_wide_nodes() {
    let entries: Vec<_> = (0..4000).map(|n| (n * 100, n * 100 + 50)).collect();
    let mut pair = Pair::<64>::bulk(0, 1 << 20, &entries);
    let mut rng = Rng::new(11);
    for round in 0..2500 {
        let addr = rng.within(0, 400_000);
        match pair.free_around(addr) {
            Some((low, high)) if round % 3 != 0 => {
                pair.insert(addr, rng.within(addr + 1, high));
                pair.compare_fit(low, rng.within(1, 60));
            }
            _ if pair.above(addr).is_some() => pair.remove(addr),
            _ => {}
        }
        pair.compare_fit(rng.within(0, 400_000), rng.within(1, 400));
    }
    assert!(pair.tree.leaves.used() > 64, "{} leaves", pair.tree.leaves.used());
    pair.compare();
}
