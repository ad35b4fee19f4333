//! The map: an address space as a B+tree of entries, and every operation of `vm_map(9)` that
//! stacks stand on.
//!
//! What all kernels share is here; what one of them answers in its own way is in a directory of its
//! own, [`freebsd9`](crate::freebsd9), [`freebsd14`](crate::freebsd14) or [`linux`](crate::linux), and reached by the type of the map ([rules](self::rules)).
//! The operations are in [operations](self::operations) and [stacks](self::stacks), for all kernels. They stand on
//! [clamp](self::clamp), [split](self::split) (splitting an entry at an address),
//! [coalesce](self::coalesce) (merging it with a neighbour), [vacant](self::vacant) (a place for an
//! insertion), [remove](self::remove) (deleting entries), [wiring](self::wiring), [child](self::child) (the map
//! of a fork), [corrupt](self::corrupt) (a broken index), [charge](self::charge) (swap), and [nodes](self::nodes) (room in
//! the index, made before anything changes).

mod body;
mod charge;
mod child;
mod clamp;
pub(crate) mod coalesce;
mod corrupt;
mod display;
mod fault;
mod gaps;
mod iter;
mod kernel;
mod lookup;
mod mapping;
mod nodes;
mod operations;
mod remove;
mod request;
mod rules;
mod space;
mod split;
mod stack_state;
mod stacks;
mod totals;
mod vacant;
mod wiring;

use core::fmt;

pub(crate) use self::body::Body;
pub(crate) use self::charge::Charge;
pub(crate) use self::clamp::Clamped;
pub(crate) use self::corrupt::corrupt;
pub(crate) use self::fault::{allowed, holds};
pub use self::gaps::Gaps;
pub use self::iter::Entries;
#[cfg(feature = "shared")]
pub use self::kernel::SharedKernel;
pub use self::kernel::{Freebsd9, Freebsd14, Kernel, Linux};
pub use self::lookup::Gap;
pub use self::mapping::Mapping;
pub use self::request::{FindRequest, StackRequest};
pub(crate) use self::rules::{Rules, by_methods, operations};
#[cfg(feature = "shared")]
pub(crate) use self::rules::{SharedRules, shared_operations};
pub use self::space::{Fit, SpaceRequest};
pub use self::stack_state::StackState;
pub(crate) use self::totals::{Totals, grow_swap};
pub(crate) use self::wiring::FirstPass;
use crate::num::{Addr, Size};
use crate::objects::{Objects, Plain};
use crate::tree::Tree;

/// A map of an address space.
///
/// `O` is what the kernel keeps behind its maps: [objects](Objects), known by handles, for instance
/// reference-counted pointers, and the account of swap. Handles are kept with the offset into the
/// object. [`Plain`] is enough where nothing forks.
///
/// `K` is the [kernel](Kernel) whose rules the map follows: FreeBSD 9.3 if left out.
///
/// `B` is the width of an index node, which is for the harness to choose; leave it out.
///
/// A map itself takes some 3 KiB, most of it two tables of its index; [`fork`](Self::fork) and
/// [`shrink`](Self::shrink) have a second one on the stack for a while.
///
/// Operations that change mappings take a closure and tell it each affected range; see
/// [`Change`](crate::Change). None of them panics, whatever the numbers. Each finds its place in
/// O(log n); what walks a range costs O(log n) for each entry in it.
///
/// ```
/// use growstack::{Addr, Mapping, Prot, VmMap};
/// # fn main() -> Result<(), growstack::Refusal> {
/// let mut map = VmMap::new(Addr::new(0x1000), Addr::new(0x8000_0000_0000));
/// map.insert(Addr::new(0x40_0000), Addr::new(0x40_3000), Mapping::anonymous(Prot::RX), |_| ())?;
/// let entry = map.lookup(Addr::new(0x40_1234)).expect("mapped above");
/// assert_eq!(entry.range.len().get(), 0x3000);
/// # Ok(()) }
/// ```
// In this order: what a growth writes comes first, down to the first words of the tree.
#[repr(C)]
pub struct VmMap<O: Objects = Plain, K: Kernel = Freebsd9, const B: usize = 16> {
    /// Bytes mapped.
    pub(crate) size: u64,
    pub(crate) objects: O,
    pub(crate) tree: Tree<Body<O::Object>, B, K::Margin<O::Object>>,
    /// Pages wired.
    pub(crate) wired_pages: u64,
    pub(crate) wire_future: bool,
    /// What the kernel has beside.
    pub(crate) of_map: K::OfMap,
}

impl VmMap {
    /// An empty map of the addresses from `min` up to, and without, `max`. Allocates nothing. If
    /// `max` is not above `min`, it counts as `min`, and nothing can be mapped.
    #[must_use]
    pub fn new(min: Addr, max: Addr) -> Self {
        Self::with_objects(min, max, Plain::default())
    }
}

impl<O: Objects> VmMap<O> {
    /// An empty map with these objects behind it.
    #[must_use]
    pub const fn with_objects(min: Addr, max: Addr, objects: O) -> Self {
        Self::empty(min, max, objects)
    }
}

impl<O: Objects, K: Kernel> VmMap<O, K> {
    /// An empty map by the rules of a [kernel](Kernel), with these objects behind it.
    #[must_use]
    pub const fn with_kernel(min: Addr, max: Addr, objects: O) -> Self {
        Self::empty(min, max, objects)
    }
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// An empty map with index nodes of width `B`: the number of entries that a leaf has room for, a
    /// multiple of 4 from 4 to 124. Narrow nodes make high trees of few entries.
    #[cfg(feature = "unstable")]
    #[must_use]
    pub const fn with_width(min: Addr, max: Addr, objects: O) -> Self {
        Self::empty(min, max, objects)
    }

    pub(crate) const fn empty(min: Addr, max: Addr, objects: O) -> Self {
        Self {
            size: 0,
            objects,
            tree: Tree::new(min.get(), max.get()),
            wired_pages: 0,
            wire_future: false,
            of_map: K::OF_MAP,
        }
    }

    /// What the kernel keeps behind the map.
    #[must_use]
    pub const fn objects(&self) -> &O {
        &self.objects
    }

    /// The same, to change.
    pub const fn objects_mut(&mut self) -> &mut O {
        &mut self.objects
    }

    /// The lowest address of the map.
    #[must_use]
    pub fn min(&self) -> Addr {
        Addr::new(self.tree.bounds().0)
    }

    /// The first address past the map.
    #[must_use]
    pub fn max(&self) -> Addr {
        Addr::new(self.tree.bounds().1)
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Is nothing mapped?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// Bytes mapped.
    #[must_use]
    pub const fn size(&self) -> Size {
        Size::new(self.size)
    }

    /// Swap reserved, in bytes, by the [account](Objects::swap) that the map charges.
    #[must_use]
    pub fn reserved(&self) -> Size {
        self.objects.swap().reserved
    }

    /// Pages wired.
    #[must_use]
    pub const fn wired_pages(&self) -> u64 {
        self.wired_pages
    }

    /// The most swap that may be reserved, in bytes.
    #[must_use]
    pub fn swap_limit(&self) -> Size {
        self.objects.swap().limit
    }

    /// Sets the most swap that may be reserved, 2^64 - 1 bytes at first. A change touches nothing
    /// that is reserved already (rule 1.4). For the map of a process call
    /// [`VmSpace::set_limits`](crate::VmSpace::set_limits), which keeps both in step.
    pub fn set_swap_limit(&mut self, limit: Size) {
        self.objects.set_swap_limit(limit);
    }

    /// Is what stacks grow by wired at once (`MAP_WIREFUTURE`)?
    #[must_use]
    pub const fn wire_future(&self) -> bool {
        self.wire_future
    }

    /// Switches that on or off, as `mlockall(MCL_FUTURE)` does (section 11).
    pub fn set_wire_future(&mut self, on: bool) {
        self.wire_future = on;
    }
}

impl<O: Objects + fmt::Debug, K: Kernel, const B: usize> fmt::Debug for VmMap<O, K, B> {
    /// The totals; the [`Display`](fmt::Display) of a map has its entries.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VmMap")
            .field("min", &self.min())
            .field("max", &self.max())
            .field("len", &self.len())
            .field("size", &self.size())
            .field("wired_pages", &self.wired_pages)
            .field("wire_future", &self.wire_future)
            .field("objects", &self.objects)
            .finish_non_exhaustive()
    }
}
