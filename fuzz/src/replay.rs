//! Running a trace on maps, and comparing them with what it records and with each other.

mod cut;
mod near;
mod overlooked;
mod plain;
mod run;
mod shadow;

use std::fmt;

use crate::compare::{Divergence, Observed};
use crate::engine::{EngineSpace, EngineSpace14};
use crate::kernel::Kernel;
use crate::lockstep::ORACLE;
use crate::op::{Config, Op};
use crate::oracle::Oracle;
use crate::oracle::freebsd14::Oracle14;
use crate::space::AddressSpace;
use crate::trace::Trace;

pub use cut::cut;
pub use plain::plain;
use run::run;

/// A kind of map that traces are run on.
#[derive(Clone, Copy)]
pub struct MapFactory {
    /// What reports call it.
    pub name: &'static str,
    /// Makes an empty one.
    pub create: &'static (dyn Fn(&Config) -> Box<dyn AddressSpace> + Send + Sync),
}

impl fmt::Debug for MapFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapFactory").field("name", &self.name).finish_non_exhaustive()
    }
}

impl MapFactory {
    /// Does it make maps of `kernel`?
    #[must_use]
    pub fn is_of(&self, kernel: Kernel) -> bool {
        (self.create)(&Config::of(kernel)).kernel() == kernel
    }

    /// Maps of type `M`.
    #[must_use]
    pub const fn of<M: AddressSpace + 'static>(name: &'static str) -> Self {
        Self { name, create: &|config| Box::new(M::create(config)) }
    }
}

/// The oracle of whichever kernel a trace is of.
pub const ORACLES: MapFactory = MapFactory {
    name: ORACLE,
    create: &|config| match config.kernel() {
        Kernel::Freebsd9 => Box::new(Oracle::create(config)),
        Kernel::Freebsd14 => Box::new(Oracle14::create(config)),
    },
};

/// The engine of whichever kernel a trace is of, with index nodes of width `B`.
pub(crate) const fn engine<const B: usize>(name: &'static str) -> MapFactory {
    MapFactory {
        name,
        create: &|config| match config.kernel() {
            Kernel::Freebsd9 => Box::new(EngineSpace::<B>::create(config)),
            Kernel::Freebsd14 => Box::new(EngineSpace14::<B>::create(config)),
        },
    }
}

/// The map that traces are described and drawn from.
pub(crate) const QUICK: MapFactory = engine::<16>("engine");

/// How much was done and compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Operations done, on however many maps.
    pub operations: usize,
    /// Answers and dumps of the trace that maps were compared with.
    pub answers: usize,
    /// Operations that a map does not support and that were passed over, because they change nothing.
    pub passed: usize,
    /// Recorded refusals of searches that no map was compared with, because rule D7.3 is their reason:
    /// the real kernel of 14.2 overlooked the room above the last entry, and when it does is a matter of
    /// the shape of its tree.
    pub overlooked: usize,
    /// Maps that were left out, because they are of another kernel than the trace.
    pub of_other_kernels: usize,
    /// Where comparing stopped before the end, if it did.
    pub ended: Option<Ended>,
}

/// The place in a trace from where on nothing was compared, because a map does not support something
/// that what follows depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Ended {
    /// The index of the first operation that was not compared; `None` if the header has a setting
    /// that the map does not support.
    pub index: Option<usize>,
    /// The map.
    pub map: &'static str,
    /// The operation or setting that it does not support; `None` if it is the bounds of the map,
    /// which are not whole pages.
    pub declined: Option<Op>,
    /// Is it the recorded kernel instead that did not do what the rules say? A find of 14.2 that starts
    /// at the cluster address and overlooks the room there (D7.3) maps lower down (D7.6).
    pub overlooked: bool,
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

/// Runs `trace` on one map of each factory. After every operation each map is compared with what
/// the trace records, if it does, and the first map with every other one in everything that can be
/// seen.
///
/// A map of more than 512 entries is compared near the place that the operation names, and as a whole
/// once in as many operations as it has entries, before a recorded dump, and at the end: so the time
/// of a replay does not go by the square of a map's size, and what an operation does to a far away
/// entry is found some operations late.
///
/// An operation that some map does not support is passed over if that changes nothing: the oracle
/// runs it, and what follows on another oracle that does not must be the same. Comparing stops at
/// the first operation at which it is not: what is recorded from there on means nothing for a map
/// that lacks it. It stops before it has begun where the header has a setting that some map does
/// not support. The counts say so.
///
/// A search of 14.2 whose recorded refusal is one of [`Counts::overlooked`] is no divergence. As the
/// recorded kernel mapped nothing there, a `find` is then left out alone, and all maps go on from what
/// that kernel went on from.
///
/// A map that panics has failed; the panic goes no further.
///
/// A map of another [kernel](crate::kernel) than the trace is left out.
///
/// # Errors
///
/// The first divergence. The counts include the operation where it is.
pub fn replay(trace: &Trace, factories: &[MapFactory]) -> (Counts, Result<(), Box<Failure>>) {
    run(trace, factories, |_, _, _| ())
}

/// `trace` with the maps' answers replacing those it records; none for operations that
/// some map does not support, nor for what depends on them.
///
/// # Errors
///
/// The first divergence between maps.
///
/// # Panics
///
/// Without factories.
pub fn fill(trace: &Trace, factories: &[MapFactory]) -> Result<Trace, Box<Failure>> {
    fill_counted(trace, factories).map(|(filled, _)| filled)
}

/// As [`fill`], with how much was done.
pub(crate) fn fill_counted(
    trace: &Trace,
    factories: &[MapFactory],
) -> Result<(Trace, Counts), Box<Failure>> {
    let bare = trace.without_answers();
    let mut filled = bare.clone();
    let (counts, result) = run(&bare, factories, |index, answer, seen| {
        filled.steps[index].record(answer, &seen.rows, seen.summary);
    });
    result.map(|()| (filled, counts))
}
