//! The trait that a map implements to be tested.

use growstack::{AddrRange, Change};

use crate::answer::{Answer, Cause, Row, Summary};
use crate::keeps::Keeps;
use crate::kernel::Kernel;
use crate::op::{Config, Op};
use crate::settings::Lacks;

/// An address space under test: one process, one map.
///
/// The engine and the naive oracle implement it, and so may a map of your own. The guide
/// (`docs/guide.md`) goes through it, with a table of which refusal has which code;
/// `examples/memory_set` and `examples/btreemap` are maps to start from.
///
/// A map need not have every operation: to what it does not have it answers
/// [`Answer::Unsupported`], and then no map runs it. Nor need it keep every attribute:
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
///         (answer, Cause::NotGiven)
///     }
///     fn reports_causes(&self) -> bool {
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
/// growstack_fuzz::check::<Void>();
/// ```
pub trait AddressSpace {
    /// An empty address space. Which settings of `config` it does not have, it is asked at once:
    /// each that is not as usual (see [`settings`](crate::settings::settings())) comes as the
    /// operation that sets it.
    fn create(config: &Config) -> Self
    where
        Self: Sized;

    /// Runs one operation. `changes` is empty on entry; what the operation did to the
    /// address space is appended to it.
    ///
    /// The answer [`Answer::Unsupported`] declines the operation: the map must be as before.
    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause);

    /// Whether `apply` reports causes and changes. They are compared only if both maps do.
    fn reports_causes(&self) -> bool {
        true
    }

    /// Which columns of [`entries`](Self::entries) and [`summary`](Self::summary) count, and how
    /// they are compared. It is asked after every operation.
    fn keeps(&self) -> Keeps {
        Keeps::ALL
    }

    /// What every header has and this map does not. Other settings it declines one by one, with the
    /// answer [`Answer::Unsupported`].
    fn lacks(&self) -> Lacks {
        Lacks::default()
    }

    /// Whose rules the map follows. Traces of other kernels are not run on it.
    fn kernel(&self) -> Kernel {
        Kernel::default()
    }

    /// Replaces the contents of `rows` by the entries in address order.
    fn entries(&self, rows: &mut Vec<Row>);

    /// Replaces the contents of `rows` by the entries that overlap `range`, with the one below them
    /// and the one above them, in address order. Large maps are compared near each operation, and
    /// this is worth writing if it can do better than go through all entries.
    fn entries_near(&self, range: AddrRange, rows: &mut Vec<Row>) {
        self.entries(rows);
        let first = rows.partition_point(|row| row.range.end() <= range.start());
        let last = rows.partition_point(|row| row.range.start() < range.end());
        rows.truncate(last + 1);
        rows.drain(..first.saturating_sub(1).min(rows.len()));
    }

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
