//! Maps that merge otherwise than FreeBSD's: compared page by page, typical bugs show at once.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use growstack::{
    Addr, AddrRange, Change, CowFlags, FindSpace, KernReturn, Prot, ProtectWhat, Size,
};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary, row};
use growstack_fuzz::compare::{Divergence, fully_merged};
use growstack_fuzz::driver::{Outcome, Settings, run};
use growstack_fuzz::keeps::Keeps;
use growstack_fuzz::op::{Config, Mapping, Op};
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

/// An interval map that merges all it can, or never, unlike FreeBSD's; with a bug to be found.
struct Intervals<const MERGES: bool, const BUG: u8> {
    /// End and protections by start.
    entries: BTreeMap<u64, (u64, Prot, Prot)>,
    min: u64,
    max: u64,
}

impl<const MERGES: bool, const BUG: u8> Intervals<MERGES, BUG> {
    /// Cuts the entry that has `at` inside.
    fn cut(&mut self, at: u64) {
        let found = self.entries.range_mut(..at).next_back().filter(|(_, (end, ..))| *end > at);
        if let Some((_, entry)) = found {
            let upper = *entry;
            entry.0 = at;
            let lost = if BUG == SPLITS_WRONG { 4096.min(upper.0 - at - 1) } else { 0 };
            self.entries.insert(at, (upper.0 - lost, upper.1, upper.2));
        }
    }

    /// The starts of entries in a range, after cuts at its ends.
    fn within(&mut self, start: u64, end: u64) -> Vec<u64> {
        if start >= end {
            return Vec::new();
        }
        self.cut(start);
        if BUG != PROTECTS_TOO_MUCH {
            self.cut(end);
        }
        self.entries.range(start..end).map(|(start, _)| *start).collect()
    }

    fn merge(&mut self) {
        let mut merged: BTreeMap<u64, (u64, Prot, Prot)> = BTreeMap::new();
        for (&start, &(end, prot, max)) in &self.entries {
            match merged.iter_mut().next_back() {
                Some((_, last)) if MERGES && *last == (start, prot, max) => last.0 = end,
                _ => drop(merged.insert(start, (end, prot, max))),
            }
        }
        self.entries = merged;
    }

    fn insert(&mut self, start: u64, end: u64, mapping: Mapping) -> Answer {
        let inside = self.min <= start && start < end && end <= self.max;
        let taken = || self.entries.iter().any(|(s, (e, ..))| *s < end && start < *e);
        if !inside || taken() {
            return Answer::Code(KernReturn::NoSpace);
        }
        self.entries.insert(start, (end, mapping.prot, mapping.max));
        Answer::Code(KernReturn::Success)
    }

    /// Linux: refused if a page may not have it, and then nothing changes.
    fn protect(&mut self, start: u64, end: u64, prot: Prot) -> Answer {
        let (start, end) = (start.max(self.min), end.min(self.max));
        let asked = |(s, (e, ..)): &(&u64, &(u64, Prot, Prot))| **s < end && start < *e;
        let most = |(_, (_, _, max)): (&u64, &(u64, Prot, Prot))| max.contains(prot);
        if start < end && !self.entries.iter().filter(asked).all(most) {
            return Answer::Code(KernReturn::ProtectionFailure);
        }
        for start in self.within(start, end) {
            self.entries.get_mut(&start).unwrap().1 = prot;
        }
        Answer::Code(KernReturn::Success)
    }

    fn find(&self, start: u64, length: u64) -> Option<u64> {
        let mut at = start.max(self.min);
        for (&start, &(end, ..)) in &self.entries {
            if at.checked_add(length).is_some_and(|top| top <= start) {
                break;
            }
            at = at.max(end);
        }
        at.checked_add(length).filter(|end| *end <= self.max).map(|_| at)
    }
}

fn is_plain(mapping: Mapping) -> bool {
    mapping.flags == CowFlags::NONE && mapping.object.is_none()
}

fn whole(numbers: &[u64]) -> bool {
    numbers.iter().all(|number| number % 4096 == 0)
}

impl<const MERGES: bool, const BUG: u8> AddressSpace for Intervals<MERGES, BUG> {
    fn create(config: &Config) -> Self {
        Self { entries: BTreeMap::new(), min: config.min.get(), max: config.max.get() }
    }

    fn apply(&mut self, op: &Op, _: &mut Vec<Change>) -> (Answer, Cause) {
        let answer = match *op {
            Op::Insert { start, end, mapping }
                if is_plain(mapping) && whole(&[start.get(), end.get()]) =>
            {
                self.insert(start.get(), end.get(), mapping)
            }
            Op::Find { start, length, max_addr: Addr::ZERO, space: FindSpace::Any, mapping }
                if is_plain(mapping)
                    && length != Size::ZERO
                    && whole(&[start.get(), length.get()]) =>
            {
                match self.find(start.get(), length.get()) {
                    None => Answer::Code(KernReturn::NoSpace),
                    Some(at) => match self.insert(at, at + length.get(), mapping) {
                        Answer::Code(KernReturn::Success) => Answer::Found(Addr::new(at)),
                        refused => refused,
                    },
                }
            }
            Op::Remove { start, end } if whole(&[start.get(), end.get()]) => {
                let (start, end) = (start.get().max(self.min), end.get().min(self.max));
                if start < end {
                    self.cut(start);
                    self.cut(end);
                    self.entries.retain(|at, _| *at < start || *at >= end);
                }
                Answer::Code(KernReturn::Success)
            }
            Op::Protect { start, end, prot, what: ProtectWhat::Current }
                if whole(&[start.get(), end.get()]) =>
            {
                self.protect(start.get(), end.get(), prot)
            }
            Op::Lookup { addr } => {
                let holder = self.entries.range(..=addr.get()).next_back();
                let range = holder.and_then(|(start, (end, ..))| {
                    AddrRange::new(Addr::new(*start), Addr::new(*end)).filter(|r| r.contains(addr))
                });
                Answer::Holds(range)
            }
            _ => Answer::Unsupported,
        };
        if BUG != FORGETS_TO_MERGE {
            self.merge();
        }
        (answer, Cause::NotGiven)
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
        rows.clear();
        rows.extend(self.entries.iter().map(|(&start, &(end, prot, max))| {
            let range = AddrRange::new(Addr::new(start), Addr::new(end)).unwrap();
            Row { max, ..row(range, prot) }
        }));
    }

    fn summary(&self) -> Summary {
        let size = self.entries.iter().map(|(start, (end, ..))| end - start).sum();
        Summary::new(Size::new(size), self.entries.len())
    }

    /// It merges all it can, and nobody else knows.
    fn check(&self) -> Result<(), String> {
        let mut rows = Vec::new();
        self.entries(&mut rows);
        if MERGES { fully_merged(&rows, self.keeps()) } else { Ok(()) }
    }
}

fn random<const MERGES: bool, const BUG: u8>(seed: u64, sequences: u64) -> Outcome {
    let settings = Settings { seed, sequences: Some(sequences), ..Settings::default() };
    run(&settings, MapFactory::of::<Intervals<MERGES, BUG>>("intervals"))
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
    growstack_fuzz::check::<Intervals<true, PROTECTS_TOO_MUCH>>();
}

#[test]
fn a_check_of_a_right_map_passes() {
    growstack_fuzz::check::<Intervals<false, SOUND>>();
}
