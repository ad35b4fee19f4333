//! The first gate: instructions, counted by callgrind.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{available_parallelism, scope};

use anyhow::Context;
use growstack_bench_driver::op::Op;
use growstack_bench_driver::report::Measured;

use super::driver::{Driver, Task};
use super::outcome::Instructions;
use super::verdict::Verdict;

/// Blocks of 256 operations, all different.
const BLOCKS: usize = 4;

/// What one operation at one size came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Counted {
    /// The operation.
    pub op: Op,
    /// Entries of the map.
    pub entries: usize,
    /// The counts.
    pub instructions: Instructions,
    /// Do both revisions answer alike?
    pub same_answers: bool,
}

/// Counts the instructions of every operation for both drivers. Runs on all cores: other work does
/// not disturb the count.
///
/// # Errors
///
/// Those of [`Driver::count`].
pub fn count(
    base: &Driver,
    head: &Driver,
    tasks: &[Task],
    valgrind: &Path,
) -> anyhow::Result<Vec<Counted>> {
    let jobs: Vec<(Op, usize, &Driver)> = tasks
        .iter()
        .flat_map(|task| task.ops.iter().map(|op| (*op, task.entries)))
        .flat_map(|(op, entries)| [(op, entries, base), (op, entries, head)])
        .collect();
    let run =
        |&(op, entries, driver): &(Op, usize, &Driver)| driver.count(valgrind, op, entries, BLOCKS);
    let counts = on_all_cores(&jobs, run);
    let mut counts = counts.into_iter();
    let mut counted = Vec::new();
    for job in jobs.chunks_exact(2) {
        let &[(op, entries, _), _] = job else { continue };
        let base = counts.next().context("a count for every job")??;
        let head = counts.next().context("a count for every job")??;
        let same_answers = base.1.answers == head.1.answers;
        counted.push(Counted { op, entries, instructions: compare(&base, &head), same_answers });
    }
    Ok(counted)
}

fn compare(base: &(u64, Measured), head: &(u64, Measured)) -> Instructions {
    // The number of operations is the same, unless BASE has a driver of its own.
    let verdict = Verdict::of_instructions(
        base.0.saturating_mul(head.1.operations),
        head.0.saturating_mul(base.1.operations),
    );
    let (base, head) = (each(base), each(head));
    Instructions { base, head, change_percent: (head / base - 1.0) * 100.0, verdict }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn each((instructions, measured): &(u64, Measured)) -> f64 {
    *instructions as f64 / measured.operations.max(1) as f64
}

/// Runs jobs, as many at a time as there are cores. The answers are in the jobs' order.
fn on_all_cores<J: Sync, A: Send>(jobs: &[J], run: impl Fn(&J) -> A + Sync) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Relaxed)
            && let Some(job) = jobs.get(at)
        {
            done.push((at, run(job)));
        }
        done
    };
    let cores = available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(usize, A)> = scope(|threads| {
        let workers: Vec<_> = (0..cores).map(|_| threads.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no job panics")).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_answered_in_their_order() {
        let jobs: Vec<usize> = (0..100).collect();
        assert_eq!(on_all_cores(&jobs, |job| job * 2), (0..200).step_by(2).collect::<Vec<_>>());
        assert!(on_all_cores(&[], |job: &usize| *job).is_empty());
    }

    #[test]
    fn counts_are_compared_for_each_operation() {
        let counted = |instructions, operations| {
            let measured = Measured {
                op: Op::LookupLatency,
                operations,
                answers: 0,
                least: 0.0,
                quartile: 0.0,
                median: 0.0,
            };
            (instructions, measured)
        };
        let seen = compare(&counted(100_000, 1000), &counted(210_000, 2000));
        assert!((seen.base - 100.0).abs() < 1e-9 && (seen.head - 105.0).abs() < 1e-9);
        assert!((seen.change_percent - 5.0).abs() < 1e-9);
        assert_eq!(seen.verdict, Verdict::Regression, "5 % itself fails");
    }
}
