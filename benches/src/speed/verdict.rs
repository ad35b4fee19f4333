//! What the measurements must show, one line each: the figure, the bound, met or missed.

use std::fmt;

use super::results::{Memory, Results};
use super::runner::{DYNAMIC, ENGINE, FASTEST_PEER, FLOOR};
use crate::latency::Distribution;

/// Nodes take at most so many bytes an entry.
const MOST_BYTES: f64 = 80.0;
/// The size from which the tighter bounds hold.
const LARGE: usize = 65_536;
/// The size from which the floor is a measure.
const MEDIUM: usize = 4096;

/// One requirement at one size.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// Its number in the list of what must be shown.
    pub requirement: u8,
    /// What is compared with what.
    pub what: String,
    /// The figure, if it was measured.
    pub figure: Option<f64>,
    /// The most it may be.
    pub bound: f64,
}

impl Verdict {
    /// Does the figure keep to the bound? `None` if it was not measured.
    #[must_use]
    pub fn met(&self) -> Option<bool> {
        self.figure.map(|figure| figure <= self.bound)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requirement, what, figure, bound } = self;
        let word = match self.met() {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "not measured",
        };
        let figure = figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.2}"));
        write!(f, "{requirement}  {what:<66} {figure:>7}  at most {bound:>5.2}  {word}")
    }
}

/// Every requirement at every size measured, given whether the program is compiled for x86-64-v3.
#[must_use]
pub fn verdicts(
    results: &Results,
    memory: &[Memory],
    grows: &[Distribution],
    sizes: &[usize],
    v3: bool,
) -> Vec<Verdict> {
    let judge = Judge { results, v3 };
    let mut all = Vec::new();
    for &n in sizes {
        all.extend(judge.lookups(n));
        all.extend(judge.growth(n));
        all.extend(judge.edits(n));
    }
    all.extend(tail(grows));
    let largest = sizes.iter().copied().max().unwrap_or(0);
    all.extend(memory.iter().filter(|m| m.n == largest && m.who == ENGINE).map(|m| Verdict {
        requirement: 5,
        what: format!("bytes an entry, random inserts, {}", m.n),
        figure: Some(m.bytes_per_entry),
        bound: MOST_BYTES,
    }));
    all.sort_by_key(|verdict| verdict.requirement);
    all
}

struct Judge<'a> {
    results: &'a Results,
    v3: bool,
}

impl Judge<'_> {
    fn lookups(&self, n: usize) -> Vec<Verdict> {
        let peer = if self.v3 && n < LARGE { 1.15 } else { 1.05 };
        let mut all = Vec::new();
        for op in
            ["lookup_latency", "lookup_throughput", "neighbours_latency", "neighbours_throughput"]
        {
            let best = self.results.best(op, n, &DYNAMIC);
            all.push(self.ratio(1, op, n, best, peer));
            if self.v3 && n >= MEDIUM && op.ends_with("latency") {
                let floor = self.results.median(op, n, FLOOR).map(|ns| (FLOOR, ns));
                all.push(self.ratio(1, op, n, floor, 1.4));
            }
        }
        if self.v3 && n == MEDIUM {
            let (op, floor) = ("lookup_latency", self.results.median("lookup_latency", n, FLOOR));
            let brie = self.results.median(op, n, FASTEST_PEER);
            all.push(Verdict {
                requirement: 1,
                what: format!("{op} {n}: the floor of {FASTEST_PEER}"),
                figure: floor.zip(brie).map(|(floor, brie)| floor / brie),
                bound: 1.0,
            });
        }
        all
    }

    fn growth(&self, n: usize) -> Vec<Verdict> {
        let own = |op: &'static str| self.results.median(op, n, ENGINE).map(|ns| (op, ns));
        let neighbours =
            |times: f64, name| own("neighbours_latency").map(|(_, ns)| (name, times * ns));
        let larger = [neighbours(3.0, "3 x own neighbours"), self.best_edit(n)]
            .into_iter()
            .flatten()
            .max_by(|left, right| left.1.total_cmp(&right.1));
        vec![
            self.ratio(2, "grow_mapped", n, own("lookup_latency"), 1.15),
            self.ratio(2, "grow_mapped_fenced", n, own("lookup_fenced"), 1.15),
            self.ratio(2, "grow_down", n, larger, 1.0),
            self.ratio(2, "grow_up", n, neighbours(1.0, "own neighbours"), 2.0),
        ]
    }

    fn edits(&self, n: usize) -> Vec<Verdict> {
        let mut all = vec![self.ratio(3, "insert_remove", n, self.best_edit(n), 1.2)];
        let own = self.results.median("lookup_latency", n, ENGINE).map(|ns| ("own lookup", ns));
        match n {
            0..256 => {}
            256..MEDIUM => all.push(self.ratio(3, "findspace", n, own, 2.0)),
            _ => all.push(self.ratio(3, "findspace", n, own, 1.5)),
        }
        all
    }

    fn best_edit(&self, n: usize) -> Option<(&str, f64)> {
        self.results.best("insert_remove", n, &DYNAMIC)
    }

    fn ratio(
        &self,
        requirement: u8,
        op: &str,
        n: usize,
        of: Option<(&str, f64)>,
        bound: f64,
    ) -> Verdict {
        let engine = self.results.median(op, n, ENGINE);
        let name = of.map_or("what was not measured", |(name, _)| name);
        let figure = engine.zip(of).map(|(engine, (_, ns))| engine / ns);
        Verdict { requirement, what: format!("{op} {n}: of {name}"), figure, bound }
    }
}

fn tail(grows: &[Distribution]) -> Vec<Verdict> {
    let growths = || grows.iter().filter(|grow| grow.is_growth());
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let allocations = growths().map(|grow| grow.allocations).sum::<u64>() as f64;
    let samples: u64 = growths().map(Distribution::samples).sum();
    let never = Verdict {
        requirement: 4,
        what: format!("allocations in {samples} reserved growths"),
        figure: (samples > 0).then_some(allocations),
        bound: 0.0,
    };
    let large = grows.iter().filter(|grow| grow.is_warm_down() && grow.n == LARGE);
    let tails = large.map(|grow| Verdict {
        requirement: 4,
        what: format!("p99.99 of {} growths, {}: of p50, best run", grow.samples(), grow.title()),
        figure: grow.tail_ratio(),
        bound: 12.0,
    });
    std::iter::once(never).chain(tails).collect()
}
