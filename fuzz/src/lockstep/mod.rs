//! Maps in lockstep: the same operations on all of them, and everything compared after each.
//!
//! [`Lockstep`] is the one loop of the harness. It does not know what an operation is: a
//! [`Dialect`] says what a family of maps speaks. [`FreeBsd`] is that of the rule book; the engine's
//! index and its model speak another ([`index`](crate::targets::index)). Random runs, the fuzz
//! targets, replay and regression tests are this loop with different sources of operations.

mod counts;
mod freebsd;
mod laws;
mod panics;
pub(crate) mod scarce;
mod search;
mod sequence;

use std::{fmt, iter};

pub use counts::{Counts, KindCount};
pub use freebsd::FreeBsd;
pub(crate) use panics::{caught, quietly};
pub(crate) use sequence::{
    Failed, Looks, ORACLE, Rules, Sequence, attempt, attempt_on, drive, perform,
};

/// What a family of maps speaks.
pub trait Dialect {
    /// One operation.
    type Op: fmt::Display;
    /// A part of a map that can be looked at alone.
    type Place: Copy;
    /// What is seen of one map around an operation: its answer, and how it looks afterwards.
    type Seen: Default;
    /// The first thing in which two maps differ, or that is wrong with one.
    type Divergence;

    /// Whether a map has the operation that it was asked for.
    fn supported(seen: &Self::Seen) -> bool;

    /// Whether a map gave an answer at all.
    ///
    /// # Errors
    ///
    /// Why not.
    fn answered(seen: &Self::Seen) -> Result<(), Self::Divergence>;

    /// Compares what two maps answered.
    ///
    /// # Errors
    ///
    /// The first difference.
    fn compare_answers(left: &Self::Seen, right: &Self::Seen) -> Result<(), Self::Divergence>;

    /// Compares how two maps look at a place; everywhere, without one.
    ///
    /// # Errors
    ///
    /// The first difference.
    fn compare_looks(
        left: &Self::Seen,
        right: &Self::Seen,
        place: Option<Self::Place>,
    ) -> Result<(), Self::Divergence>;

    /// The verdict of a map's own check.
    ///
    /// # Errors
    ///
    /// The invariant that is broken.
    fn sound(seen: &Self::Seen) -> Result<(), Self::Divergence>;

    /// The divergence of a map that panicked.
    fn panicked(message: String) -> Self::Divergence;
}

/// A map that speaks a dialect.
pub trait Subject<D: Dialect + ?Sized> {
    /// Runs an operation, and keeps the answer.
    fn act(&mut self, op: &D::Op, seen: &mut D::Seen);

    /// Keeps how the map looks at a place and next to it; everywhere, without one, which is linear
    /// in its entries.
    fn look(&self, place: Option<D::Place>, seen: &mut D::Seen);

    /// Keeps what the map says about its own structure.
    fn check(&self, seen: &mut D::Seen);
}

/// A map in lockstep with others.
pub struct Side<D: Dialect + ?Sized, M: ?Sized> {
    /// What reports call it.
    pub name: &'static str,
    /// What was last seen of it.
    pub seen: D::Seen,
    /// The map.
    pub map: Box<M>,
}

/// Which sides differ, and in what. Where one map alone is wrong, both names are its own.
pub struct Mismatch<D: Dialect + ?Sized> {
    /// The names.
    pub sides: (&'static str, &'static str),
    /// What differs.
    pub divergence: D::Divergence,
}

impl<D: Dialect + ?Sized, M: Subject<D> + ?Sized> Side<D, M> {
    /// A map of which nothing was seen yet.
    #[must_use]
    pub fn new(name: &'static str, map: Box<M>) -> Self {
        Self { name, seen: D::Seen::default(), map }
    }

    fn alone(&self, divergence: D::Divergence) -> Box<Mismatch<D>> {
        Box::new(Mismatch { sides: (self.name, self.name), divergence })
    }

    /// Runs `work` on the map. After a panic nobody uses it again.
    fn work(
        &mut self,
        work: impl FnOnce(&mut M, &mut D::Seen) -> Result<(), D::Divergence>,
    ) -> Result<(), Box<Mismatch<D>>> {
        let Self { map, seen, .. } = self;
        caught(|| work(map, seen))
            .unwrap_or_else(|message| Err(D::panicked(message)))
            .and_then(|()| D::answered(&self.seen))
            .map_err(|divergence| self.alone(divergence))
    }

    fn act(&mut self, op: &D::Op) -> Result<(), Box<Mismatch<D>>> {
        self.work(|map, seen| {
            map.act(op, seen);
            Ok(())
        })
    }

    fn look(&mut self, place: Option<D::Place>, check: bool) -> Result<(), Box<Mismatch<D>>> {
        self.work(|map, seen| {
            map.look(place, seen);
            if check {
                map.check(seen);
            }
            Ok(())
        })
    }

    /// Whether the map has the last operation.
    pub fn took_part(&self) -> bool {
        D::supported(&self.seen)
    }

    fn sound(&self) -> Result<(), Box<Mismatch<D>>> {
        D::sound(&self.seen).map_err(|broken| self.alone(broken))
    }

    fn against<N: ?Sized>(
        &self,
        other: &Side<D, N>,
        compare: impl Fn(&D::Seen, &D::Seen) -> Result<(), D::Divergence>,
    ) -> Result<(), Box<Mismatch<D>>> {
        compare(&self.seen, &other.seen)
            .map_err(|divergence| Box::new(Mismatch { sides: (self.name, other.name), divergence }))
    }
}

/// Maps that have run the same operations: a first one, the oracle as a rule, and those that must
/// agree with it.
pub struct Lockstep<D: Dialect + ?Sized, L: ?Sized, R: ?Sized> {
    /// The first map.
    pub first: Side<D, L>,
    /// Those compared with it.
    pub others: Vec<Side<D, R>>,
}

/// What became of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ran {
    /// All maps ran it.
    Everywhere,
    /// The map of this name does not have it, and the first one did not run it.
    Unsupported(&'static str),
}

impl<D, L, R> Lockstep<D, L, R>
where
    D: Dialect + ?Sized,
    L: Subject<D> + ?Sized,
    R: Subject<D> + ?Sized,
{
    /// Runs an operation on all maps, and compares what they answer. A map that does not have it
    /// ends this: none but those before it have run it.
    ///
    /// # Errors
    ///
    /// The first mismatch, a panic included.
    pub fn run(&mut self, op: &D::Op) -> Result<Ran, Box<Mismatch<D>>> {
        self.run_by(op, |map, seen| {
            map.act(op, seen);
            Ok(())
        })
    }

    /// As [`run`](Self::run), with another way to make the maps compared run the operation.
    ///
    /// # Errors
    ///
    /// The first mismatch, that of `act` included.
    pub fn run_by(
        &mut self,
        op: &D::Op,
        mut act: impl FnMut(&mut R, &mut D::Seen) -> Result<(), D::Divergence>,
    ) -> Result<Ran, Box<Mismatch<D>>> {
        for side in &mut self.others {
            side.work(&mut act)?;
            if !side.took_part() {
                return Ok(Ran::Unsupported(side.name));
            }
        }
        self.first.act(op)?;
        if !self.first.took_part() {
            return Ok(Ran::Unsupported(self.first.name));
        }
        for side in &self.others {
            self.first.against(side, D::compare_answers)?;
        }
        Ok(Ran::Everywhere)
    }

    /// Looks at all maps, and compares them. Those compared check themselves; the first one, which
    /// is the oracle and checks itself at work, only if `check_first`. Linear in the entries.
    ///
    /// # Errors
    ///
    /// The first mismatch, or the invariant that a map breaks.
    pub fn compare(&mut self, check_first: bool) -> Result<(), Box<Mismatch<D>>> {
        self.first.look(None, check_first)?;
        self.others.iter_mut().try_for_each(|side| side.look(None, true))?;
        self.compare_looks(None)
    }

    /// Looks at one place of all maps; everywhere, without one, and then all check themselves.
    ///
    /// # Errors
    ///
    /// The first panic.
    pub fn look(&mut self, place: Option<D::Place>) -> Result<(), Box<Mismatch<D>>> {
        let check = place.is_none();
        self.first.look(place, check)?;
        self.others.iter_mut().try_for_each(|side| side.look(place, check))
    }

    /// Compares what was last seen of the maps.
    ///
    /// # Errors
    ///
    /// The first mismatch, or the invariant that a map breaks.
    pub fn compare_looks(&self, place: Option<D::Place>) -> Result<(), Box<Mismatch<D>>> {
        for side in &self.others {
            self.first.against(side, |first, other| D::compare_looks(first, other, place))?;
        }
        self.others.iter().try_for_each(Side::sound)?;
        self.first.sound()
    }
}

impl<D, M> Lockstep<D, M, M>
where
    D: Dialect + ?Sized,
    M: Subject<D> + ?Sized,
{
    /// All maps, the first one first.
    pub fn sides(&self) -> impl Iterator<Item = &Side<D, M>> {
        iter::once(&self.first).chain(&self.others)
    }

    /// Runs an operation on each map, whether the others have it or not.
    ///
    /// # Errors
    ///
    /// The first panic, or why a map gave no answer.
    pub fn run_each(&mut self, op: &D::Op) -> Result<(), Box<Mismatch<D>>> {
        self.first.act(op)?;
        self.others.iter_mut().try_for_each(|side| side.act(op))
    }

    /// Compares the answers of the maps that have the operation.
    ///
    /// # Errors
    ///
    /// The first mismatch.
    pub fn compare_answers(&self) -> Result<(), Box<Mismatch<D>>> {
        let mut took_part = self.sides().filter(|side| side.took_part());
        let Some(first) = took_part.next() else { return Ok(()) };
        took_part.try_for_each(|side| first.against(side, D::compare_answers))
    }
}
