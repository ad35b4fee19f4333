//! Every map answers as `BTreeMap` does: a benchmark verifies its own answers.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use growstack::PAGE_SIZE;
use growstack_benches::layout::{Kind, Layout};
use growstack_benches::peer::{Around, Bounds, Grown, PeerMap, Value};
use growstack_benches::peers::{Brie, EngineTree, Nodit, Ranges, RedBlack, StdBTreeMap};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Ends to starts and values, written down without a thought of speed.
struct Model(BTreeMap<u64, (u64, Value)>);

impl Model {
    fn all(&self) -> Vec<Bounds> {
        self.0.iter().map(|(&end, &(start, _))| (start, end)).collect()
    }

    fn around(&self, addr: u64) -> Around {
        let all = self.all();
        let below = all.iter().rev().find(|(_, end)| *end <= addr).map_or(0, |(_, end)| *end);
        Around { below, above: all.iter().copied().find(|(_, end)| *end > addr) }
    }
}

fn entries(layout: &Layout) -> Vec<(u64, u64, Value)> {
    layout.in_order_of_making().map(|span| (span.start, span.end, span.value())).collect()
}

fn ask(map: &impl PeerMap, model: &Model, max: u64) {
    let edges = model.all().into_iter().flat_map(|(start, end)| {
        [start - 1, start, start + 1, end - 1, end, end + 1, end + PAGE_SIZE]
    });
    for addr in edges.chain([0, 1, PAGE_SIZE, max - 1, max]) {
        let around = model.around(addr);
        assert_eq!(map.neighbours(addr), around, "{addr:#x}");
        let holds = around.above.filter(|(start, _)| *start <= addr);
        assert_eq!(map.lookup(addr), holds, "{addr:#x}");
    }
}

fn same<C: PeerMap>(map: &C, model: &Model, max: u64) {
    assert_eq!(map.from(0).collect::<Vec<_>>(), model.all());
    ask(map, model, max);
    for (&end, &(start, value)) in &model.0 {
        assert_eq!(map.value(start), Some(value), "{start:#x}");
        // An entry that grew by another one touches it.
        let next = model.0.values().find(|(start, _)| *start == end).map(|(_, value)| *value);
        assert_eq!(map.value(end), next, "{end:#x}");
        assert_eq!(map.from(end - 1).next(), Some((start, end)));
    }
}

/// Random growths and their undoing, insertions and removals; the map is looked at all over now and
/// then.
fn works<C: PeerMap>() {
    for n in [16, 300] {
        let layout = Layout::stacks(n, 3);
        let max = layout.max;
        let mut random = StdRng::seed_from_u64(n as u64);
        let mut map = C::build(max, entries(&layout).into_iter());
        let mut model =
            Model(entries(&layout).into_iter().map(|(s, e, value)| (e, (s, value))).collect());
        same(&map, &model, max);
        for round in 0..400 {
            let span = layout.spans[random.random_range(0..n)];
            let (start, end) = (span.start, span.end);
            let page = end + 2 * PAGE_SIZE;
            match (random.random_range(0..4), span.kind) {
                (0..2, Kind::Down) => {
                    let to = start - PAGE_SIZE;
                    assert_eq!(map.grow_down(to), Grown::To(to));
                    model.0.insert(end, (start, Value::PLAIN));
                    model.0.insert(start, (to, Value::GROWS_DOWN));
                    same(&map, &model, max);
                    map.remove(to, start);
                    map.set_value((start, end), Value::GROWS_DOWN);
                    model.0.remove(&start);
                    model.0.insert(end, (start, Value::GROWS_DOWN));
                }
                (0, Kind::Up) => {
                    let to = end + PAGE_SIZE;
                    assert_eq!(map.grow_up(end + 1), Grown::To(to));
                    let old = model.0.remove(&end).unwrap();
                    model.0.insert(to, old);
                    same(&map, &model, max);
                    map.set_end((start, to), end);
                    model.0.remove(&to);
                    model.0.insert(end, old);
                }
                (2, _) if map.lookup(page).is_none() => {
                    map.insert(page, page + PAGE_SIZE, Value::PLAIN);
                    model.0.insert(page + PAGE_SIZE, (page, Value::PLAIN));
                }
                (3, _) if map.lookup(page).is_some() => {
                    map.remove(page, page + PAGE_SIZE);
                    model.0.remove(&(page + PAGE_SIZE));
                }
                _ => assert_eq!(map.grow_down(start), Grown::Mapped),
            }
            if round % 20 == 0 {
                same(&map, &model, max);
            }
        }
        same(&map, &model, max);
    }
}

/// No growth into a neighbour.
fn refuses<C: PeerMap>() {
    let entries = [(0x2000, 0x4000, Value::PLAIN), (0x5000, 0x7000, Value::GROWS_DOWN)];
    let mut map = C::build(0x10_0000, entries.into_iter());
    assert_eq!(map.grow_down(0x3fff), Grown::Mapped);
    assert_eq!(map.grow_down(0x1000), Grown::To(0x1000));
    assert_eq!(map.grow_down(0x8000), Grown::Refused, "nothing is above");
    map.insert(0x4000, 0x4800, Value::PLAIN);
    assert_eq!(map.grow_down(0x4fff), Grown::Refused, "half a page is left");
    assert_eq!(map.grow_up(0x4800), Grown::Refused, "half a page is left");
    assert_eq!(map.lookup(0x4fff), None);
}

fn finds<C: PeerMap>() {
    let layout = Layout::fragmented(300, 5);
    let map = C::build(layout.max, entries(&layout).into_iter());
    let mut found = 0;
    for start in (0..layout.max / PAGE_SIZE).map(|page| page * PAGE_SIZE) {
        for length in [1, 4, 16, 100, 1000].map(|pages| pages * PAGE_SIZE) {
            let ends = layout.spans.iter().map(|span| span.end).filter(|end| *end > start);
            let free = |at: u64| {
                at + length <= layout.max
                    && layout.spans.iter().all(|s| s.end <= at || s.start >= at + length)
            };
            let lowest = std::iter::once(start).chain(ends).find(|at| free(*at));
            assert_eq!(map.find_space(start, length, layout.max), lowest, "{start:#x} {length:#x}");
            found += u32::from(lowest.is_some());
        }
    }
    assert!(found > 1000);
}

macro_rules! tests {
    ($($name:ident: $map:ty;)*) => {$(
        #[test]
        fn $name() {
            works::<$map>();
            refuses::<$map>();
            finds::<$map>();
        }
    )*};
}

tests! {
    engine_tree: EngineTree;
    std_btree_map: StdBTreeMap;
    brie_tree: Brie;
    red_black: RedBlack;
    rangemap: Ranges;
    nodit: Nodit;
}
