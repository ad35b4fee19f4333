//! The bounded proof: every short sequence of operations over a map of six pages, and every single
//! growth in one of sixteen, on a map and on the oracle.
//!
//! Two sequences after which the map is the same, with all that can be seen of it, go on alike: only
//! one of them is gone on from, and it counts for both. So the sequences covered are far more than
//! those run. What makes two maps the same is a hash of 128 bits.

mod growths;
mod operations;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZero;
use std::thread;

use crate::compare::{Divergence, Observed};
use crate::kernel::Kernel;
use crate::lockstep::{FreeBsd, Lockstep, Mismatch, ORACLE, Ran, Side};
use crate::op::{Config, Op};
use crate::replay::{MapFactory, ORACLES};
use crate::space::AddressSpace;
use crate::trace::{Step, Trace};

pub use growths::{Growths, prove_growths};
pub use operations::{PAGES, Scope, operations, starts};

/// Most operations of a sequence.
pub const MOST: usize = 6;

/// The numbers of the operations of a sequence; as many as the level says.
type Sequence = [u16; MOST];

/// The maps that sequences of one length lead to: how many sequences, and one of them.
type States = HashMap<u128, (u128, Sequence)>;

/// A map beside the oracle.
type Maps = Lockstep<FreeBsd, dyn AddressSpace, dyn AddressSpace>;

/// What was covered.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many operations there are to choose from.
    pub operations: usize,
    /// By the length of sequences, from 1 up.
    pub levels: Vec<Level>,
    /// The first sequence after which the maps differ.
    pub failure: Option<Failure>,
}

/// Sequences of one length.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Level {
    /// The sequences covered.
    pub sequences: u128,
    /// Those that were run.
    pub run: u64,
    /// Different maps that they lead to.
    pub maps: usize,
}

/// A sequence after which the maps differ, and none shorter does.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The sequence, without answers.
    pub trace: Trace,
    /// The names of the maps that differ.
    pub sides: (&'static str, &'static str),
    /// In what they differ.
    pub divergence: Divergence,
}

/// One of the starts, and everything that is run from there.
struct Search<'a> {
    tested: MapFactory,
    config: Config,
    before: Option<Op>,
    ops: &'a [Op],
}

/// Runs every sequence of up to `most` operations of a scope, at most [`MOST`], from every start.
///
/// Operations that `tested` does not support are left out.
#[must_use]
pub fn prove(tested: MapFactory, kernel: Kernel, scope: Scope, most: usize) -> Outcome {
    let ops = operations(kernel, scope);
    let most = most.min(MOST);
    let levels = vec![Level::default(); most];
    let mut outcome = Outcome { operations: ops.len(), levels, failure: None };
    for (config, before) in starts(kernel) {
        let search = Search { tested, config, before, ops: &ops };
        let mut states = States::from([(0, (1, Sequence::default()))]);
        for (length, level) in outcome.levels.iter_mut().enumerate() {
            match search.extend(length, states) {
                Ok((next, run)) => {
                    level.run += run;
                    level.sequences += next.values().map(|(sequences, _)| sequences).sum::<u128>();
                    level.maps += next.len();
                    states = next;
                }
                Err(failure) => {
                    outcome.failure = Some(*failure);
                    return outcome;
                }
            }
        }
    }
    outcome
}

impl Search<'_> {
    /// Goes on from maps that `length` operations lead to by each operation: the maps that this leads
    /// to, and how many sequences were run.
    fn extend(&self, length: usize, states: States) -> Result<(States, u64), Box<Failure>> {
        let states: Vec<(u128, Sequence)> = states.into_values().collect();
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let parts = states.chunks(states.len().div_ceil(threads).max(1));
        thread::scope(|scope| {
            let spawn = |part| scope.spawn(move || self.extend_part(length, part));
            let workers: Vec<_> = parts.map(spawn).collect();
            let mut all = (States::new(), 0);
            for worker in workers {
                let done = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                let (found, run) = done?;
                all.1 += run;
                for (map, (sequences, sequence)) in found {
                    all.0.entry(map).or_insert((0, sequence)).0 += sequences;
                }
            }
            Ok(all)
        })
    }

    fn extend_part(
        &self,
        length: usize,
        part: &[(u128, Sequence)],
    ) -> Result<(States, u64), Box<Failure>> {
        let (mut found, mut run) = (States::new(), 0);
        for (sequences, sequence) in part {
            for number in 0..self.ops.len() {
                let mut sequence = *sequence;
                sequence[length] = u16::try_from(number).unwrap_or(u16::MAX);
                if let Some(map) = self.run(&sequence[..=length])? {
                    run += 1;
                    found.entry(map).or_insert((0, sequence)).0 += sequences;
                }
            }
        }
        Ok((found, run))
    }

    /// Runs a sequence and compares the maps after its last operation; they were compared after those
    /// before when these were the last. The hash of the map; `None` if it lacks the operation.
    fn run(&self, sequence: &[u16]) -> Result<Option<u128>, Box<Failure>> {
        let ops = sequence.iter().filter_map(|number| self.ops.get(usize::from(*number)));
        let ops: Vec<Op> = self.before.iter().chain(ops).copied().collect();
        self.run_ops(&ops).map_err(|mismatch| {
            let Mismatch { sides, divergence } = *mismatch;
            let mut trace = Trace::new(self.config);
            trace.steps.extend(ops.iter().map(|&op| Step::new(op)));
            Box::new(Failure { trace, sides, divergence })
        })
    }

    fn run_ops(&self, ops: &[Op]) -> Result<Option<u128>, Box<Mismatch<FreeBsd>>> {
        let Some((last, before)) = ops.split_last() else { return Ok(None) };
        let mut maps = maps(self.tested, &self.config);
        before.iter().try_for_each(|op| maps.run_each(op))?;
        if maps.run(last)? != Ran::Everywhere {
            return Ok(None);
        }
        maps.compare(false)?;
        Ok(Some(hash(&maps.first.seen)))
    }
}

/// A map and the oracle.
fn maps(tested: MapFactory, config: &Config) -> Maps {
    let first = Side::new(ORACLE, (ORACLES.create)(config));
    Lockstep { first, others: vec![Side::new(tested.name, (tested.create)(config))] }
}

/// All that can be seen of a map.
fn hash(seen: &Observed) -> u128 {
    let half = |salt: u64| {
        let mut hasher = DefaultHasher::new();
        (salt, &seen.rows, &seen.summary).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}
