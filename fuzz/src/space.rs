//! The trait that a map implements to be tested.

use growstack::Change;

use crate::answer::{Answer, Cause, Row, Summary};
use crate::keeps::Keeps;
use crate::op::{Config, Op};

/// An address space under test: one process, one map.
///
/// The engine and the naive reference implement it, and so may a map of your own. `docs/guide.md`
/// goes through it, and `examples/btreemap` is a map to start from.
///
/// A map need not have every operation: to what it does not have it answers
/// [`Answer::Unsupported`], and then nobody carries it out. Nor need it keep every attribute:
/// [`keeps`](Self::keeps) says which are compared.
///
/// ```
/// use growstack::{AddrRange, Change, KernReturn, Size};
/// use growstack_fuzz::answer::{Answer, Cause, Row, Summary};
/// use growstack_fuzz::keeps::Keeps;
/// use growstack_fuzz::op::{Config, Op};
/// use growstack_fuzz::space::AddressSpace;
///
/// /// A map in which nothing can be mapped.
/// struct Void(Config);
///
/// impl AddressSpace for Void {
///     fn create(config: &Config) -> Self {
///         Self(*config)
///     }
///     fn apply(&mut self, op: &Op, _: &mut Vec<Change>) -> (Answer, Cause) {
///         let answer = match *op {
///             Op::Lookup { .. } => Answer::Holds(None),
///             Op::Check { .. } => Answer::Truth(false),
///             Op::Remove { .. } => Answer::Code(KernReturn::Success),
///             _ => Answer::Unsupported,
///         };
///         (answer, Cause::Untold)
///     }
///     fn tells_causes(&self) -> bool {
///         false
///     }
///     fn entries(&self, rows: &mut Vec<Row>) {
///         rows.clear();
///     }
///     fn summary(&self) -> Summary {
///         Summary::default()
///     }
/// }
///
/// use growstack_fuzz::driver::{Settings, run};
/// use growstack_fuzz::replay::Contender;
/// use std::num::NonZero;
/// let threads = NonZero::<usize>::MIN;
/// let settings = Settings { seed: 1, first: 0, sequences: Some(5), budget: None, threads };
/// let outcome = run(&settings, Contender::of::<Void>("void"));
/// assert!(outcome.failure.is_none());
/// assert!(outcome.counts.operations > 0);
/// ```
pub trait AddressSpace {
    /// An empty address space. Which settings of `config` it does not have, it is asked at once:
    /// each that is not as usual (see [`settings`](crate::settings::settings())) comes as the
    /// operation that sets it.
    fn create(config: &Config) -> Self
    where
        Self: Sized;

    /// Carries out one operation. `changes` is empty on entry; what the operation did to the
    /// address space is appended to it.
    ///
    /// The answer [`Answer::Unsupported`] leaves the operation out: the map must be as before.
    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause);

    /// Does `apply` tell causes and changes? The driver compares them only if both maps do.
    fn tells_causes(&self) -> bool {
        true
    }

    /// Which columns of [`entries`](Self::entries) and [`summary`](Self::summary) count. It is
    /// asked after those.
    fn keeps(&self) -> Keeps {
        Keeps::ALL
    }

    /// Replaces the contents of `rows` by the entries in address order.
    fn entries(&self, rows: &mut Vec<Row>);

    /// The counters.
    fn summary(&self) -> Summary;

    /// Recomputes every invariant of the map's own structure.
    ///
    /// # Errors
    ///
    /// A sentence that names the invariant that does not hold.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Replaces the contents of `rows` by `entries`, in place as far as there were as many: room is then
/// not asked for at each of them.
pub(crate) fn refill(rows: &mut Vec<Row>, mut entries: impl Iterator<Item = Row>) {
    let replaced = rows.iter_mut().zip(entries.by_ref()).map(|(row, entry)| *row = entry).count();
    rows.truncate(replaced);
    rows.extend(entries);
}
