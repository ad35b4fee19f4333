//! Changes of the address space, reported as an operation makes them.
//!
//! Page tables and TLBs must follow the map. Every operation that changes mappings takes a closure
//! and calls it once for each stretch of addresses it affected, in the order given with
//! [`Change`], without allocating anything. Where nothing follows the map, `drop` will do.

use crate::flags::Prot;
use crate::range::AddrRange;

/// One stretch of addresses that an operation affected.
///
/// Ranges are reported per entry, so touching ranges may come one by one. Where an operation
/// reports several, all `Unmapped` come first, then `Mapped`, then `Protected`, then `Wired` or
/// `Unwired`; within a kind, in ascending order. A failed operation reports only what it really
/// left behind (`fixed` may unmap and then fail to insert: rule 7.3). What does not change how
/// memory may be accessed (inheritance, advice) is not reported.
///
/// ```
/// use growstack::{Addr, Change, Mapping, Prot, VmMap};
/// # fn main() -> Result<(), growstack::Refusal> {
/// let mut map = VmMap::new(Addr::new(0x1000), Addr::new(0x10000));
/// let mut flushes = 0;
/// map.insert(Addr::new(0x1000), Addr::new(0x3000), Mapping::anonymous(Prot::RW), drop)?;
/// map.remove(Addr::new(0x2000), Addr::new(0x3000), |change| {
///     assert_eq!(change.range().start(), Addr::new(0x2000));
///     flushes += usize::from(matches!(change, Change::Unmapped(_)));
/// })?;
/// assert_eq!(flushes, 1);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Change {
    /// The range was mapped and no longer is (a `fixed` mapping may take its place next).
    Unmapped(AddrRange),
    /// The range was not mapped and now is, with this protection.
    Mapped(AddrRange, Prot),
    /// The range stays mapped and its protection in force became this.
    Protected(AddrRange, Prot),
    /// The range had no wiring and now has one: its pages must be resident.
    Wired(AddrRange),
    /// The last wiring of the range was taken off.
    Unwired(AddrRange),
    /// Pages of the range are to be copied on write from now on, since a child of the process has
    /// them, too: page tables must not allow writing (rule 17.9d).
    CopyOnWrite(AddrRange),
}

impl Change {
    /// The addresses affected.
    #[inline]
    #[must_use]
    pub const fn range(self) -> AddrRange {
        match self {
            Self::Unmapped(range)
            | Self::Mapped(range, _)
            | Self::Protected(range, _)
            | Self::Wired(range)
            | Self::Unwired(range)
            | Self::CopyOnWrite(range) => range,
        }
    }
}
