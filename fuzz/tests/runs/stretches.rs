//! Maps that merge otherwise than FreeBSD's: compared page by page, typical bugs show at once.

use std::time::{Duration, Instant};

use crate::map::ListMap;
use growstack::{Addr, AddrRange, Change, KernReturn, Size};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary};
use growstack_fuzz::compare::{Divergence, fully_merged};
use growstack_fuzz::driver::{Outcome, Settings, run};
use growstack_fuzz::keeps::Keeps;
use growstack_fuzz::op::{Config, Op};
use growstack_fuzz::replay::MapFactory;
use growstack_fuzz::settings::Lacks;
use growstack_fuzz::space::AddressSpace;

/// What is wrong with a map.
const SOUND: u8 = 0;
/// Neighbours that it means to merge stay apart.
const FORGETS_TO_MERGE: u8 = 1;
/// `protect` goes on to the end of the last entry.
const PROTECTS_TOO_MUCH: u8 = 2;
/// The upper part of an entry with a hole in it lacks a page.
const SPLITS_WRONG: u8 = 3;

/// The example map, which shows all neighbours that look alike as one entry, or never two as one,
/// unlike FreeBSD's; with a bug to be found.
struct Stretches<const MERGES: bool, const BUG: u8>(ListMap);

impl<const MERGES: bool, const BUG: u8> Stretches<MERGES, BUG> {
    /// The end of the entry that holds `addr`, if one does.
    fn end_around(&self, addr: Addr) -> Option<Addr> {
        let mut rows = Vec::new();
        self.entries(&mut rows);
        let holder = rows.into_iter().find(|row| row.range.contains(addr));
        holder.map(|row| row.range.end())
    }

    /// What the bug makes of `op`.
    fn spoilt(&self, op: Op) -> Op {
        match op {
            Op::Protect { start, end, prot, what } if BUG == PROTECTS_TOO_MUCH => {
                let last = self.end_around(end.wrapping_back(Size::new(1))).filter(|_| start < end);
                Op::Protect { start, end: last.unwrap_or(end), prot, what }
            }
            Op::Remove { start, end } if BUG == SPLITS_WRONG => {
                let split = self.end_around(start) == self.end_around(end);
                let lost = self.end_around(end).filter(|_| start < end && split);
                let next = end.wrapping_add(Size::PAGE);
                Op::Remove { start, end: lost.map_or(end, |last| next.min(last)) }
            }
            _ => op,
        }
    }
}

impl<const MERGES: bool, const BUG: u8> AddressSpace for Stretches<MERGES, BUG> {
    fn create(config: &Config) -> Self {
        Self(ListMap::create(config))
    }

    /// Refusals have a code of its own.
    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        let (answer, cause) = self.0.apply(&self.spoilt(*op), changes);
        match answer {
            Answer::Code(code) if code != KernReturn::Success => {
                (Answer::Code(KernReturn::Failure), cause)
            }
            _ => (answer, cause),
        }
    }

    fn reports_causes(&self) -> bool {
        false
    }

    fn keeps(&self) -> Keeps {
        Keeps::PAGES.with(|keeps| keeps.max = true)
    }

    fn lacks(&self) -> Lacks {
        Lacks::default().with(|lacks| (lacks.infinity, lacks.uneven_bounds) = (true, true))
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        self.0.entries(rows);
        let alike = |low: &Row, high: &Row| {
            let touch = low.range.end() == high.range.start();
            touch && (low.prot, low.max) == (high.prot, high.max)
        };
        if MERGES && BUG != FORGETS_TO_MERGE {
            rows.dedup_by(|high, low| {
                let whole = AddrRange::new(low.range.start(), high.range.end());
                let joined = whole.filter(|_| alike(low, high));
                low.range = joined.unwrap_or(low.range);
                joined.is_some()
            });
        }
        if !MERGES {
            *rows = rows.iter().flat_map(in_halves).collect();
        }
    }

    fn summary(&self) -> Summary {
        self.0.summary()
    }

    /// It merges all it can, and nobody else knows.
    fn check(&self) -> Result<(), String> {
        let mut rows = Vec::new();
        self.entries(&mut rows);
        if MERGES { fully_merged(&rows, self.keeps()) } else { Ok(()) }
    }
}

/// The entry as two.
fn in_halves(row: &Row) -> impl Iterator<Item = Row> + use<> {
    let (start, end) = (row.range.start(), row.range.end());
    let middle = Addr::new(start.get().midpoint(end.get()));
    let ranges = [AddrRange::new(start, middle), AddrRange::new(middle, end)];
    let row = row.clone();
    ranges.into_iter().flatten().map(move |range| Row { range, ..row.clone() })
}

fn random<const MERGES: bool, const BUG: u8>(seed: u64, sequences: u64) -> Outcome {
    let settings = Settings { seed, sequences: Some(sequences), ..Settings::default() };
    run(&settings, MapFactory::of::<Stretches<MERGES, BUG>>("stretches"))
}

#[test]
fn a_map_that_merges_otherwise_is_right() {
    for outcome in [random::<true, SOUND>(1, 500), random::<false, SOUND>(1, 500)] {
        if let Some(failure) = outcome.failure {
            panic!("{failure}");
        }
        assert!(outcome.counts.operations > 10_000, "{}", outcome.counts.operations);
    }
}

/// The bug shows with every seed, within a second.
fn found<const BUG: u8>(expected: fn(&Divergence) -> bool) {
    for seed in 1..=5 {
        let started = Instant::now();
        let failure = random::<true, BUG>(seed, 2000).failure.unwrap();
        assert!(expected(&failure.divergence), "{failure}");
        let took = started.elapsed();
        assert!(took < Duration::from_secs(if cfg!(debug_assertions) { 5 } else { 1 }), "{took:?}");
        println!("seed {seed}: after {} operations, {took:?}", failure.length);
    }
}

#[test]
fn a_forgotten_merge() {
    found::<FORGETS_TO_MERGE>(|d| matches!(d, Divergence::Broken { .. }));
}

#[test]
fn a_protect_without_an_end() {
    found::<PROTECTS_TOO_MUCH>(|d| matches!(d, Divergence::Pages { .. }));
}

#[test]
fn a_split_that_loses_a_page() {
    found::<SPLITS_WRONG>(|d| matches!(d, Divergence::Pages { .. }));
}

#[test]
#[should_panic(expected = "the map and the oracle diverge")]
fn a_check_of_a_wrong_map_panics_with_the_report() {
    growstack_fuzz::check::<Stretches<true, PROTECTS_TOO_MUCH>>();
}

#[test]
fn a_check_of_a_right_map_passes() {
    growstack_fuzz::check::<Stretches<false, SOUND>>();
}
