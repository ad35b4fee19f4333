//! The loop of a replay: maps in lockstep along a trace.

use growstack::AddrRange;

use crate::answer::Answer;
use crate::compare::{Divergence, Observed, compare_kept, same_answer};
use crate::lockstep::{FreeBsd, Lockstep, Mismatch, Side};
use crate::op::Op;
use crate::settings::{unsupported, without_implied};
use crate::space::AddressSpace;
use crate::trace::{Step, Trace};

use super::near::Pace;
use super::overlooked::Overlooked;
use super::shadow::Shadow;
use super::{Counts, Ended, Failure, MapFactory, TRACE};

type Map = Side<FreeBsd, dyn AddressSpace>;
type Mismatched = Box<Mismatch<FreeBsd>>;

/// Maps that a trace is run on.
struct Replay<'t> {
    trace: &'t Trace,
    maps: Lockstep<FreeBsd, dyn AddressSpace, dyn AddressSpace>,
    /// Of each map, in order, once it has not supported something.
    shadows: Vec<Option<Shadow>>,
    overlooked: Overlooked<'t>,
    pace: Pace,
    counts: Counts,
}

/// Runs `trace`; `done` is called after each operation that the first map supports, with its index,
/// its answer and what was seen of that map, before anything is compared.
pub(super) fn run(
    trace: &Trace,
    factories: &[MapFactory],
    mut done: impl FnMut(usize, Answer, &Observed),
) -> (Counts, Result<(), Box<Failure>>) {
    let mut counts = Counts::default();
    let started: Result<Vec<_>, Ended> =
        factories.iter().filter_map(|map| start(*map, trace).transpose()).collect();
    let (mut maps, shadows): (Vec<Map>, Vec<_>) = match started {
        Ok(started) => started.into_iter().unzip(),
        Err(ended) => {
            counts.ended = Some(ended);
            return (counts, Ok(()));
        }
    };
    counts.of_other_kernels = factories.len() - maps.len();
    if maps.is_empty() {
        return (counts, Ok(()));
    }
    let maps = Lockstep { first: maps.remove(0), others: maps };
    let (overlooked, pace) = (Overlooked::new(trace), Pace::default());
    let mut replay = Replay { trace, maps, shadows, overlooked, pace, counts };
    let result = replay.steps(&mut done);
    let counts = replay.counts;
    (counts, result.map_err(|(index, mismatch)| replay.failure(index, *mismatch)))
}

/// An empty map, or the setting of the header that it does not support; none, if it is of another
/// kernel than the trace.
fn start(factory: MapFactory, trace: &Trace) -> Result<Option<(Map, Option<Shadow>)>, Ended> {
    let MapFactory { name, create } = factory;
    let config = trace.config();
    let mut map = create(config);
    if map.kernel() != config.kernel() {
        return Ok(None);
    }
    if let Some(setting) = unsupported(map.as_mut(), config).first() {
        let declined = Some(*setting);
        return Err(Ended { index: None, map: name, declined, overlooked: false });
    }
    let settled = without_implied(map.as_ref(), *config);
    let shadow = (settled != *config).then(|| Shadow::new(config, &settled));
    let map = if shadow.is_some() { create(&settled) } else { map };
    Ok(Some((Side::new(name, map), shadow)))
}

impl Replay<'_> {
    /// # Errors
    ///
    /// The first mismatch, with the index of the operation.
    fn steps(
        &mut self,
        done: &mut impl FnMut(usize, Answer, &Observed),
    ) -> Result<(), (usize, Mismatched)> {
        for (index, step) in self.trace.steps.iter().enumerate() {
            self.step(index, step, done).map_err(|mismatch| (index, mismatch))?;
            if self.counts.ended.is_some() {
                return Ok(());
            }
        }
        if self.pace.owes_a_whole_look() {
            let last = self.trace.steps.len().saturating_sub(1);
            self.compare(None).map_err(|mismatch| (last, mismatch))?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        index: usize,
        step: &Step,
        done: &mut impl FnMut(usize, Answer, &Observed),
    ) -> Result<(), Mismatched> {
        let overlooked = self.overlooked.is_at(index);
        self.counts.overlooked += usize::from(overlooked);
        if overlooked && matches!(step.op(), Op::Find { .. }) {
            return Ok(());
        }
        let ran = self.maps.run_each(step.op());
        if ran.is_ok()
            && let Some(ended) = self.declined(index)
        {
            self.counts.ended = Some(ended);
            return Ok(());
        }
        self.count(step, overlooked);
        ran?;
        let place = self.place(step);
        self.maps.look(place)?;
        if self.maps.first.took_part() {
            done(index, self.maps.first.seen.answer, &self.maps.first.seen);
        }
        for side in self.maps.sides().filter(|side| side.took_part() && !overlooked) {
            let Err(divergence) = compare_with_record(step, &side.seen) else { continue };
            if self.overlooked.is_lower_at(index) {
                let (map, declined, overlooked) = (side.name, None, true);
                self.counts.ended = Some(Ended { index: Some(index), map, declined, overlooked });
                return Ok(());
            }
            return Err(Box::new(Mismatch { sides: (TRACE, side.name), divergence }));
        }
        self.maps.compare_answers()?;
        let near = self.maps.compare_looks(place);
        if near.is_err() && place.is_some() {
            // The report shows whole maps.
            self.compare(None)?;
        }
        near
    }

    fn compare(&mut self, place: Option<AddrRange>) -> Result<(), Mismatched> {
        self.maps.look(place)?;
        self.maps.compare_looks(place)
    }

    /// Where to look after `step`; everywhere, if none.
    fn place(&mut self, step: &Step) -> Option<AddrRange> {
        let seen = self.maps.sides().find(|side| side.took_part());
        let side = seen.unwrap_or(&self.maps.first);
        if step.dump().is_some() {
            return self.pace.whole();
        }
        self.pace.place(step.op(), side.seen.answer, side.map.summary().entries)
    }

    /// Has the shadow of every map that does not support the operation at `index` look on, and says
    /// whether some map cannot be compared from there on.
    fn declined(&mut self, index: usize) -> Option<Ended> {
        let op = self.trace.steps[index].op();
        self.maps.sides().zip(&mut self.shadows).find_map(|(side, shadow)| {
            let parted = match (&mut *shadow, side.took_part()) {
                (None, false) => {
                    let left_out = &self.overlooked.finds;
                    let before = self.trace.steps[..index].iter().enumerate();
                    let before = before.filter(|(at, _)| left_out.binary_search(at).is_err());
                    let before = before.map(|(_, step)| step);
                    let before = Shadow::after(self.trace.config(), before);
                    shadow.insert(before).decline(op)
                }
                (Some(shadow), false) => shadow.decline(op),
                (Some(shadow), true) => shadow.follow(op),
                (None, true) => Ok(()),
            };
            let declined = parted.err()?;
            Some(Ended { index: Some(index), map: side.name, declined, overlooked: false })
        })
    }

    fn count(&mut self, step: &Step, overlooked: bool) {
        let took_part = self.maps.sides().filter(|side| side.took_part()).count();
        self.counts.passed += usize::from(took_part < self.shadows.len());
        if took_part != 0 {
            self.counts.operations += 1;
            let recorded = step.answer().is_some() || step.dump().is_some();
            self.counts.answers += usize::from(recorded && !overlooked);
        }
    }

    fn failure(self, index: usize, mismatch: Mismatch<FreeBsd>) -> Box<Failure> {
        let Mismatch { sides, divergence } = mismatch;
        let Lockstep { first, others } = self.maps;
        let maps = std::iter::once(first).chain(others);
        let observed = maps.map(|side| (side.name, side.seen)).collect();
        Box::new(Failure { index, sides, divergence, observed })
    }
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
