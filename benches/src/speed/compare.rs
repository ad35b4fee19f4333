//! Rounds: every map runs a block, then every map runs the next.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::act::Act;
use super::block::Block;
use super::results::{Measured, Memory, Results};
use super::runner::{Runner, all, engine};
use crate::layout::Layout;
use crate::machine::tsc::Clock;
use crate::work::Source;

/// How long to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Blocks of each map.
    pub rounds: usize,
    /// Operations of a block.
    pub block: usize,
    /// Is the reference left out where it takes long?
    pub quick: bool,
}

impl Pace {
    /// For figures to quote.
    pub const FULL: Self = Self { rounds: 61, block: 1024, quick: false };
    /// For a glance.
    pub const QUICK: Self = Self { rounds: 15, block: 512, quick: true };
    /// For a test: everything once.
    pub const ONCE: Self = Self { rounds: 1, block: 16, quick: true };
}

const SEED: u64 = 0x0067_726f_7773_7461;

/// Measures every map at one size.
///
/// # Panics
///
/// If two maps answer the same question differently, or without memory.
#[must_use]
pub fn compare(n: usize, pace: Pace, clock: &Clock) -> (Results, Vec<Memory>) {
    let layout = Layout::stacks(n, SEED);
    let (mut runners, memory) = with_memory(all(&layout, pace.quick), n);
    // The search for space has a layout of its own.
    let acts: Vec<Act> = Act::ALL.into_iter().filter(|act| *act != Act::FindSpace).collect();
    let mut results = measure(&mut runners, &acts, layout, pace, clock);
    drop(runners);

    let layout = Layout::fragmented(n, SEED);
    let (mut runners, _) = with_memory(all(&layout, pace.quick), n);
    let found = measure(&mut runners, &[Act::FindSpace], layout, pace, clock);
    results.results.extend(found.results);
    (results, memory)
}

/// Measures the engine's look-up, growth and insertion without its peers.
///
/// # Panics
///
/// As [`compare`].
#[must_use]
pub fn engine_alone(n: usize, pace: Pace, clock: &Clock) -> Results {
    let layout = Layout::stacks(n, SEED);
    let (mut runners, _) = with_memory(engine(&layout), n);
    let acts = [Act::LookupLatency, Act::GrowDown, Act::InsertRemove];
    measure(&mut runners, &acts, layout, pace, clock)
}

type Runners = Vec<Box<dyn Runner>>;

fn with_memory(all: Vec<(Box<dyn Runner>, i64)>, n: usize) -> (Runners, Vec<Memory>) {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let per_entry = |bytes: i64| bytes as f64 / n as f64;
    let memory = |(runner, bytes): &(Box<dyn Runner>, i64)| Memory {
        n,
        who: runner.who(Act::LookupLatency).to_owned(),
        bytes_per_entry: per_entry(*bytes),
    };
    let measured = all.iter().map(memory).collect();
    (all.into_iter().map(|(runner, _)| runner).collect(), measured)
}

fn measure(
    runners: &mut Runners,
    acts: &[Act],
    layout: Layout,
    pace: Pace,
    clock: &Clock,
) -> Results {
    let n = layout.spans.len();
    let source = Source::new(layout);
    let mut random = StdRng::seed_from_u64(SEED);
    let mut results = Results::default();
    for &act in acts {
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); runners.len()];
        for round in 0..pace.rounds {
            let work = source.draw(pace.block, &mut random);
            let mut sums = Sums::default();
            // Who comes first changes from round to round.
            for turn in 0..runners.len() {
                let at = (turn + round) % runners.len();
                let (Some(runner), Some(times)) = (runners.get_mut(at), times.get_mut(at)) else {
                    continue;
                };
                if let Some(block) = runner.run(act, &work, clock) {
                    sums.check(runner.who(act), act, n, &block);
                    times.push(per_operation(&block, clock));
                }
            }
        }
        for (runner, times) in runners.iter().zip(times) {
            let who = format!("{}{}", runner.who(act), act.suffix());
            results.results.extend(summary(act, n, who, times));
        }
    }
    results
}

fn per_operation(block: &Block, clock: &Clock) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let operations = block.operations.max(1) as f64;
    clock.ns(block.ticks) / operations
}

fn summary(act: Act, n: usize, who: String, mut times: Vec<f64>) -> Option<Measured> {
    times.sort_unstable_by(f64::total_cmp);
    let median_ns = hundredths(*times.get(times.len() / 2)?);
    let p99_ns = hundredths(*times.get((times.len() * 99).div_ceil(100).saturating_sub(1))?);
    Some(Measured { op: act.op().to_owned(), n, who, median_ns, p99_ns })
}

/// More digits than anyone can measure, and few enough to read.
fn hundredths(ns: f64) -> f64 {
    (ns * 100.0).round() / 100.0
}

/// The sums of answers of one round, by the number of operations they are of.
#[derive(Default)]
struct Sums(BTreeMap<usize, (u64, &'static str)>);

impl Sums {
    fn check(&mut self, who: &'static str, act: Act, n: usize, block: &Block) {
        let (sum, first) = *self.0.entry(block.operations).or_insert((block.sum, who));
        assert_eq!(sum, block.sum, "{first} and {who} answer {act:?} differently with {n} entries");
    }
}
