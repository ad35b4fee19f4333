//! Random edits.

extern crate std;

use super::model::{Pair, Rng, plain};
use crate::tree::tally::{Step, count};
use std::vec::Vec;

const MIN: u64 = 1000;

/// What a run leans to.
#[derive(Clone, Copy)]
enum Trend {
    Grow,
    Stay,
    Shrink,
}

impl Trend {
    fn insertions(self) -> u64 {
        match self {
            Self::Grow => 65,
            Self::Stay => 35,
            Self::Shrink => 10,
        }
    }
}

fn random_range(rng: &mut Rng, low: u64, high: u64) -> (u64, u64) {
    // Often flush with one side or both, often one byte long.
    let start = if rng.chance(30) { low } else { rng.within(low, high - 1) };
    let end = match rng.within(0, 9) {
        0..3 => high,
        3..6 => start + 1,
        _ => rng.within(start + 1, high.min(start + 20)),
    };
    (start, end)
}

fn insert_somewhere<const B: usize>(pair: &mut Pair<B>, rng: &mut Rng) {
    let addr = rng.within(pair.min, pair.max - 1);
    if let Some((low, high)) = pair.free_around(addr) {
        let (start, end) = random_range(rng, low, high);
        pair.insert(start, end);
    }
}

/// Two insertions, in either order, at places named before both.
fn insert_two<const B: usize>(pair: &mut Pair<B>, rng: &mut Rng) {
    let mut places = [rng.within(pair.min, pair.max - 1), rng.within(pair.min, pair.max - 1)];
    if rng.chance(50) {
        // Near each other, so that they share nodes more often.
        places[1] = places[0].saturating_add(rng.within(0, 40)).min(pair.max - 1);
    }
    places.sort_unstable();
    let free = |pair: &Pair<B>, addr| pair.free_around(addr).is_some();
    if places[0] == places[1] || !free(pair, places[0]) || !free(pair, places[1]) {
        return;
    }
    let [a, b] = places.map(|addr| pair.tree.seek(addr));
    let (need, before) = (pair.tree.need_two(&a, &b), pair.in_use());
    if rng.chance(50) {
        places.reverse();
    }
    for addr in places {
        pair.insert(addr, addr + 1);
    }
    assert_eq!(pair.taken_since(before), need, "nodes of two insertions");
}

fn remove_somewhere<const B: usize>(pair: &mut Pair<B>, rng: &mut Rng) {
    let addr = rng.within(pair.min, pair.max - 1);
    if pair.above(addr).is_some() {
        pair.remove(addr);
    }
}

/// Removes a run of entries, by the cursor that goes from each to the next.
fn remove_run<const B: usize>(pair: &mut Pair<B>, rng: &mut Rng) {
    let mut at = pair.tree.seek(rng.within(pair.min, pair.max - 1));
    for _ in 0..rng.within(1, 12) {
        let item = plain(pair.tree.item(&at));
        let removed = pair.tree.remove(&mut at);
        assert_eq!(removed, item.map(|(_, _, value)| value));
        let Some((_, end, _)) = item else { return };
        pair.model.remove(&end);
        assert_eq!(plain(pair.tree.item(&at)), pair.above(end));
        pair.compare_place(&at);
        pair.check();
    }
}

/// Takes a run of entries out and puts others into the room they leave, all by one cursor.
fn rewrite_run<const B: usize>(pair: &mut Pair<B>, rng: &mut Rng) {
    let mut at = pair.tree.seek(rng.within(pair.min, pair.max - 1));
    let low = pair.tree.end_below(&at).unwrap_or(pair.min);
    for _ in 0..rng.within(1, 12) {
        let Some((_, end, _)) = plain(pair.tree.item(&at)) else { break };
        pair.tree.remove(&mut at);
        pair.model.remove(&end);
        pair.check();
    }
    let high = pair.tree.item(&at).map_or(pair.max, |next| next.start);
    // From the top, since the cursor is at the new entry, and the next one goes before that.
    let mut above = high;
    for value in 0..rng.within(0, 12) {
        if above <= low + 1 {
            break;
        }
        let (start, end) = (above - rng.within(1, 2), above);
        pair.tree.insert(&mut at, start, end, value).unwrap();
        pair.model.insert(end, (start, value));
        assert_eq!(plain(pair.tree.item(&at)), Some((start, end, value)));
        pair.compare_place(&at);
        pair.check();
        above = start - rng.within(0, 1).min(start - low);
    }
}

fn move_bounds<const B: usize>(pair: &mut Pair<B>, rng: &mut Rng) {
    let addr = rng.within(pair.min, pair.max - 1);
    let Some((start, end, _)) = pair.above(addr) else { return };
    let low = pair.below(start).unwrap_or(pair.min);
    let high = pair.above(end).map_or(pair.max, |(start, ..)| start);
    let (new_start, new_end) = match rng.within(0, 2) {
        0 => (rng.within(low, end - 1), end),
        1 => (start, rng.within(start + 1, high)),
        _ => random_range(rng, low, high),
    };
    pair.set_bounds(addr, new_start, new_end);
}

fn look_around<const B: usize>(pair: &Pair<B>, rng: &mut Rng) {
    let addr = rng.within(pair.min.saturating_sub(2), pair.max.saturating_add(2));
    pair.compare_at(addr);
    if rng.chance(2) {
        pair.compare_at(u64::MAX);
    }
    let length = if rng.chance(50) {
        // The length of some gap, or one more.
        let from = pair.above(rng.within(pair.min, pair.max)).map_or(pair.min, |(_, end, _)| end);
        let to = pair.above(from).map_or(pair.max, |(start, ..)| start);
        to - from + rng.within(0, 1)
    } else {
        rng.within(0, 60)
    };
    pair.compare_fit(addr, length);
}

fn run<const B: usize>(pair: &mut Pair<B>, rng: &mut Rng, trend: Trend, steps: usize) {
    for step in 0..steps {
        let kind = rng.within(0, 99);
        if kind < trend.insertions() {
            if rng.chance(25) { insert_two(pair, rng) } else { insert_somewhere(pair, rng) }
        } else if kind < 75 {
            match rng.within(0, 19) {
                0 => remove_run(pair, rng),
                1 => rewrite_run(pair, rng),
                _ => remove_somewhere(pair, rng),
            }
        } else {
            move_bounds(pair, rng);
        }
        look_around(pair, rng);
        if step % 64 == 0 {
            pair.compare();
        }
    }
    pair.compare();
}

fn grow_and_shrink<const B: usize>(seed: u64, span: u64, steps: usize) -> usize {
    let mut rng = Rng::new(seed);
    let mut pair = Pair::<B>::new(MIN, MIN + span);
    let mut highest = 0;
    for trend in [Trend::Grow, Trend::Stay, Trend::Shrink, Trend::Grow, Trend::Shrink] {
        run(&mut pair, &mut rng, trend, steps);
        highest = highest.max(pair.tree.height());
    }
    while let Some((start, ..)) = pair.above(0) {
        let pick = if rng.chance(50) { start } else { rng.within(MIN, MIN + span - 1) };
        if pair.above(pick).is_some() {
            pair.remove(pick);
        }
    }
    assert_eq!((pair.tree.height(), pair.tree.nodes_in_use()), (0, 0));
    highest
}

fn from_bulk<const B: usize>(seed: u64, steps: usize) {
    let mut rng = Rng::new(seed);
    for len in [0, 1, 2, B - 1, B, B + 1, 2 * B, 2 * B * B, 2 * B * B + 1, 6 * B * B + B / 2] {
        let mut entries = Vec::new();
        let mut below = MIN;
        for _ in 0..len {
            let start = below + if rng.chance(40) { 0 } else { rng.within(1, 30) };
            below = start + rng.within(1, 10);
            entries.push((start, below));
        }
        let max = below + rng.within(1, 50);
        run(&mut Pair::<B>::bulk(MIN, max, &entries), &mut rng, Trend::Stay, steps);
        // From the front, the node that runs low has no sibling but the one to its right.
        let mut pair = Pair::<B>::bulk(MIN, max, &entries);
        while !pair.model.is_empty() {
            pair.remove(0);
        }
    }
}

const STEPS: [Step; 13] = [
    Step::LeafSplit,
    Step::InnerSplit,
    Step::SplitAtEnd,
    Step::RootGrowth,
    Step::RootCollapse,
    Step::LeafMerge,
    Step::InnerMerge,
    Step::LeafFromLeft,
    Step::LeafFromRight,
    Step::InnerFromLeft,
    Step::InnerFromRight,
    Step::GapToRoot,
    Step::NextLeafGap,
];

fn assert_all_steps_taken() {
    for step in STEPS {
        assert!(count(step) > 0, "{step:?} was not reached");
    }
}

#[test]
fn agrees_with_the_model_in_nodes_of_4() {
    let mut highest = 0;
    for seed in 1..=12 {
        highest = highest.max(grow_and_shrink::<4>(seed, 4000, 1500));
    }
    from_bulk::<4>(40, 300);
    assert!(highest >= 4, "height {highest}");
    assert_all_steps_taken();
}

#[test]
fn agrees_with_the_model_in_nodes_of_8() {
    let mut highest = 0;
    for seed in 1..=6 {
        highest = highest.max(grow_and_shrink::<8>(seed, 12_000, 3000));
    }
    from_bulk::<8>(80, 300);
    assert!(highest >= 3, "height {highest}");
    assert_all_steps_taken();
}

#[test]
fn agrees_with_the_model_in_nodes_of_16() {
    let mut highest = 0;
    for seed in 1..=6 {
        highest = highest.max(grow_and_shrink::<16>(seed, 120_000, 12_000));
    }
    from_bulk::<16>(160, 300);
    assert!(highest >= 3, "height {highest}");
    assert_all_steps_taken();
}
