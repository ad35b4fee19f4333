//! The maps under measurement: the whole engine, and its peers beside it.

use std::hint::black_box;

#[cfg(feature = "freebsd-14")]
use growstack::Freebsd14;
use growstack::{Addr, Freebsd9, PAGE_SIZE, Prot, ProtectWhat, Size};

use crate::engine::Engine;
use crate::kernel::Tuned;
use crate::layout::{FIT_PAGES, Layout, Span};
use crate::op::Op;
use crate::peer::{PeerMap, Value};
use crate::peers::{Brie, EngineTree, Nodit, Ranges, RedBlack, StdBTreeMap};
use crate::work::Batch;

/// The name of the whole engine, with every rule, limit and total.
pub const ENGINE: &str = "growstack";

/// A map under measurement.
///
/// Only [`Subject::run`] is measured: what comes before and after it is to make the same batch, or
/// another one, possible again.
pub trait Subject {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Can it be measured at an operation?
    fn has(&self, op: Op) -> bool {
        op.has_peers()
    }

    /// Gets ready for a batch.
    fn prepare(&mut self, op: Op, batch: &Batch);

    /// Does the operations of a batch; the sum of the answers, which is the same for every map.
    fn run(&mut self, op: Op, batch: &Batch) -> u64;

    /// Undoes a batch.
    fn undo(&mut self, op: Op, batch: &Batch);
}

/// The map that makes a [`Subject`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// The whole engine, by the rules of FreeBSD 9.3.
    Engine,
    /// The same by those of 14.2, whose map has an entry more for each stack.
    #[cfg(feature = "freebsd-14")]
    Engine14,
    /// Its index alone.
    Tree,
    /// `brie-tree`, much of it `unsafe`.
    Brie,
    /// `BTreeMap` of `std`.
    Std,
    /// A red-black tree, of `intrusive-collections`.
    RedBlack,
    /// `nodit`.
    Nodit,
    /// `rangemap`.
    RangeMap,
}

impl Who {
    /// The engine, and its peers.
    pub const ALL: [Self; 7] = [
        Self::Engine,
        Self::Tree,
        Self::Brie,
        Self::Std,
        Self::RedBlack,
        Self::Nodit,
        Self::RangeMap,
    ];

    /// Is it the whole engine, with operations that no peer has?
    #[must_use]
    pub const fn is_engine(self) -> bool {
        match self {
            Self::Engine => true,
            #[cfg(feature = "freebsd-14")]
            Self::Engine14 => true,
            _ => false,
        }
    }

    /// Its name in ids, tables and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Engine => ENGINE,
            #[cfg(feature = "freebsd-14")]
            Self::Engine14 => "growstack-14",
            Self::Tree => "growstack-tree",
            Self::Brie => "brie-tree",
            Self::Std => "std-btreemap",
            Self::RedBlack => "red-black",
            Self::Nodit => "nodit",
            Self::RangeMap => "rangemap",
        }
    }

    /// The map with the entries of a layout.
    ///
    /// # Panics
    ///
    /// Without memory.
    #[must_use]
    pub fn make(self, layout: &Layout) -> Box<dyn Subject> {
        let name = self.name();
        match self {
            Self::Engine => Box::new(Engine::<Freebsd9>::new(layout).expect("memory for a map")),
            #[cfg(feature = "freebsd-14")]
            Self::Engine14 => Box::new(Engine::<Freebsd14>::new(layout).expect("memory for a map")),
            Self::Tree => Box::new(Peer::<EngineTree>::new(name, layout)),
            Self::Brie => Box::new(Peer::<Brie>::new(name, layout)),
            Self::Std => Box::new(Peer::<StdBTreeMap>::new(name, layout)),
            Self::RedBlack => Box::new(Peer::<RedBlack>::new(name, layout)),
            Self::Nodit => Box::new(Peer::<Nodit>::new(name, layout)),
            Self::RangeMap => Box::new(Peer::<Ranges>::new(name, layout)),
        }
    }
}

/// Answers that depend on each other: the lowest bit of every answer, which is 0, is added to the
/// next address.
#[inline(always)]
pub(crate) fn chained(batch: &Batch, mut ask: impl FnMut(u64, &Span) -> u64) -> u64 {
    let (mut last, mut sum) = (0, 0_u64);
    for (addr, span) in batch {
        last = ask(addr + (last & 1), span);
        sum = sum.wrapping_add(last);
    }
    sum
}

/// Answers that do not.
#[inline(always)]
pub(crate) fn independent(batch: &Batch, mut ask: impl FnMut(u64) -> u64) -> u64 {
    batch.iter().fold(0, |sum: u64, (addr, _)| sum.wrapping_add(ask(*addr)))
}

impl<K: Tuned> Subject for Engine<K> {
    fn name(&self) -> &'static str {
        ENGINE
    }

    fn prepare(&mut self, op: Op, batch: &Batch) {
        self.reserve().expect("memory for nodes");
        if op == Op::Stack {
            batch.iter().for_each(|(_, span)| self.unmake(span));
        }
    }

    fn run(&mut self, op: Op, batch: &Batch) -> u64 {
        match op {
            Op::LookupLatency => chained(batch, |addr, _| mapped(self, addr)),
            Op::LookupThroughput | Op::LookupMiss => independent(batch, |addr| mapped(self, addr)),
            Op::LookupEntry => chained(batch, |addr, _| entry(self, addr)),
            Op::NeighboursLatency => chained(batch, |addr, _| gap(self, addr)),
            Op::NeighboursThroughput | Op::NeighboursMapped => {
                independent(batch, |addr| gap(self, addr))
            }
            Op::GrowMapped | Op::GrowDown | Op::GrowUp => chained(batch, |addr, _| self.grow(addr)),
            Op::GrowOutside => independent(batch, |addr| {
                let addr = Addr::new(addr);
                K::assert_outside(self.fault(addr), addr);
                0
            }),
            Op::GrowRefused(_) | Op::GrowLinux => unreachable!("{op:?} needs a map made for it"),
            Op::Stack => chained(batch, |_, span| {
                self.make(span).expect("the place is free");
                0
            }),
            Op::InsertRemove => independent(batch, |page| {
                self.insert_remove(page);
                page
            }),
            Op::FindSpace => chained(batch, |start, _| {
                let length = Size::pages(FIT_PAGES);
                self.process.map().find_space(Addr::new(start), length).map_or(0, Addr::get)
            }),
            Op::Protect => chained(batch, |middle, span| split_and_merge(self, middle, span)),
        }
    }

    fn undo(&mut self, op: Op, batch: &Batch) {
        if matches!(op, Op::GrowDown | Op::GrowUp) {
            batch.iter().for_each(|(_, span)| Self::undo(self, span));
        }
    }
}

#[inline(always)]
fn mapped<K: Tuned>(engine: &Engine<K>, addr: u64) -> u64 {
    let found = engine.process.map().mapped(Addr::new(addr));
    found.map_or(0, |(range, _)| range.start().get() ^ range.end().get())
}

#[inline(always)]
fn entry<K: Tuned>(engine: &Engine<K>, addr: u64) -> u64 {
    engine.process.map().lookup(Addr::new(addr)).map_or(0, |found| {
        black_box((found.prot, found.object, found.offset));
        found.range.start().get() ^ found.range.end().get()
    })
}

#[inline(always)]
fn gap<K: Tuned>(engine: &Engine<K>, addr: u64) -> u64 {
    let found = engine.process.map().gap(Addr::new(addr));
    // The other maps have no lowest address, and answer 0 where nothing is below.
    found.map_or(0, |gap| {
        let below = if gap.below { gap.range.start().get() } else { 0 };
        let above = if gap.above { gap.range.end().get() } else { 0 };
        below ^ above
    })
}

fn split_and_merge<K: Tuned>(engine: &mut Engine<K>, middle: u64, span: &Span) -> u64 {
    let (start, end) = (Addr::new(middle), Addr::new(span.end - PAGE_SIZE));
    let map = engine.process.map_mut();
    let mut to = |prot| map.protect(start, end, prot, ProtectWhat::Current, |_| ());
    to(Prot::READ).and_then(|()| to(Prot::RW)).expect("the entry may be written");
    0
}

/// A map of ranges that knows no rules but that there must be room.
struct Peer<P> {
    name: &'static str,
    map: P,
    max: u64,
}

impl<P: PeerMap> Peer<P> {
    fn new(name: &'static str, layout: &Layout) -> Self {
        let entries = layout.in_order_of_making().map(|span| (span.start, span.end, span.value()));
        Self { name, map: P::build(layout.max, entries), max: layout.max }
    }
}

impl<P: PeerMap> Subject for Peer<P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn prepare(&mut self, _: Op, _: &Batch) {}

    fn run(&mut self, op: Op, batch: &Batch) -> u64 {
        let map = &mut self.map;
        let lookup = |map: &P, addr| map.lookup(addr).map_or(0, |(start, end)| start ^ end);
        let neighbours = |map: &P, addr| {
            let near = map.neighbours(addr);
            near.below ^ near.above.map_or(0, |(start, _)| start)
        };
        match op {
            Op::LookupLatency => chained(batch, |addr, _| lookup(map, addr)),
            Op::LookupThroughput | Op::LookupMiss => independent(batch, |addr| lookup(map, addr)),
            Op::LookupEntry => chained(batch, |addr, _| {
                map.entry(addr).map_or(0, |((start, end), value)| {
                    black_box(value);
                    start ^ end
                })
            }),
            Op::NeighboursLatency => chained(batch, |addr, _| neighbours(map, addr)),
            Op::NeighboursThroughput | Op::NeighboursMapped => {
                independent(batch, |addr| neighbours(map, addr))
            }
            Op::GrowDown => chained(batch, |addr, _| map.grow_down(addr).number()),
            Op::GrowUp => chained(batch, |addr, _| map.grow_up(addr).number()),
            Op::InsertRemove => independent(batch, |page| {
                map.insert(page, page + PAGE_SIZE, Value::PLAIN);
                map.remove(page, page + PAGE_SIZE);
                page
            }),
            Op::FindSpace => chained(batch, |start, _| {
                map.find_space(start, FIT_PAGES * PAGE_SIZE, self.max).unwrap_or(0)
            }),
            _ => unreachable!("{op:?} is the engine's alone"),
        }
    }

    fn undo(&mut self, op: Op, batch: &Batch) {
        for (_, span) in batch {
            match op {
                Op::GrowDown => {
                    self.map.remove(span.start - PAGE_SIZE, span.start);
                    self.map.set_value((span.start, span.end), Value::GROWS_DOWN);
                }
                Op::GrowUp => self.map.set_end((span.start, span.end + PAGE_SIZE), span.end),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Source;
    use growstack::Freebsd14;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    fn layout(op: Op, n: usize) -> Layout {
        if op == Op::FindSpace { Layout::fragmented(n, 1) } else { Layout::stacks(n, 1) }
    }

    #[test]
    fn every_map_answers_alike_time_after_time() {
        for op in Op::ALL.into_iter().filter(|op| op.has_peers()) {
            for n in [16, 256] {
                let layout = layout(op, n);
                let mut maps: Vec<_> = Who::ALL.iter().map(|who| who.make(&layout)).collect();
                let (source, mut random) = (Source::new(layout), StdRng::seed_from_u64(1));
                for _ in 0..5 {
                    let batch = source.batch(op, &mut random);
                    let sums: Vec<u64> = maps
                        .iter_mut()
                        .map(|map| {
                            map.prepare(op, &batch);
                            let sum = map.run(op, &batch);
                            map.undo(op, &batch);
                            sum
                        })
                        .collect();
                    assert!(sums.iter().all(|sum| *sum == sums[0]), "{op:?} {n}: {sums:?}");
                    assert_ne!(sums[0], 0, "{op:?} {n}");
                }
            }
        }
    }

    fn keeps_its_size<K: Tuned>(ops: impl Iterator<Item = Op>) {
        for op in ops {
            let layout = layout(op, 256);
            let mut engine = Engine::<K>::new(&layout).expect("memory");
            let entries = engine.process.map().len();
            let (source, mut random) = (Source::new(layout), StdRng::seed_from_u64(1));
            for _ in 0..5 {
                let batch = source.batch(op, &mut random);
                engine.prepare(op, &batch);
                engine.run(op, &batch);
                Subject::undo(&mut engine, op, &batch);
                assert_eq!(engine.process.map().len(), entries, "{op:?}");
            }
        }
    }

    #[test]
    fn the_engine_keeps_its_size() {
        keeps_its_size::<Freebsd9>(Op::ALL.into_iter().filter(|op| !op.has_map_of_its_own()));
        let of_stacks = [Op::GrowMapped, Op::GrowOutside, Op::GrowDown, Op::GrowUp, Op::Stack];
        keeps_its_size::<Freebsd14>(of_stacks.into_iter());
    }
}
