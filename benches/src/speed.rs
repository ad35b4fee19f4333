//! The engine beside its peers and the floor of look-ups: every map runs a batch in turn, so that the
//! machine is the same for all of them.

use std::fmt::Write as _;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::Serialize;

use crate::clock::Clock;
use crate::floor::Floor;
use crate::heap::counted;
use crate::job::layout;
use crate::layout::Layout;
use crate::op::Op;
use crate::subject::{ENGINE, Subject, Who};
use crate::work::Source;

/// One map, one operation, one size.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Measured {
    /// The operation.
    pub op: &'static str,
    /// Entries of the map.
    pub n: usize,
    /// The map.
    pub who: &'static str,
    /// Nanoseconds of an operation: the median over batches.
    pub median_ns: f64,
    /// The 99th percentile over batches. A batch is many operations, so this shows how steady the
    /// machine was; for the tail of single growths see [`crate::latency`].
    pub p99_ns: f64,
}

/// Bytes of an entry.
#[derive(Clone, PartialEq, Debug)]
pub struct Memory {
    /// Entries of the map.
    pub n: usize,
    /// The map.
    pub who: &'static str,
    /// Bytes asked of the allocator for each entry, spare capacity included.
    pub bytes: f64,
}

/// Measures every operation that all maps have at one size, in `rounds` batches for each map, and look-ups
/// of the static tree in the same turns.
///
/// # Panics
///
/// If two maps answer differently, or without memory.
#[must_use]
pub fn compare(n: usize, rounds: usize, clock: &Clock) -> (Vec<Measured>, Vec<Memory>) {
    let (mut measured, mut memory) = (Vec::new(), Vec::new());
    let ops: Vec<Op> = Op::ALL.into_iter().filter(|op| op.has_peers()).collect();
    // The search for space has a layout of its own.
    for ops in ops.chunk_by(|one, other| is_search(*one) == is_search(*other)) {
        let Some(layout) = ops.first().map(|op| layout(*op, n)) else { continue };
        let (mut maps, bytes) = make(&layout, n);
        if memory.is_empty() {
            memory = bytes;
        }
        let source = Source::new(layout);
        for op in ops {
            measured.extend(interleaved(*op, &mut maps, &source, rounds, clock));
        }
    }
    (measured, memory)
}

fn is_search(op: Op) -> bool {
    op == Op::FindSpace
}

fn make(layout: &Layout, n: usize) -> (Vec<Box<dyn Subject>>, Vec<Memory>) {
    let weighed = |make: &dyn Fn() -> Box<dyn Subject>| {
        let (map, allocated) = counted(make);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let bytes = allocated.bytes as f64 / n as f64;
        let who = map.name();
        (map, Memory { n, who, bytes })
    };
    let maps = Who::ALL.iter().map(|who| weighed(&|| who.make(layout)));
    let floors = Floor::ALL.iter().map(|floor| weighed(&|| floor.make(layout)));
    maps.chain(floors).unzip()
}

fn interleaved(
    op: Op,
    maps: &mut [Box<dyn Subject>],
    source: &Source,
    rounds: usize,
    clock: &Clock,
) -> Vec<Measured> {
    let mut maps: Vec<_> = maps.iter_mut().filter(|map| map.has(op)).collect();
    let mut random = StdRng::seed_from_u64(1);
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); maps.len()];
    for round in 0..rounds {
        let batch = source.batch(op, &mut random);
        let mut first = None;
        for turn in 0..maps.len() {
            // Who comes first changes from round to round.
            let at = (turn + round) % maps.len();
            let (Some(map), Some(times)) = (maps.get_mut(at), times.get_mut(at)) else { continue };
            map.prepare(op, &batch);
            let (ticks, sum) = clock.time(|| map.run(op, &batch));
            map.undo(op, &batch);
            assert_eq!(*first.get_or_insert(sum), sum, "{} answers {op:?} otherwise", map.name());
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            times.push(clock.ns(ticks) / batch.len() as f64);
        }
    }
    let n = source.layout().spans.len();
    let each = maps.iter().zip(times);
    each.filter_map(|(map, times)| summary(op, n, map.name(), times)).collect()
}

fn summary(op: Op, n: usize, who: &'static str, mut times: Vec<f64>) -> Option<Measured> {
    times.sort_unstable_by(f64::total_cmp);
    let at = |at: usize| times.get(at).map(|ns| (ns * 100.0).round() / 100.0);
    let median_ns = at(times.len() / 2)?;
    let p99_ns = at((times.len() * 99).div_ceil(100).saturating_sub(1))?;
    Some(Measured { op: op.name(), n, who, median_ns, p99_ns })
}

/// A Markdown table of the results at one size: a row for each map, medians in nanoseconds and, in
/// brackets, how many times the engine's. The last rows are no peers but the floor of look-ups.
#[must_use]
pub fn table(results: &[Measured], memory: &[Memory], n: usize) -> String {
    let of_size: Vec<&Measured> = results.iter().filter(|one| one.n == n).collect();
    let ops: Vec<&str> = Op::ALL.iter().filter(|op| op.has_peers()).map(|op| op.name()).collect();
    let find = |who: &str, op: &str| of_size.iter().find(|one| (one.who, one.op) == (who, op));
    let mut text = format!("| {n} entries | {} | bytes an entry |\n|---|", ops.join(" | "));
    text.push_str(&"--:|".repeat(ops.len() + 1));
    for who in Who::ALL.map(Who::name).into_iter().chain(Floor::ALL.map(Floor::name)) {
        // Writing to a string does not fail.
        let _ = write!(text, "\n| {who} |");
        for op in &ops {
            let Some(one) = find(who, op) else {
                text.push_str(" – |");
                continue;
            };
            let engine = find(ENGINE, op).filter(|_| who != ENGINE);
            let ratio = engine.map_or_else(String::new, |engine| {
                format!(" ({:.2})", one.median_ns / engine.median_ns)
            });
            let _ = write!(text, " {:.0}{ratio} |", one.median_ns);
        }
        let bytes = memory.iter().find(|one| (one.who, one.n) == (who, n));
        let _ = write!(text, " {:.0} |", bytes.map_or(0.0, |one| one.bytes));
    }
    text.push('\n');
    text
}
