//! Carrying out a trace on maps, and comparing them with what it records and with each other.

mod cut;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::answer::Answer;
use crate::compare::{Divergence, Observed, compare_kept};
use crate::op::Config;
use crate::settings::unsupported;
use crate::space::AddressSpace;
use crate::trace::{Step, Trace};

pub use cut::cut;

/// A kind of map that traces are carried out on.
#[derive(Clone, Copy)]
pub struct Contender {
    /// What reports call it.
    pub name: &'static str,
    /// Makes an empty one.
    pub create: &'static (dyn Fn(&Config) -> Box<dyn AddressSpace> + Send + Sync),
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contender").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Contender {
    /// Maps of type `M`.
    #[must_use]
    pub const fn of<M: AddressSpace + 'static>(name: &'static str) -> Self {
        Self { name, create: &|config| Box::new(M::create(config)) }
    }
}

/// How much was carried out and compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Operations carried out, on however many maps.
    pub operations: usize,
    /// Answers and dumps of the trace that maps were compared with.
    pub answers: usize,
    /// Where it came to its end early, if it did.
    pub ended: Option<Ended>,
}

/// The place in a trace from where on it was left out, because a map does not support something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    /// The index of the operation; `None` if it is a setting of the header.
    pub index: Option<usize>,
    /// The map.
    pub map: &'static str,
}

/// The first divergence in a trace.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The index of the operation.
    pub index: usize,
    /// The two that differ: [`TRACE`] or a map's name, and a map's name. Where a single map
    /// failed, both are its name.
    pub sides: (&'static str, &'static str),
    /// In what they differ.
    pub divergence: Divergence,
    /// What was seen of every map, by name.
    pub observed: Vec<(&'static str, Observed)>,
}

impl Failure {
    /// Was a map too slow? Then every further try may take as long.
    #[must_use]
    pub fn is_late(&self) -> bool {
        matches!(self.divergence, Divergence::Late { .. })
    }
}

/// What [`Failure::sides`] calls the trace.
pub const TRACE: &str = "the trace";

/// Carries out `trace` on one map of each contender. After every operation each map is compared
/// with what the trace records, if it does, and the first map with every other one in everything
/// that can be seen ([`compare_step`](crate::compare::compare_step)).
///
/// At an operation that some map does not support the run ends: what is recorded after it would
/// be worth nothing. The counts say so, and do not include it. It ends before it has begun where
/// the header has a setting that some map does not support.
///
/// A map that panics has failed; the panic goes no further.
///
/// # Errors
///
/// The first divergence. The counts include the operation where it is.
pub fn replay(trace: &Trace, contenders: &[Contender]) -> (Counts, Result<(), Box<Failure>>) {
    let mut counts = Counts::default();
    let result = run(trace, contenders, |step, _| {
        counts.operations += 1;
        counts.answers += usize::from(step.answer().is_some() || step.dump().is_some());
    });
    (Counts { ended: result.as_ref().ok().copied().flatten(), ..counts }, result.map(|_| ()))
}

/// `trace` with the answers of the contenders in place of those it records; none from the first
/// operation on that some map does not support.
///
/// # Errors
///
/// The first divergence between contenders.
///
/// # Panics
///
/// Without contenders.
pub fn fill(trace: &Trace, contenders: &[Contender]) -> Result<Trace, Box<Failure>> {
    let mut filled = trace.without_answers();
    let mut steps = filled.steps.iter_mut();
    run(&trace.without_answers(), contenders, |_, runners| {
        let step = steps.next().expect("a run has no more steps than its trace");
        let seen = &runners.first().expect("somebody must give the answers").observed;
        step.record(seen.answer, &seen.rows, seen.summary);
    })?;
    Ok(filled)
}

/// A map that carries out a trace.
struct Runner {
    name: &'static str,
    map: Box<dyn AddressSpace>,
    observed: Observed,
}

/// Carries out `trace`; `done` is called after each operation, before anything is compared. Says
/// where it ended early.
fn run(
    trace: &Trace,
    contenders: &[Contender],
    mut done: impl FnMut(&Step, &[Runner]),
) -> Result<Option<Ended>, Box<Failure>> {
    let runner = |contender: &Contender| Runner {
        name: contender.name,
        map: (contender.create)(trace.config()),
        observed: Observed::default(),
    };
    let mut runners: Vec<Runner> = contenders.iter().map(runner).collect();
    for Runner { name, map, .. } in &mut runners {
        if !unsupported(map.as_mut(), trace.config()).is_empty() {
            return Ok(Some(Ended { index: None, map: name }));
        }
    }
    for (index, step) in trace.steps.iter().enumerate() {
        let outcome = runners.iter_mut().try_for_each(|runner| runner.step(step));
        if let Some(map) = runners.iter().find(|r| r.observed.answer == Answer::Unsupported) {
            return Ok(Some(Ended { index: Some(index), map: map.name }));
        }
        done(step, &runners);
        if let Err(difference) = outcome.and_then(|()| compare(step, &runners)) {
            let (sides, divergence) = *difference;
            let observed = runners.into_iter().map(|r| (r.name, r.observed)).collect();
            return Err(Box::new(Failure { index, sides, divergence, observed }));
        }
    }
    Ok(None)
}

/// Who differs from whom, and in what.
type Difference = Box<((&'static str, &'static str), Divergence)>;

fn between(left: &'static str, right: &'static str) -> impl Fn(Divergence) -> Difference {
    move |divergence| Box::new(((left, right), divergence))
}

impl Runner {
    fn step(&mut self, step: &Step) -> Result<(), Difference> {
        let Self { name, map, observed } = self;
        // After a panic nobody uses the map again.
        let work = catch_unwind(AssertUnwindSafe(|| {
            observed.carry_out(map.as_mut(), step.op());
            observed.look_at(map.as_ref());
        }));
        work.map_err(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            let message = text.unwrap_or("no message").to_owned();
            between(name, name)(Divergence::Panic { message })
        })?;
        observed.answered().map_err(between(name, name))
    }
}

fn compare(step: &Step, runners: &[Runner]) -> Result<(), Difference> {
    for runner in runners {
        compare_with_record(step, &runner.observed).map_err(between(TRACE, runner.name))?;
    }
    if let Some((first, others)) = runners.split_first() {
        for other in others {
            first
                .observed
                .compare_telling(&other.observed)
                .and_then(|()| first.observed.compare_looks(&other.observed))
                .map_err(between(first.name, other.name))?;
        }
    }
    for runner in runners {
        runner.observed.sound().map_err(between(runner.name, runner.name))?;
    }
    Ok(())
}

fn compare_with_record(step: &Step, observed: &Observed) -> Result<(), Divergence> {
    match (step.answer(), step.dump()) {
        (Some(answer), _) if answer != observed.answer => {
            Err(Divergence::Answer { left: answer, right: observed.answer })
        }
        (_, Some(dump)) => {
            let seen = (observed.rows.as_slice(), observed.summary);
            compare_kept((&dump.rows, dump.summary), seen, observed.keeps)
        }
        _ => Ok(()),
    }
}
