//! The loop of a replay.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::answer::Answer;
use crate::compare::{Divergence, Observed, compare_kept, same_answer};
use crate::op::Op;
use crate::settings::{unsupported, without_implied};
use crate::space::AddressSpace;
use crate::trace::{Step, Trace};

use super::near::{Look, Pace};
use super::shadow::Shadow;
use super::{Counts, Ended, Failure, MapFactory, TRACE};

/// A map that a trace is run on.
struct Runner {
    name: &'static str,
    map: Box<dyn AddressSpace>,
    observed: Observed,
    /// Once the map has not supported something.
    shadow: Option<Shadow>,
}

/// Who differs from whom, and in what.
type Sided = ((&'static str, &'static str), Divergence);

type Difference = Box<Sided>;

fn between(left: &'static str, right: &'static str) -> impl Fn(Divergence) -> Difference {
    move |divergence| Box::new(((left, right), divergence))
}

/// Runs `trace`; `done` is called after each operation that the first map supports, with its index,
/// its answer and what was seen of that map, before anything is compared.
pub(super) fn run(
    trace: &Trace,
    contenders: &[MapFactory],
    mut done: impl FnMut(usize, Answer, &Observed),
) -> (Counts, Result<(), Box<Failure>>) {
    let mut counts = Counts::default();
    let mut runners = Vec::new();
    for contender in contenders {
        match Runner::start(*contender, trace) {
            Ok(runner) => runners.push(runner),
            Err(ended) => return (Counts { ended: Some(ended), ..counts }, Ok(())),
        }
    }
    let mut pace = Pace::default();
    for (index, step) in trace.steps.iter().enumerate() {
        let outcome = runners.iter_mut().try_for_each(|runner| runner.act(step.op()));
        if outcome.is_ok()
            && let Some(ended) = declined(trace, index, &mut runners)
        {
            counts.ended = Some(ended);
            return (counts, Ok(()));
        }
        let look = next_look(&mut pace, step, &runners);
        let outcome =
            outcome.and_then(|()| runners.iter_mut().try_for_each(|runner| runner.look(look)));
        counts.add(step, &runners);
        if let Some(first) = runners.first().filter(|first| first.took_part()) {
            done(index, first.observed.answer, &first.observed);
        }
        if let Err(difference) = outcome.and_then(|()| compare(step, look, &mut runners)) {
            return (counts, Err(failure(index, *difference, runners)));
        }
    }
    let last = trace.steps.len().saturating_sub(1);
    let outcome = if pace.owes_a_whole_look() { compare_whole(&mut runners) } else { Ok(()) };
    (counts, outcome.map_err(|difference| failure(last, *difference, runners)))
}

fn failure(index: usize, (sides, divergence): Sided, runners: Vec<Runner>) -> Box<Failure> {
    let observed = runners.into_iter().map(|r| (r.name, r.observed)).collect();
    Box::new(Failure { index, sides, divergence, observed })
}

/// How much to read after `step`.
fn next_look(pace: &mut Pace, step: &Step, runners: &[Runner]) -> Look {
    let seen = runners.iter().find(|runner| runner.took_part()).or(runners.first());
    let Some(Runner { map, observed, .. }) = seen else { return Look::Whole };
    if step.dump().is_some() {
        return pace.whole();
    }
    pace.look(step.op(), observed.answer, map.summary().entries)
}

/// Has every map that does not support the operation at `index` look on, and says whether some map
/// cannot be compared from there on.
fn declined(trace: &Trace, index: usize, runners: &mut [Runner]) -> Option<Ended> {
    let op = trace.steps[index].op();
    runners.iter_mut().find_map(|runner| {
        let parted = match (&mut runner.shadow, runner.observed.answer) {
            (None, Answer::Unsupported) => {
                let before = Shadow::after(trace.config(), &trace.steps[..index]);
                runner.shadow.insert(before).decline(op)
            }
            (Some(shadow), Answer::Unsupported) => shadow.decline(op),
            (Some(shadow), _) => shadow.follow(op),
            (None, _) => Ok(()),
        };
        let declined = parted.err()?;
        Some(Ended { index: Some(index), map: runner.name, declined })
    })
}

impl Counts {
    fn add(&mut self, step: &Step, runners: &[Runner]) {
        self.passed += usize::from(runners.iter().any(|runner| !runner.took_part()));
        if runners.iter().any(Runner::took_part) {
            self.operations += 1;
            self.answers += usize::from(step.answer().is_some() || step.dump().is_some());
        }
    }
}

impl Runner {
    /// An empty map, or the setting of the header that it does not support.
    fn start(contender: MapFactory, trace: &Trace) -> Result<Self, Ended> {
        let MapFactory { name, create } = contender;
        let config = trace.config();
        let mut map = create(config);
        if let Some(setting) = unsupported(map.as_mut(), config).first() {
            return Err(Ended { index: None, map: name, declined: Some(*setting) });
        }
        let settled = without_implied(map.as_ref(), *config);
        let shadow = (settled != *config).then(|| Shadow::new(config, &settled));
        let map = if shadow.is_some() { create(&settled) } else { map };
        Ok(Self { name, map, observed: Observed::default(), shadow })
    }

    fn act(&mut self, op: &Op) -> Result<(), Difference> {
        self.guarded(|map, observed| observed.run_op(map, op))?;
        self.observed.answered().map_err(between(self.name, self.name))
    }

    fn look(&mut self, look: Look) -> Result<(), Difference> {
        self.guarded(|map, observed| match look {
            Look::Whole => observed.look_at(map),
            Look::Near(range) => observed.look_near(map, Some(range)),
        })
    }

    /// Does `work`, and takes a panic for a failure.
    fn guarded(
        &mut self,
        work: impl FnOnce(&mut dyn AddressSpace, &mut Observed),
    ) -> Result<(), Difference> {
        let Self { name, map, observed, .. } = self;
        // After a panic nobody uses the map again.
        catch_unwind(AssertUnwindSafe(|| work(map.as_mut(), observed))).map_err(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            let message = text.unwrap_or("no message").to_owned();
            between(name, name)(Divergence::Panic { message })
        })
    }

    /// Did it support the last operation?
    fn took_part(&self) -> bool {
        self.observed.answer != Answer::Unsupported
    }
}

/// Compares what was seen after `step`.
fn compare(step: &Step, look: Look, runners: &mut [Runner]) -> Result<(), Difference> {
    for runner in runners.iter().filter(|runner| runner.took_part()) {
        compare_with_record(step, &runner.observed).map_err(between(TRACE, runner.name))?;
    }
    let mut taking_part = runners.iter().filter(|runner| runner.took_part());
    if let Some(first) = taking_part.next() {
        for other in taking_part {
            let reported = first.observed.compare_answers(&other.observed);
            reported.map_err(between(first.name, other.name))?;
        }
    }
    let near = compare_looks(look, runners);
    if near.is_err() && look != Look::Whole {
        // The report shows whole maps.
        compare_whole(runners)?;
    }
    near
}

/// Compares what the maps look like, and what they say of themselves.
fn compare_looks(look: Look, runners: &[Runner]) -> Result<(), Difference> {
    if let Some((first, others)) = runners.split_first() {
        for other in others {
            let outcome = match look {
                Look::Whole => first.observed.compare_looks(&other.observed),
                Look::Near(range) => first.observed.compare_near(&other.observed, range),
            };
            outcome.map_err(between(first.name, other.name))?;
        }
    }
    for runner in runners {
        runner.observed.sound().map_err(between(runner.name, runner.name))?;
    }
    Ok(())
}

fn compare_whole(runners: &mut [Runner]) -> Result<(), Difference> {
    runners.iter_mut().try_for_each(|runner| runner.look(Look::Whole))?;
    compare_looks(Look::Whole, runners)
}

fn compare_with_record(step: &Step, observed: &Observed) -> Result<(), Divergence> {
    match (step.answer(), step.dump()) {
        (Some(answer), _) if !same_answer(answer, observed.answer, observed.keeps) => {
            Err(Divergence::Answer { left: answer, right: observed.answer })
        }
        (_, Some(dump)) => {
            let seen = (observed.rows.as_slice(), observed.summary);
            compare_kept((&dump.rows, dump.summary), seen, observed.keeps)
        }
        _ => Ok(()),
    }
}
