//! What a map answers to an operation, and what it looks like afterwards.

use growstack::{
    Access, Addr, AddrRange, Entry, EntryFlags, Growth, Inherit, KernReturn, Prot, Refusal, Size,
};

use crate::op::{ObjectId, ProcessId};

/// The answer to one operation, as far as traces record it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// No answer line: `limit`, `sysctl`, `wirefuture`, `use`, `exit` and `dump`.
    Silent,
    /// A return code alone. From `findspace` and `find` this is always a failure.
    Code(KernReturn),
    /// Success with the address found: `findspace`, `find`.
    Found(Addr),
    /// `check`.
    Truth(bool),
    /// `lookup`: the bounds of the entry that holds the address.
    Holds(Option<AddrRange>),
    /// `fork`: success with the number of the child.
    Forked(ProcessId),
    /// The map does not have this operation, or not with these operands. It has changed nothing,
    /// and the operation counts as never asked for.
    Unsupported,
    /// The map can give no answer any more;
    /// [`check`](crate::space::AddressSpace::check) says why.
    Failed,
    /// As `Failed`, because time ran out. To try again costs as much time again.
    Late,
}

impl Answer {
    /// The answer to `use` and `exit` of a process that does not exist, and to `exit` of the current
    /// one. Nothing changes.
    pub const NO_SUCH_PROCESS: Self = Self::Code(KernReturn::InvalidArgument);

    /// The answer to a step of growth of 0 (rule 15.9). Nothing changes.
    pub const ZERO_STEP: Self = Self::Code(KernReturn::InvalidArgument);
}

/// Why, in the engine's vocabulary; what a map that is not ours need not tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The map does not say.
    NotGiven,
    /// It was done.
    Done,
    /// The operation was a growth that succeeded in this way.
    Grew(Growth),
    /// It was refused.
    Refused(Refusal),
}

/// An entry as traces print it.
pub type Row = Entry<ObjectId>;

/// A plain entry: anonymous memory at `range` that may be read and written no further than `prot`
/// says, without flags. What else a map keeps of it goes on top:
///
/// ```
/// use growstack::{Addr, AddrRange, Prot};
/// use growstack_fuzz::answer::{Row, row};
/// let range = AddrRange::new(Addr::new(0x1000), Addr::new(0x3000)).unwrap();
/// let mine = Row { max: Prot::ALL, ..row(range, Prot::RW) };
/// assert_eq!((mine.prot, mine.wired), (Prot::RW, 0));
/// ```
#[must_use]
pub const fn row(range: AddrRange, prot: Prot) -> Row {
    Row {
        range,
        prot,
        max: prot,
        inherit: Inherit::Copy,
        access: Access::Normal,
        wired: 0,
        flags: EntryFlags::NONE,
        object: None,
        offset: 0,
        avail: Size::ZERO,
    }
}

/// The summary line of a dump. More counters may come: start from [`Summary::new`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// Bytes mapped.
    pub size: Size,
    /// Number of entries.
    pub entries: usize,
    /// `vm_ssize`: pages by which the main stack has grown.
    pub ssize: u64,
    /// Swap reserved, in bytes.
    pub reserved: Size,
    /// Pages wired.
    pub wired: u64,
    /// `vm_maxsaddr`, if the map has that: dumps do not show it.
    pub maxsaddr: Option<Addr>,
}

impl Summary {
    /// Are the counters the same, as far as both sides have them?
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        let same = match (self.maxsaddr, other.maxsaddr) {
            (Some(left), Some(right)) => left == right,
            _ => true,
        };
        same && Self { maxsaddr: None, ..*self } == Self { maxsaddr: None, ..*other }
    }
}

impl Summary {
    /// The counters that every map has; the others are 0.
    #[must_use]
    pub const fn new(size: Size, entries: usize) -> Self {
        Self { size, entries, ssize: 0, reserved: Size::ZERO, wired: 0, maxsaddr: None }
    }

    /// The same with some counters changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}
