//! Blocks on whole processes: the engine's, and the naive reference's.

use growstack::{Addr, CowFlags, Growth, Limits, Mapping, PAGE_SIZE, Prot, Size, StackTunables};
use growstack_fuzz::answer::{Answer, Cause};
use growstack_fuzz::op::{Config, Mapping as MappingOp, Op};
use growstack_fuzz::reference::Reference;
use growstack_fuzz::space::AddressSpace;

use super::act::Act;
use super::block::{Block, chained, even, fenced, grown, independent, warm};
use super::runner::{ENGINE, ENGINE_WHOLE, Runner};
use crate::layout::{FIT_PAGES, Kind, Layout, RESERVE_PAGES, Span};
use crate::machine::tsc::Clock;
use crate::process::Whole;
use crate::work::{WARM_UP, Work};

/// Operations in a block of the reference.
const FEW: usize = 32;

/// The engine as a whole.
pub struct WholeRunner(Whole);

impl WholeRunner {
    /// The entries of a layout.
    ///
    /// # Panics
    ///
    /// Without memory.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        Self(Whole::new(layout).expect("memory for a map"))
    }
}

impl Runner for WholeRunner {
    fn who(&self, act: Act) -> &'static str {
        match act {
            Act::GrowMapped
            | Act::GrowMappedFenced
            | Act::GrowDown
            | Act::GrowUp
            | Act::FindSpace => ENGINE,
            _ => ENGINE_WHOLE,
        }
    }

    fn run(&mut self, act: Act, work: &Work, clock: &Clock) -> Option<Block> {
        let whole = &mut self.0;
        let looked_up = |whole: &Whole, addr| {
            let found = whole.process.map().mapped(Addr::new(addr));
            found.map_or(0, |(range, _)| range.start().get() ^ range.end().get())
        };
        warm(&work.warm, |addr| looked_up(whole, addr));
        Some(match act {
            Act::LookupLatency => chained(clock, &work.mapped, |addr| looked_up(whole, addr)),
            Act::LookupThroughput => {
                independent(clock, &work.mapped, |addr| looked_up(whole, addr))
            }
            Act::LookupFenced => fenced(clock, &work.mapped, |addr| looked_up(whole, addr)),
            Act::GrowMappedFenced => fenced(clock, &work.mapped, |addr| whole.grow(addr)),
            Act::LookupValue => chained(clock, &work.mapped, |addr| {
                let found = whole.process.map().mapped(Addr::new(addr));
                found.map_or(0, |(_, prot)| even(u64::from(prot.bits())))
            }),
            Act::NeighboursLatency => chained(clock, &work.unmapped, |addr| gap(whole, addr)),
            Act::NeighboursThroughput => {
                independent(clock, &work.unmapped, |addr| gap(whole, addr))
            }
            Act::GrowMapped => chained(clock, &work.mapped, |addr| whole.grow(addr)),
            Act::GrowDown | Act::GrowUp => {
                whole.reserve().expect("memory for nodes");
                let batches = if act == Act::GrowUp { &work.up } else { &work.down };
                grown(clock, whole, batches, Whole::grow, Whole::undo)
            }
            Act::InsertRemove => independent(clock, &work.pages, |page| {
                whole.insert_remove(page);
                page
            }),
            Act::FindSpace => {
                let (map, length) = (whole.process.map(), Size::pages(FIT_PAGES));
                chained(clock, &work.starts, |start| {
                    map.find_space(Addr::new(start), length).map_or(0, Addr::get)
                })
            }
            Act::GrowDownByEntry => return None,
        })
    }
}

#[inline(always)]
fn gap(whole: &Whole, addr: u64) -> u64 {
    let found = whole.process.map().gap(Addr::new(addr));
    // The other maps have no lowest address, and answer 0 where nothing is below.
    found.map_or(0, |gap| {
        let below = if gap.below { gap.range.start().get() } else { 0 };
        let above = if gap.above { gap.range.end().get() } else { 0 };
        below ^ above
    })
}

/// The naive reference: a sorted `Vec` that checks everything after each step.
pub struct Naive(Reference);

impl Naive {
    /// The entries of a layout. O(n^2).
    ///
    /// # Panics
    ///
    /// If the reference breaks a rule.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        let config = Config {
            min: Addr::new(PAGE_SIZE),
            max: Addr::new(layout.max),
            tunables: StackTunables { maxsaddr: Addr::MAX, ..StackTunables::default() },
            limits: Limits::UNLIMITED,
        };
        let mut naive = Self(Reference::create(&config));
        layout.in_order_of_making().for_each(|span| naive.make(span));
        naive
    }

    fn apply(&mut self, op: Op) -> (Answer, Cause) {
        self.0.apply(&op, &mut Vec::new())
    }

    fn make(&mut self, span: &Span) {
        let (start, end) = (Addr::new(span.start), Addr::new(span.end));
        let (first, reserve) = (end.wrapping_sub(start), Size::pages(RESERVE_PAGES));
        let (addrbos, flags) = match span.kind {
            Kind::Plain => {
                self.apply(Op::Insert { start, end, mapping: anonymous(Prot::RW) });
                return;
            }
            Kind::Down => (start.wrapping_back(reserve), CowFlags::GROWS_DOWN),
            Kind::Up => (start, CowFlags::GROWS_UP),
        };
        let (max_ssize, prot, max) = (first.wrapping_add(reserve), Prot::RW, Prot::ALL);
        self.apply(Op::SetGrowSize { value: first });
        self.apply(Op::Stack { addrbos, max_ssize, prot, max, flags });
        self.apply(Op::SetGrowSize { value: Size::PAGE });
    }

    fn grow(&mut self, addr: u64) -> u64 {
        match self.apply(Op::Grow { addr: Addr::new(addr) }).1 {
            Cause::Grew(Growth::Grown { added, direction: growstack::Direction::Down }) => {
                added.start().get()
            }
            Cause::Grew(Growth::Grown { added, .. }) => added.end().get(),
            _ => 0,
        }
    }

    fn undo(&mut self, span: &Span) {
        let reserve = Size::pages(RESERVE_PAGES);
        let (start, end) = (Addr::new(span.start), Addr::new(span.end));
        let (start, end) = match span.kind {
            Kind::Down => (start.wrapping_back(reserve), end),
            _ => (start, end.wrapping_add(reserve)),
        };
        self.apply(Op::Remove { start, end });
        self.make(span);
    }

    fn looked_up(&mut self, addr: u64) -> u64 {
        match self.apply(Op::Lookup { addr: Addr::new(addr) }).0 {
            Answer::Holds(Some(range)) => range.start().get() ^ range.end().get(),
            _ => 0,
        }
    }
}

fn anonymous(prot: Prot) -> MappingOp {
    let Mapping { max, flags, offset, .. } = Mapping::<u64>::anonymous(prot);
    MappingOp { prot, max, flags, object: None, offset }
}

impl Runner for Naive {
    fn who(&self, _: Act) -> &'static str {
        "reference"
    }

    fn run(&mut self, act: Act, work: &Work, clock: &Clock) -> Option<Block> {
        fn few<T>(all: &[T]) -> &[T] {
            all.get(..FEW.min(all.len())).unwrap_or_default()
        }
        fn one<T>(batches: &[T]) -> &[T] {
            batches.get(..WARM_UP + 1).unwrap_or_default()
        }
        Some(match act {
            Act::LookupLatency => chained(clock, few(&work.mapped), |addr| self.looked_up(addr)),
            Act::LookupThroughput => {
                independent(clock, few(&work.mapped), |addr| self.looked_up(addr))
            }
            Act::GrowMapped => chained(clock, few(&work.mapped), |addr| self.grow(addr)),
            Act::GrowDown => grown(clock, self, one(&work.down), Self::grow, Self::undo),
            Act::GrowUp => grown(clock, self, one(&work.up), Self::grow, Self::undo),
            Act::InsertRemove => independent(clock, few(&work.pages), |page| {
                let (start, end) = (Addr::new(page), Addr::new(page + PAGE_SIZE));
                self.apply(Op::Insert { start, end, mapping: anonymous(Prot::RX) });
                self.apply(Op::Remove { start, end });
                page
            }),
            Act::FindSpace => chained(clock, few(&work.starts), |start| {
                let op = Op::FindSpace { start: Addr::new(start), length: Size::pages(FIT_PAGES) };
                match self.apply(op).0 {
                    Answer::Found(found) => found.get(),
                    _ => 0,
                }
            }),
            Act::LookupValue
            | Act::LookupFenced
            | Act::GrowMappedFenced
            | Act::NeighboursLatency
            | Act::NeighboursThroughput
            | Act::GrowDownByEntry => return None,
        })
    }
}
