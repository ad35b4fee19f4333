//! Single operations after an eviction of the caches: what the first access after other work takes.
//!
//! All maps do the same operation in turn after one and the same eviction, each on memory of its
//! own. The code that times them, which they share, is run once between, without an operation.

use std::fmt::Write as _;
use std::hint::black_box;

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::clock::{Clock, empty_pair};
use crate::evict::{Evicted, Evictor};
use crate::floor::Floor;
use crate::job::layout;
use crate::op::Op;
use crate::subject::{ENGINE, Who};
use crate::work::Source;

/// The operations, of which growth is what a page fault does.
pub const OPS: [Op; 4] = [Op::LookupEntry, Op::GrowDown, Op::GrowUp, Op::FindSpace];

/// One map, one operation, one size, one eviction.
#[derive(Clone, PartialEq, Debug)]
pub struct Cold {
    /// The operation.
    pub op: Op,
    /// Entries of the map.
    pub n: usize,
    /// What was evicted.
    pub evicted: Evicted,
    /// The map.
    pub who: &'static str,
    /// Nanoseconds that half of the samples took at most.
    pub p50: f64,
    /// Nanoseconds that nine tenths of them took at most.
    pub p90: f64,
}

/// Measures every map at one size, with `samples` evictions of each kind for each operation.
///
/// # Panics
///
/// If two maps answer differently, or without memory.
#[must_use]
pub fn measure(n: usize, samples: usize, clock: &Clock) -> Vec<Cold> {
    let mut measured = Vec::new();
    for op in OPS {
        let layout = layout(op, n);
        let floor = Some(Floor::One).filter(|floor| floor.has(op));
        let maps = Who::ALL.iter().map(|who| who.make(&layout));
        let mut maps: Vec<_> = maps.chain(floor.map(|floor| floor.make(&layout))).collect();
        let source = Source::new(layout);
        for evicted in Evicted::ALL {
            let mut times: Vec<Vec<u64>> = vec![Vec::new(); maps.len()];
            let (mut evictor, mut random) = (Evictor::new(evicted), StdRng::seed_from_u64(1));
            for round in 0..samples {
                let mut batch = source.batch(op, &mut random);
                batch.truncate(1);
                maps.iter_mut().for_each(|map| map.prepare(op, &batch));
                evictor.evict();
                black_box(empty_pair());
                let mut first = None;
                for turn in 0..maps.len() {
                    let at = (turn + round) % maps.len();
                    let (map, times) = (&mut maps[at], &mut times[at]);
                    let (ticks, answer) = clock.time(|| map.run(op, &batch));
                    assert_eq!(*first.get_or_insert(answer), answer, "{op:?} of {}", map.name());
                    times.push(ticks);
                }
                maps.iter_mut().for_each(|map| map.undo(op, &batch));
            }
            for (map, mut ticks) in maps.iter().zip(times) {
                ticks.sort_unstable();
                let at = |share: usize| {
                    ticks.get(ticks.len() * share / 100).map_or(0.0, |ticks| clock.ns(*ticks))
                };
                let (p50, p90) = (at(50), at(90));
                measured.push(Cold { op, n, evicted, who: map.name(), p50, p90 });
            }
        }
    }
    measured
}

/// Markdown tables of the results at one size: medians with, in brackets, how many times the engine's,
/// and the ninetieth percentile; nanoseconds. The last row of an eviction is no peer but the floor.
#[must_use]
pub fn table(results: &[Cold], n: usize) -> String {
    let mut text = format!("| evicted, {n} entries |");
    OPS.iter().for_each(|op| _ = write!(text, " {} | p90 |", op.name()));
    text.push_str("\n|---|");
    text.push_str(&"--:|".repeat(2 * OPS.len()));
    for evicted in Evicted::ALL {
        for who in Who::ALL.map(Who::name).into_iter().chain([Floor::One.name()]) {
            let find = |op, who| {
                let mut of_size = results.iter().filter(|one| one.n == n);
                of_size.find(|one| (one.op, one.evicted, one.who) == (op, evicted, who))
            };
            // Writing to a string does not fail.
            let _ = write!(text, "\n| {evicted}: {who} |");
            for op in OPS {
                let (Some(one), Some(engine)) = (find(op, who), find(op, ENGINE)) else {
                    text.push_str(" – | – |");
                    continue;
                };
                let ratio = if who == ENGINE {
                    String::new()
                } else {
                    format!(" ({:.2})", one.p50 / engine.p50)
                };
                let _ = write!(text, " {:.0}{ratio} | {:.0} |", one.p50, one.p90);
            }
        }
    }
    text.push('\n');
    text
}
