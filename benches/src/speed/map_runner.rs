//! Blocks on the maps of ranges.

use growstack::PAGE_SIZE;

use super::act::Act;
use super::block::{Block, chained, even, fenced, grown, independent, warm};
use super::runner::{ENGINE, ENGINE_TREE, Runner};
use crate::contender::{Bounds, Contender, Index, Value};
use crate::layout::{FIT_PAGES, Layout, Span};
use crate::machine::tsc::Clock;
use crate::work::{WARM_UP, Work};

/// Entries beyond which an insertion into a sorted `Vec` takes milliseconds.
const LARGE: usize = 10_000;
/// Insertions of a block then.
const FEW: usize = 8;

/// A map of ranges that changes.
pub struct MapRunner<C> {
    who: &'static str,
    map: C,
    max: u64,
    /// Most insertions in a block.
    insertions: usize,
}

/// A map of ranges that does not.
pub struct ReadOnly<I> {
    who: &'static str,
    map: I,
}

/// Even, and made of all that was asked for.
#[inline(always)]
fn looked_up<I: Index>(map: &I, addr: u64) -> u64 {
    map.lookup(addr).map_or(0, |(start, end)| start ^ end)
}

#[inline(always)]
fn neighbours<I: Index>(map: &I, addr: u64) -> u64 {
    let near = map.neighbours(addr);
    near.below ^ near.above.map_or(0, |(start, _)| start)
}

fn ask<I: Index>(map: &I, act: Act, work: &Work, clock: &Clock) -> Option<Block> {
    warm(&work.warm, |addr| looked_up(map, addr));
    Some(match act {
        Act::LookupLatency => chained(clock, &work.mapped, |addr| looked_up(map, addr)),
        Act::LookupThroughput => independent(clock, &work.mapped, |addr| looked_up(map, addr)),
        Act::LookupFenced => fenced(clock, &work.mapped, |addr| looked_up(map, addr)),
        Act::NeighboursLatency => chained(clock, &work.unmapped, |addr| neighbours(map, addr)),
        Act::NeighboursThroughput => {
            independent(clock, &work.unmapped, |addr| neighbours(map, addr))
        }
        _ => return None,
    })
}

impl<I: Index> ReadOnly<I> {
    /// A map that was built.
    pub const fn new(who: &'static str, map: I) -> Self {
        Self { who, map }
    }
}

impl<I: Index> Runner for ReadOnly<I> {
    fn who(&self, _: Act) -> &'static str {
        self.who
    }

    fn run(&mut self, act: Act, work: &Work, clock: &Clock) -> Option<Block> {
        ask(&self.map, act, work, clock)
    }
}

impl<C: Contender> MapRunner<C> {
    /// The entries of a layout, inserted in its order.
    #[must_use]
    pub fn new(who: &'static str, layout: &Layout) -> Self {
        let entries = layout.in_order_of_making().map(|span| (span.start, span.end, span.value()));
        let map = C::build(layout.max, entries);
        let slow = who == "sorted-vec" && layout.spans.len() > LARGE;
        Self { who, map, max: layout.max, insertions: if slow { FEW } else { usize::MAX } }
    }

    fn insert_remove(&mut self, work: &Work, clock: &Clock) -> Block {
        let map = &mut self.map;
        let pages = work.pages.get(..self.insertions.min(work.pages.len())).unwrap_or_default();
        independent(clock, pages, |page| {
            map.insert(page, page + PAGE_SIZE, Value::PLAIN);
            map.remove(page, page + PAGE_SIZE);
            page
        })
    }

    /// The batches that leave as many growths by insertion as a block may have.
    fn few<'a>(&self, batches: &'a [Vec<(u64, Span)>]) -> &'a [Vec<(u64, Span)>] {
        let most = if self.insertions == usize::MAX { batches.len() } else { WARM_UP + 1 };
        batches.get(..most).unwrap_or_default()
    }
}

impl<C: Contender> Runner for MapRunner<C> {
    fn who(&self, act: Act) -> &'static str {
        // Of the engine, growth is all of it, and the tree stands beside.
        let growth = matches!(
            act,
            Act::GrowMapped
                | Act::GrowMappedFenced
                | Act::GrowDown
                | Act::GrowDownByEntry
                | Act::GrowUp
                | Act::FindSpace
        );
        if growth && self.who == ENGINE { ENGINE_TREE } else { self.who }
    }

    fn run(&mut self, act: Act, work: &Work, clock: &Clock) -> Option<Block> {
        if act == Act::FindSpace {
            let (map, max) = (&self.map, self.max);
            let search = |start| map.find_space(start, FIT_PAGES * PAGE_SIZE, max).unwrap_or(0);
            warm(&work.warm, |addr| looked_up(map, addr));
            return Some(chained(clock, &work.starts, search));
        }
        if let Some(block) = ask(&self.map, act, work, clock) {
            return Some(block);
        }
        let map = &mut self.map;
        Some(match act {
            Act::LookupValue => chained(clock, &work.mapped, |addr| {
                map.value(addr).map_or(0, |value| even(value.word() & 7))
            }),
            Act::GrowMapped => chained(clock, &work.mapped, |addr| map.grow_down(addr).number()),
            Act::GrowMappedFenced => {
                fenced(clock, &work.mapped, |addr| map.grow_down(addr).number())
            }
            Act::GrowDown => grown(
                clock,
                map,
                &work.down,
                |map, addr| map.grow_down(addr).number(),
                |map, span| map.set_start(grown_down(span), span.start),
            ),
            Act::GrowDownByEntry => {
                let batches = self.few(&work.down);
                grown(
                    clock,
                    &mut self.map,
                    batches,
                    |map, addr| map.grow_down_by_entry(addr).number(),
                    |map, span| {
                        map.remove(span.start - PAGE_SIZE, span.start);
                        map.set_value((span.start, span.end), Value::GROWS_DOWN);
                    },
                )
            }
            Act::GrowUp => grown(
                clock,
                map,
                &work.up,
                |map, addr| map.grow_up(addr).number(),
                |map, span| map.set_end((span.start, span.end + PAGE_SIZE), span.end),
            ),
            Act::InsertRemove => self.insert_remove(work, clock),
            _ => return None,
        })
    }
}

const fn grown_down(span: &Span) -> Bounds {
    (span.start - PAGE_SIZE, span.end)
}
