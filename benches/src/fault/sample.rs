//! Taking samples: every subject in turn, fault by fault, so that all have the same machine.

use anyhow::Context as _;
use hdrhistogram::Histogram;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use super::results::{AtSize, Missing, Quantiles, Row};
use super::space;
use super::subject::{Kind, Sample, Subject, TOUCHES, make};
use crate::machine::fault::crowd::Crowd;
use crate::machine::fault::trap::Trap;
use crate::machine::tsc::{Clock, stop};

/// Ticks that a histogram has room for: some seconds.
const MOST_TICKS: u64 = 1 << 34;
/// Significant decimal digits of a histogram.
const DIGITS: u8 = 3;

/// Samples of one subject.
struct Taken {
    subject: Box<dyn Subject>,
    whole: Histogram<u64>,
    engine: Histogram<u64>,
    commit: Histogram<u64>,
    dropped: u64,
}

/// Measures everything with `others` other mappings around; each subject serves `rounds` times
/// [`TOUCHES`] faults. Call it on a pinned thread.
///
/// # Errors
///
/// Those of system calls and the engine's refusals. What the kernel does not permit is missing in
/// the results, with the reason.
pub fn measure(others: u64, rounds: u64, clock: &Clock, trap: &Trap) -> anyhow::Result<AtSize> {
    let crowd = Crowd::new(others).context("cannot make the other mappings")?;
    let mut missing = Vec::new();
    let mut all: Vec<Taken> = Vec::new();
    for kind in Kind::ALL {
        match make(kind) {
            Ok(subject) => all.push(Taken::new(subject)),
            Err(error) if kind.has_engine() => return Err(error),
            Err(error) => missing.push(Missing { kind, why: format!("{error:#}") }),
        }
    }
    let mappings = space::mappings()?.len();
    let entries = all.iter().find_map(|one| one.subject.entries());
    let mut random = StdRng::seed_from_u64(1);
    // The first round fills caches and page tables, and does not count.
    for round in 0..=rounds {
        turn(&mut all, round > 0, &mut random, clock, trap);
        for one in &mut all {
            one.subject.reset()?;
        }
    }
    drop(crowd);
    let of = |kind| all.iter().find(|one| one.subject.kind() == kind);
    let rows = Kind::ALL.iter().filter_map(|kind| Some(of(*kind)?.row(clock))).collect();
    Ok(AtSize { others, mappings, entries, rows, missing })
}

/// One round: all places of all subjects. What comes before a fault decides what the caches hold,
/// so the order is another one at each place.
fn turn(all: &mut [Taken], counts: bool, random: &mut StdRng, clock: &Clock, trap: &Trap) {
    let home = stop().core;
    for n in 0..TOUCHES {
        all.shuffle(random);
        for one in all.iter_mut() {
            let sample = one.subject.touch(trap, n);
            if counts {
                one.record(&sample, home, clock);
            }
        }
    }
}

impl Taken {
    fn new(subject: Box<dyn Subject>) -> Self {
        let (whole, engine, commit) = (histogram(), histogram(), histogram());
        Self { subject, whole, engine, commit, dropped: 0 }
    }

    fn record(&mut self, sample: &Sample, home: u32, clock: &Clock) {
        if sample.core != home {
            self.dropped += 1;
            return;
        }
        let less = |ticks: u64| ticks.saturating_sub(clock.overhead);
        self.whole.saturating_record(less(sample.whole));
        if let Some(parts) = sample.parts {
            self.engine.saturating_record(less(parts.engine));
            self.commit.saturating_record(less(parts.commit));
        }
    }

    fn row(&self, clock: &Clock) -> Row {
        let of = |histogram| Quantiles::of(histogram, clock.ns_per_tick);
        let kind = self.subject.kind();
        let has_engine = kind.has_engine();
        Row {
            kind,
            whole: of(&self.whole),
            engine: has_engine.then(|| of(&self.engine)),
            engine_ticks: has_engine.then(|| Quantiles::of(&self.engine, 1.0)),
            commit: has_engine.then(|| of(&self.commit)),
            dropped: self.dropped,
        }
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(MOST_TICKS, DIGITS).expect("the bounds are in order")
}
