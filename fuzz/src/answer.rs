//! What a map answers to an operation, and what it looks like afterwards.

use growstack::{Addr, AddrRange, Entry, Growth, KernReturn, Refusal, Size};

use crate::op::ObjectId;

/// The answer to one operation, as far as traces record it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// No answer line: `limit`, `sysctl`, `wirefuture` and `dump`.
    Silent,
    /// A return code alone. From `findspace` and `find` this is always a failure.
    Code(KernReturn),
    /// Success with the address found: `findspace`, `find`.
    Found(Addr),
    /// `check`.
    Truth(bool),
    /// `lookup`: the bounds of the entry that holds the address.
    Holds(Option<AddrRange>),
    /// The map does not have this operation, or not with these operands. It has changed nothing,
    /// and the operation counts as never asked for.
    Unsupported,
    /// The map can give no answer any more;
    /// [`check`](crate::space::AddressSpace::check) says why.
    Failed,
    /// As `Failed`, because time ran out. To try again costs as much time again.
    Late,
}

/// Why, in the engine's vocabulary; what a map that is not ours need not tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The map does not say.
    Untold,
    /// It was done.
    Done,
    /// The operation was a growth that succeeded in this way.
    Grew(Growth),
    /// It was refused.
    Refused(Refusal),
}

/// An entry as traces print it.
pub type Row = Entry<ObjectId>;

/// The summary line of a dump.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
