//! The second gate: time, of processes side by side.
//!
//! Three programs take turns: the base, the head, and the null control, a copy of the base. A block
//! runs them in some order, and then in the reverse order, so that what the machine does to the
//! first half it does to the second, the other way round. Each process is short, has its memory at
//! other addresses than the one before, and tells of each operation the fastest of many short
//! blocks: whatever else runs on the machine can only slow one down. A block gives one ratio for the
//! head and one for the null control.
//!
//! A copy of a program does not take exactly as long as the program: its pages are elsewhere in the
//! memory, and share other places in the caches. So whatever looks faster or slower, sure or not, is
//! measured a second time, longer, with fresh copies and the order reversed. That decides.

use std::collections::BTreeMap;
use std::path::Path;

use growstack_bench_driver::op::Op;
use growstack_bench_driver::report::Report;

use super::driver::{Driver, Task};
use super::outcome::Time;
use super::statistics::{interval, median};
use super::verdict::Verdict;

/// How long to measure. Multiples of three, so that each program is as often early as late.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Blocks of processes the first time.
    pub screening: usize,
    /// Blocks of processes the second time.
    pub confirming: usize,
}

impl Pace {
    /// For a verdict.
    pub const FULL: Self = Self { screening: 15, confirming: 24 };
    /// For a glance.
    pub const QUICK: Self = Self { screening: 6, confirming: 12 };
}

/// Blocks of operations in a process.
const BLOCKS: usize = 64;

/// The programs that take turns.
#[derive(Debug)]
struct Arms {
    /// The base, the head, and the null control.
    drivers: [Driver; 3],
    reversed: bool,
}

/// What the blocks gave for one operation: logarithms of ratios to the base, and ticks.
#[derive(Clone, Debug, Default)]
struct Samples {
    head: Vec<f64>,
    null: Vec<f64>,
    base_ns: Vec<f64>,
    head_ns: Vec<f64>,
}

/// Every operation at every size.
type All = BTreeMap<(usize, Op), Samples>;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Timed {
    /// The figures; those of the second time where there was one.
    pub times: BTreeMap<(usize, Op), Time>,
    /// Those that looked different the first time, and not the second.
    pub unconfirmed: Vec<(usize, Op)>,
}

/// Compares the times of all operations. `folder` takes the copies of the drivers.
///
/// # Errors
///
/// Those of [`Driver::time`] and [`Driver::copy`].
pub fn compare(
    base: &Path,
    head: &Path,
    folder: &Path,
    tasks: &[Task],
    pace: Pace,
    mut progress: impl FnMut(&str),
) -> anyhow::Result<Timed> {
    let arms = Arms::new(base, head, folder, false)?;
    let first = arms.measure(tasks, pace.screening, &mut progress)?;
    let mut timed = Timed {
        times: first.iter().map(|(key, samples)| (*key, samples.judge())).collect(),
        unconfirmed: Vec::new(),
    };
    let suspects = suspects(tasks, &timed);
    if suspects.is_empty() {
        return Ok(timed);
    }
    let arms = Arms::new(base, head, folder, true)?;
    let second = arms.measure(&suspects, pace.confirming, &mut progress)?;
    for (key, samples) in second {
        let mut time = samples.judge();
        let before = timed.times.get(&key).map(leaning);
        if Some(time.verdict) != before {
            time.verdict = Verdict::NoChange;
            timed.unconfirmed.push(key);
        }
        timed.times.insert(key, time);
    }
    Ok(timed)
}

fn leaning(time: &Time) -> Verdict {
    Verdict::leaning(time.ratio.ln())
}

fn suspects(tasks: &[Task], timed: &Timed) -> Vec<Task> {
    let suspect = |entries, op| {
        let time = timed.times.get(&(entries, op));
        time.is_some_and(|time| leaning(time) != Verdict::NoChange)
    };
    let of_task = |task: &Task| Task {
        entries: task.entries,
        ops: task.ops.iter().copied().filter(|op| suspect(task.entries, *op)).collect(),
    };
    tasks.iter().map(of_task).filter(|task| !task.ops.is_empty()).collect()
}

impl Arms {
    fn new(base: &Path, head: &Path, folder: &Path, reversed: bool) -> anyhow::Result<Self> {
        let run = if reversed { 'r' } else { 'f' };
        let copy = |from, arm: char| Driver::copy(from, folder, &format!("{arm}{run}"));
        Ok(Self { drivers: [copy(base, 'b')?, copy(head, 'h')?, copy(base, 'n')?], reversed })
    }

    fn measure(
        &self,
        tasks: &[Task],
        blocks: usize,
        progress: &mut impl FnMut(&str),
    ) -> anyhow::Result<All> {
        let mut all = All::new();
        let seeds = if self.reversed { 1_000_000.. } else { 0_u64.. };
        for (block, seed) in (0..blocks).zip(seeds) {
            progress(&format!("times: block {} of {blocks}", block + 1));
            for task in tasks {
                let mut runs = [const { Vec::new() }; 3];
                for arm in order(block, self.reversed) {
                    if let (Some(driver), Some(runs)) = (self.drivers.get(arm), runs.get_mut(arm)) {
                        runs.push(driver.time(task, seed, BLOCKS)?);
                    }
                }
                add(&mut all, task, &runs);
            }
        }
        Ok(all)
    }
}

/// The arms of a block: another one first each time, and all of them again in the reverse order.
fn order(block: usize, reversed: bool) -> [usize; 6] {
    let (a, b, c) = match (block % 3, reversed) {
        (0, false) => (0, 1, 2),
        (1, false) => (1, 2, 0),
        (_, false) => (2, 0, 1),
        (0, true) => (2, 1, 0),
        (1, true) => (0, 2, 1),
        (_, true) => (1, 0, 2),
    };
    [a, b, c, c, b, a]
}

fn add(all: &mut All, task: &Task, [base, head, null]: &[Vec<Report>; 3]) {
    for &op in &task.ops {
        let samples = all.entry((task.entries, op)).or_default();
        let of_base = mean_log(base, op);
        samples.head.push(mean_log(head, op) - of_base);
        samples.null.push(mean_log(null, op) - of_base);
        samples.base_ns.extend(base.iter().map(|report| ns(report, op)));
        samples.head_ns.extend(head.iter().map(|report| ns(report, op)));
    }
}

/// Ticks of the fastest block. A block without any counts as one tick: it cannot be compared.
fn ticks(report: &Report, op: Op) -> f64 {
    let measured = report.results.iter().find(|measured| measured.op == op);
    measured.map_or(0.0, |measured| measured.least).max(1.0)
}

fn ns(report: &Report, op: Op) -> f64 {
    ticks(report, op) * report.ns_per_tick
}

fn mean_log(reports: &[Report], op: Op) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "two of them")]
    let count = reports.len().max(1) as f64;
    reports.iter().map(|report| ticks(report, op).ln()).sum::<f64>() / count
}

impl Samples {
    fn judge(&self) -> Time {
        let (head, null) = (interval(&self.head), interval(&self.null));
        Time {
            base_ns: median(&mut self.base_ns.clone()),
            head_ns: median(&mut self.head_ns.clone()),
            ratio: head.middle.exp(),
            low: head.low.exp(),
            high: head.high.exp(),
            null_low: null.low.exp(),
            null_high: null.high.exp(),
            pairs: 2 * self.head.len(),
            verdict: Verdict::of_times(&head, &null),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growstack_bench_driver::report::{CONTRACT, Measured};

    #[test]
    fn every_arm_is_as_often_early_as_late() {
        for reversed in [false, true] {
            let mut places = [0; 3];
            for block in 0..3 {
                let order = order(block, reversed);
                for (place, arm) in order.into_iter().enumerate() {
                    places[arm] += place;
                }
                for arm in 0..3 {
                    assert_eq!(order.into_iter().filter(|at| *at == arm).count(), 2);
                }
            }
            assert_eq!(places, [15; 3], "a drift of the machine favours nobody");
        }
    }

    fn report(least: f64) -> Report {
        let op = Op::LookupLatency;
        let (quartile, median) = (least, least);
        let measured = Measured { op, operations: 1, answers: 0, least, quartile, median };
        Report { contract: CONTRACT, entries: 256, ns_per_tick: 0.5, results: vec![measured] }
    }

    #[test]
    fn ratios_are_of_neighbours() {
        let task = Task { entries: 256, ops: vec![Op::LookupLatency] };
        let mut all = All::new();
        // The machine halves its speed from block to block; the head always takes 1.2 times.
        for slow in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0] {
            let run = |ticks: f64| vec![report(ticks * slow), report(ticks * slow)];
            add(&mut all, &task, &[run(100.0), run(120.0), run(100.0)]);
        }
        let time = all[&(256, Op::LookupLatency)].judge();
        assert!((time.ratio - 1.2).abs() < 1e-9 && (time.low - 1.2).abs() < 1e-9, "{time:?}");
        assert!((time.null_high - 1.0).abs() < 1e-9);
        assert_eq!((time.pairs, time.verdict), (12, Verdict::Regression));
        assert!((time.base_ns - 400.0).abs() < 1e-9, "{time:?}");
    }

    #[test]
    fn only_what_looks_different_is_measured_again() {
        let task = Task { entries: 256, ops: vec![Op::LookupLatency, Op::GrowUp] };
        let mut timed = Timed::default();
        assert!(suspects(std::slice::from_ref(&task), &timed).is_empty());
        let samples = Samples { head: vec![-0.5; 8], null: vec![0.0; 8], ..Samples::default() };
        timed.times.insert((256, Op::GrowUp), samples.judge());
        assert_eq!(suspects(&[task], &timed), [Task { entries: 256, ops: vec![Op::GrowUp] }]);
    }
}
