//! A map on which an operation can be done over and over, a block at a time.

use std::hint::black_box;

use growstack::{Addr, PAGE_SIZE, Prot, ProtectWhat, Refusal, Size};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::index::sample;

use crate::layout::{FIT_PAGES, Kind, Layout, Span};
use crate::meter::Meter;
use crate::op::Op;
use crate::process::Whole;
use crate::work::Source;

/// Operations of a block: some ten microseconds, so that most blocks of a busy machine see no
/// interrupt and no other process.
pub const BLOCK: usize = 256;
/// Most operations between two undoings.
const MOST_AT_A_TIME: usize = 64;
/// Blocks that differ. They are gone through in turn.
const DRAWN: usize = 4;
/// Where entries lie is the same in every run; what is asked of them depends on the run's seed.
const LAYOUT_SEED: u64 = 0x0067_726f_7773_7461;

/// What a block took and answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Operations.
    pub operations: u64,
    /// Ticks in all; 0 if instructions are counted.
    pub ticks: u64,
    /// A sum of the answers.
    pub answers: u64,
}

/// A map, and what is asked of it.
#[derive(Debug)]
pub struct Scenario {
    whole: Whole,
    source: Source,
    fragmented: bool,
}

/// What one operation is asked.
#[derive(Debug)]
pub struct Asked {
    op: Op,
    /// Where nothing needs undoing.
    addresses: Vec<Vec<u64>>,
    /// Where something does: batches of different entries, each with an address.
    batches: Vec<Vec<(u64, Span)>>,
}

impl Scenario {
    /// The map that an operation is measured on.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] without memory.
    pub fn new(op: Op, entries: usize) -> Result<Self, Refusal> {
        let fragmented = op == Op::Findspace;
        let layout = if fragmented {
            Layout::fragmented(entries, LAYOUT_SEED)
        } else {
            Layout::stacks(entries, LAYOUT_SEED)
        };
        Ok(Self { whole: Whole::new(&layout)?, source: Source::new(layout), fragmented })
    }

    /// Is an operation measured on a map like this?
    #[must_use]
    pub fn suits(&self, op: Op) -> bool {
        self.fragmented == (op == Op::Findspace)
    }

    /// What is asked in a run with this seed.
    #[must_use]
    pub fn ask(&self, op: Op, seed: u64) -> Asked {
        let (source, random) = (&self.source, &mut StdRng::seed_from_u64(seed));
        let mut block = |draw: fn(&Source, &mut StdRng) -> u64| -> Vec<u64> {
            (0..BLOCK).map(|_| draw(source, random)).collect()
        };
        let mut blocks = |draw| (0..DRAWN).map(|_| block(draw)).collect();
        let addresses = match op {
            Op::LookupLatency | Op::LookupThroughput | Op::GrowMapped => blocks(Source::mapped),
            Op::NeighboursLatency => blocks(Source::unmapped),
            Op::InsertRemove => blocks(Source::free_page),
            Op::Findspace => blocks(Source::page),
            Op::GrowDown | Op::GrowUp | Op::Protect | Op::Stack => Vec::new(),
        };
        let batches = match op {
            Op::GrowDown => self.batches(Kind::Down, random, |span| span.start - 2),
            Op::GrowUp => self.batches(Kind::Up, random, |span| span.end),
            Op::Stack => self.batches(Kind::Down, random, |span| span.start),
            Op::Protect => self.batches(Kind::Plain, random, |span| span.start + PAGE_SIZE),
            _ => Vec::new(),
        };
        Asked { op, addresses, batches }
    }

    /// [`DRAWN`] blocks of operations on entries of one kind, split so that few are undone at once.
    fn batches(
        &self,
        kind: Kind,
        random: &mut StdRng,
        address: impl Fn(&Span) -> u64,
    ) -> Vec<Vec<(u64, Span)>> {
        let mut spans = self.source.layout().of_kind(kind);
        if kind == Kind::Plain {
            spans.retain(|span| span.end - span.start >= 3 * PAGE_SIZE);
        }
        let at_a_time = (spans.len() / 4).clamp(1, MOST_AT_A_TIME).min(spans.len());
        let count = DRAWN * BLOCK.div_ceil(at_a_time.max(1));
        let batch = |_| {
            let chosen = sample(random, spans.len(), at_a_time);
            let spans = chosen.iter().filter_map(|at| spans.get(at));
            spans.map(|span| (address(span), *span)).collect()
        };
        (0..count).map(batch).collect()
    }

    /// Carries a block out. Blocks repeat after a few `round`s.
    ///
    /// # Panics
    ///
    /// If the engine refuses what there is room for.
    pub fn block(&mut self, asked: &Asked, round: usize, meter: &impl Meter) -> Block {
        let whole = &mut self.whole;
        let addresses = asked.addresses.get(round % DRAWN).map_or(&[][..], Vec::as_slice);
        match asked.op {
            Op::LookupLatency => chained(meter, addresses, |addr| looked_up(whole, addr)),
            Op::LookupThroughput => independent(meter, addresses, |addr| looked_up(whole, addr)),
            Op::NeighboursLatency => chained(meter, addresses, |addr| gap(whole, addr)),
            Op::GrowMapped => chained(meter, addresses, |addr| whole.grow(addr)),
            Op::InsertRemove => independent(meter, addresses, |page| {
                whole.insert_remove(page);
                page
            }),
            Op::Findspace => chained(meter, addresses, |start| found(whole, start)),
            Op::GrowDown | Op::GrowUp | Op::Protect | Op::Stack => {
                self.in_batches(asked, round, meter)
            }
        }
    }

    fn in_batches(&mut self, asked: &Asked, round: usize, meter: &impl Meter) -> Block {
        let (whole, batches) = (&mut self.whole, &asked.batches);
        let share = batches.len() / DRAWN;
        let mut block = Block { operations: 0, ticks: 0, answers: 0 };
        for batch in batches.iter().skip(round % DRAWN * share).take(share) {
            whole.reserve().expect("memory for nodes");
            if asked.op == Op::Stack {
                batch.iter().for_each(|(_, span)| remove(whole, span));
            }
            let one: fn(&mut Whole, u64, &Span) -> u64 = match asked.op {
                Op::Protect => split_and_merge,
                Op::Stack => make,
                _ => |whole, addr, _| whole.grow(addr),
            };
            let (ticks, answers) = meter.time(|| {
                let (mut last, mut answers) = (0, 0_u64);
                for (addr, span) in batch {
                    last = one(whole, addr + (last & 1), span);
                    answers = answers.wrapping_add(last);
                }
                answers
            });
            if matches!(asked.op, Op::GrowDown | Op::GrowUp) {
                batch.iter().for_each(|(_, span)| whole.undo(span));
            }
            block.operations += batch.len() as u64;
            block.ticks += ticks;
            block.answers = block.answers.wrapping_add(answers);
        }
        block
    }
}

/// The lowest bit of every answer, which is 0, is added to the next address, so that it has to be
/// waited for.
#[inline(always)]
fn chained(meter: &impl Meter, addresses: &[u64], mut ask: impl FnMut(u64) -> u64) -> Block {
    let (ticks, answers) = meter.time(|| {
        let (mut last, mut answers) = (0, 0_u64);
        for &addr in addresses {
            last = ask(addr + (last & 1));
            answers = answers.wrapping_add(last);
        }
        answers
    });
    Block { operations: addresses.len() as u64, ticks, answers }
}

/// No address waits for an answer.
#[inline(always)]
fn independent(meter: &impl Meter, addresses: &[u64], mut ask: impl FnMut(u64) -> u64) -> Block {
    let (ticks, answers) = meter
        .time(|| addresses.iter().fold(0_u64, |answers, &addr| answers.wrapping_add(ask(addr))));
    Block { operations: addresses.len() as u64, ticks, answers }
}

#[inline(always)]
fn looked_up(whole: &Whole, addr: u64) -> u64 {
    let found = whole.process.map().mapped(Addr::new(addr));
    found.map_or(0, |(range, _)| range.start().get() ^ range.end().get())
}

#[inline(always)]
fn gap(whole: &Whole, addr: u64) -> u64 {
    let found = whole.process.map().gap(Addr::new(addr));
    found.map_or(0, |gap| gap.range.start().get() ^ gap.range.end().get())
}

#[inline(always)]
fn found(whole: &Whole, start: u64) -> u64 {
    let found = whole.process.map().find_space(Addr::new(start), Size::pages(FIT_PAGES));
    found.map_or(0, Addr::get)
}

fn remove(whole: &mut Whole, span: &Span) {
    let (start, end) = (Addr::new(span.start), Addr::new(span.end));
    whole.process.map_mut().remove(start, end, |_| ()).expect("a whole entry");
}

fn make(whole: &mut Whole, _: u64, span: &Span) -> u64 {
    whole.make(span).expect("the place is free");
    black_box(0)
}

fn split_and_merge(whole: &mut Whole, middle: u64, span: &Span) -> u64 {
    let (start, end) = (Addr::new(middle), Addr::new(span.end - PAGE_SIZE));
    let map = whole.process.map_mut();
    let mut to = |prot| map.protect(start, end, prot, ProtectWhat::Current, |_| ());
    to(Prot::READ).and_then(|()| to(Prot::RW)).expect("the entry may be written");
    black_box(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Count;

    #[test]
    fn every_operation_can_be_done_over_and_over() {
        for entries in [4, 256] {
            for op in Op::ALL {
                let mut scenario = Scenario::new(op, entries).expect("memory");
                assert!(scenario.suits(op));
                let asked = scenario.ask(op, 1);
                let first: Vec<_> =
                    (0..DRAWN).map(|at| scenario.block(&asked, at, &Count)).collect();
                let again: Vec<_> =
                    (DRAWN..2 * DRAWN).map(|at| scenario.block(&asked, at, &Count)).collect();
                assert_eq!(first, again, "{op}: a block answers the same each time");
                assert!(first.iter().all(|block| block.operations >= BLOCK as u64), "{op}");
                assert_eq!(scenario.whole.process.map().len(), entries, "{op} undoes what it did");
            }
        }
    }

    #[test]
    fn answers_depend_on_the_seed_alone() {
        for op in Op::ALL {
            let answers = |seed| {
                let mut scenario = Scenario::new(op, 64).expect("memory");
                let asked = scenario.ask(op, seed);
                scenario.block(&asked, 0, &Count)
            };
            assert_eq!(answers(1), answers(1), "{op}");
            if !matches!(op, Op::GrowMapped | Op::Protect | Op::Stack) {
                assert_ne!(answers(1), answers(2), "{op}");
            }
        }
    }
}
