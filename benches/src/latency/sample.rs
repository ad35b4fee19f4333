//! Taking samples.

use std::hint::black_box;

use growstack::{Addr, PAGE_SIZE, Refusal};
use hdrhistogram::Histogram;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::steady::Steady;
use super::{Distribution, Fault, Pooled};
use crate::clock::{Clock, empty_pair, start, stop};
use crate::engine::Engine;
use crate::heap::counted;
use crate::layout::{Layout, RESERVE_PAGES, Span};
use crate::work::Source;

/// Ticks that a histogram has room for: some seconds.
const MOST_TICKS: u64 = 1 << 34;
/// Significant decimal digits of a histogram.
const DIGITS: u8 = 3;
/// Growths before the first sample of a run.
const WARM_UP: u64 = 2000;

/// How many samples to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sampling {
    /// Samples of a run.
    pub samples: u64,
    /// Runs, of which the best one counts.
    pub runs: u32,
}

impl Sampling {
    /// For figures to quote.
    pub const FULL: Self = Self { samples: 200_000, runs: 3 };
    /// For a glance.
    pub const QUICK: Self = Self { samples: 20_000, runs: 2 };
    /// For a test.
    pub const ONCE: Self = Self { samples: 64, runs: 2 };
}

/// The distribution of every kind of fault at one size. Call it on a pinned thread.
///
/// # Errors
///
/// [`Refusal::OutOfNodes`] without memory.
///
/// # Panics
///
/// If the engine answers a fault wrongly.
pub fn measure(n: usize, sampling: Sampling, clock: &Clock) -> Result<Vec<Distribution>, Refusal> {
    let layout = Layout::stacks(n, 1);
    let mut sampler = Sampler {
        engine: Engine::new(&layout)?,
        source: Source::new(layout),
        random: StdRng::seed_from_u64(2),
        clock: *clock,
    };
    Ok(Fault::ALL.into_iter().map(|fault| sampler.distribution(fault, sampling)).collect())
}

struct Sampler {
    engine: Engine,
    source: Source,
    random: StdRng,
    clock: Clock,
}

/// One run.
struct Run {
    growths: Histogram<u64>,
    empty: Histogram<u64>,
    steady: Histogram<u64>,
    allocations: u64,
    dropped: u64,
}

impl Sampler {
    fn distribution(&mut self, fault: Fault, sampling: Sampling) -> Distribution {
        let warm_up = WARM_UP.min(sampling.samples);
        let mut steady = Steady::of_length(1, &self.clock);
        let runs: Vec<Run> = (0..sampling.runs)
            .map(|_| {
                let median = self.run(fault, warm_up, steady).growths.value_at_quantile(0.5);
                steady = Steady::of_length(median, &self.clock);
                self.run(fault, sampling.samples, steady)
            })
            .collect();
        let allocations = runs.iter().map(|run| run.allocations).sum();
        let dropped = runs.iter().map(|run| run.dropped).sum();
        let pooled = Pooled {
            growths: together(runs.iter().map(|run| &run.growths)),
            steady: together(runs.iter().map(|run| &run.steady)),
            empty: together(runs.iter().map(|run| &run.empty)),
        };
        let best = runs
            .into_iter()
            .min_by_key(|run| run.growths.value_at_quantile(0.9999))
            .expect("there is a run at least");
        Distribution {
            n: self.source.layout().spans.len(),
            fault,
            growths: best.growths,
            empty: best.empty,
            pooled,
            allocations,
            dropped,
            ns_per_tick: self.clock.ns_per_tick,
        }
    }

    fn run(&mut self, fault: Fault, samples: u64, steady: Steady) -> Run {
        let home = stop().core;
        let (growths, empty, steadies) = (histogram(), histogram(), histogram());
        let mut run = Run { growths, empty, steady: steadies, allocations: 0, dropped: 0 };
        let overhead = self.clock.overhead;
        let own = |ticks: u64| ticks.saturating_sub(overhead).max(1);
        for _ in 0..samples {
            self.engine.reserve().expect("memory for nodes");
            let (addr, stack) = self.draw(fault);
            let ((ticks, core), allocated) = counted(|| self.time(addr, fault));
            self.undo(fault, &stack);
            run.allocations += allocated.calls;
            let (loop_ticks, loop_core) = steady.time();
            if core == home && loop_core == home {
                run.growths.saturating_record(own(ticks));
                run.empty.saturating_record(own(empty_pair()));
                run.steady.saturating_record(own(loop_ticks));
            } else {
                run.dropped += 1;
            }
        }
        run
    }

    /// A fault of a kind, and the stack it is at.
    fn draw(&mut self, fault: Fault) -> (u64, Span) {
        let random = &mut self.random;
        match fault {
            Fault::Mapped => (self.source.mapped(random), Span::NONE),
            Fault::Outside => (self.source.outside(random), Span::NONE),
            Fault::Down => self.source.below_stack(random),
            Fault::Up => self.source.above_stack(random),
            Fault::Refused => {
                let (addr, stack) = self.source.below_stack(random);
                (addr - RESERVE_PAGES * PAGE_SIZE, stack)
            }
        }
    }

    /// Ticks of one growth, and the core it ended on.
    #[inline(never)]
    fn time(&mut self, addr: u64, fault: Fault) -> (u64, u32) {
        let process = &mut self.engine.process;
        let began = start();
        let answer = black_box(process.grow(Addr::new(black_box(addr)), |_| ()));
        let ended = stop();
        fault.check(answer);
        (ended.ticks.saturating_sub(began), ended.core)
    }

    fn undo(&mut self, fault: Fault, stack: &Span) {
        if matches!(fault, Fault::Down | Fault::Up) {
            self.engine.undo(stack);
        }
    }
}

impl Fault {
    /// A benchmark verifies its own answers.
    fn check(self, answer: Result<growstack::Growth, Refusal>) {
        use growstack::Direction::{Down, Up};
        use growstack::Growth::{AlreadyMapped, Grown, NoStack};
        let right = match self {
            Self::Mapped => answer == Ok(AlreadyMapped),
            Self::Outside => answer == Ok(NoStack),
            Self::Down => matches!(answer, Ok(Grown { direction: Down, .. })),
            Self::Up => matches!(answer, Ok(Grown { direction: Up, .. })),
            Self::Refused => matches!(answer, Err(Refusal::Avail { .. })),
        };
        assert!(right, "{self}: {answer:?}");
    }
}

fn together<'a>(runs: impl Iterator<Item = &'a Histogram<u64>>) -> Histogram<u64> {
    runs.fold(histogram(), |mut all, one| {
        all.add(one).expect("all have the same bounds");
        all
    })
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, MOST_TICKS, DIGITS).expect("bounds that a histogram can have")
}
