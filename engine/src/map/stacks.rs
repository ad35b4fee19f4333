//! The operations that are about stacks and processes, each as the map's kernel has it.

use super::{Kernel, StackRequest, StackState, VmMap};
use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::Prot;
use crate::growth::Growth;
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// Maps a stack: `vm_map_stack(9)`, section 12. Of its reserve `min(max_ssize, sgrowsiz)` bytes
    /// are mapped at once: at the top if it grows down, at the bottom if it grows up, around the
    /// middle if both. That range is returned.
    ///
    /// O(log n).
    ///
    /// # Errors
    ///
    /// The refusals of [rules](crate::rules) 12.1 to 12.5 in their order, then those of
    /// [`insert`](Self::insert) for the first part; [`Refusal::NoGrowthFlag`] before and
    /// [`Refusal::StackWraps`] after 12.1 to 12.5. Nothing changed.
    ///
    /// # FreeBSD 14.2
    ///
    /// A stack grows one way. The rest of its reserve is an entry, too, the gap, so that nothing else is
    /// placed there (D12). Refused by [`Refusal::NoGrowthFlag`], [`Refusal::StackWireFuture`],
    /// [`Refusal::StackVmem`], [`Refusal::StackBothWays`], [`Refusal::StackRange`],
    /// [`Refusal::StackGuard`], [`Refusal::StackMapped`] and [`Refusal::StackNeighbour`], in this order, then
    /// as the first part is by `insert`. Nothing changed.
    ///
    /// # Linux
    ///
    /// Nothing is reserved: all of `max_ssize` is mapped, and that range is returned. Refused by
    /// [`Refusal::NoGrowthFlag`], by [`Refusal::NotInLinux`] for growth up, and as
    /// [`VmSpace::fixed`](crate::VmSpace::fixed) is in a free place.
    #[inline(always)]
    pub fn stack(
        &mut self,
        state: &StackState<K>,
        request: StackRequest,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        K::stack(self, state, request, tell)
    }

    /// A new process image, as `execve(2)` makes it (rule 16.6): an empty map with the main stack
    /// alone, which ends at `top` and may grow down to `maxssiz` bytes below it. Returns the range
    /// of it that is mapped at once.
    ///
    /// The wire-future switch stays as it is, since the rule does not name it; a kernel that wants
    /// what POSIX says of `mlockall` clears it first.
    ///
    /// # Errors
    ///
    /// Those of [`stack`](Self::stack). The old image is gone then, but for
    /// [`Refusal::OutOfNodes`], which changes nothing. In FreeBSD 14.2 wire-future is no reason to refuse
    /// this stack. In Linux the stack has at most 128 KiB at first, and wire-future is switched off.
    #[inline(always)]
    pub fn exec(
        &mut self,
        state: &mut StackState<K>,
        top: Addr,
        maxssiz: Size,
        prot: Prot,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        K::exec(self, state, top, maxssiz, prot, tell)
    }

    /// Grows the stack next to `addr`, so that `addr` is mapped: `vm_map_growstack(9)`,
    /// section 13. This is what a page fault calls.
    ///
    /// O(log n). Without wire-future the index is descended once, and growing up needs no index
    /// node. Growing down may need some, and so may the clip of what is wired. With
    /// [`reserve_nodes`](Self::reserve_nodes) called before, a growth never allocates.
    ///
    /// # Errors
    ///
    /// The refusals of [rules](crate::rules) 13.5 to 13.10 in their order, [`Refusal::NeedWraps`]
    /// before and [`Refusal::MapEnd`] after them; then [`Refusal::OutsideMap`] and
    /// [`Refusal::Swap`] for growth down, [`Refusal::GrowSwap`] for growth up (before all of these
    /// where the reserve wraps, 15.6); [`Refusal::OutOfNodes`]. Nothing changed, except that
    /// `avail` may have been cut to the room there is: with [`Refusal::Neighbour`] (13.6), and with
    /// `OutsideMap`, `Swap` and `GrowSwap` where the neighbour cut the growth (13.11, 13.14).
    ///
    /// # FreeBSD 14.2
    ///
    /// An address in the gap of a stack grows the stack that touches it (D13). Refused by
    /// [`Refusal::NotInGap`], also where nothing is mapped, [`Refusal::OrphanGap`],
    /// [`Refusal::NeedWraps`], [`Refusal::GapShort`], [`Refusal::StackLimit`],
    /// [`Refusal::GrowMemlock`] and [`Refusal::GrowVmem`], in this order; then [`Refusal::Swap`] for growth
    /// down, after which a gap that was to be used up may have been added to one below it (D13.7), and
    /// [`Refusal::GrowSwap`] and [`Refusal::ObjectGrowth`] for growth up; [`Refusal::OutOfNodes`]. Else
    /// nothing changed, but with [`Refusal::NoAccess`]: wire-future is on, what was added cannot be wired,
    /// and the growth stays (D13.10).
    ///
    /// One descent. Growth takes a node only for an entry more: for growth down that leaves some of the gap,
    /// and for growth up the same with wire-future on.
    ///
    /// # Linux
    ///
    /// The next entry above, if it grows down, moves its start to the page of `addr` (L10 to L20). Refused by
    /// [`Refusal::NothingGrows`], [`Refusal::BelowMinimum`], [`Refusal::GuardGap`],
    /// [`Refusal::AddressSpace`], [`Refusal::EntryLimit`], [`Refusal::LockLimit`] and
    /// [`Refusal::GrowCommit`], in this order. From `AddressSpace` on the entry has anonymous memory
    /// from then on (L14), and nothing else changed. It takes no node.
    #[inline(always)]
    pub fn grow(
        &mut self,
        state: &mut StackState<K>,
        addr: Addr,
        tell: impl FnMut(Change),
    ) -> Result<Growth, Refusal> {
        K::grow(self, state, addr, tell)
    }

    /// Finds the entry to serve a page fault at `addr` from, and makes it ready for `access`. The
    /// stack next to an address that is not mapped, or of FreeBSD 14.2 in the gap of a stack, grows
    /// first ([`grow`](Self::grow)); an entry
    /// without object is given one, if this kernel [makes](Objects::make) any; a write to an entry
    /// that needs a copy puts a [shadow](Objects::shadow) over its object, as does any access if the
    /// entry is wired and may be written.
    ///
    /// O(log n), with one descent. Reports what a growth maps.
    ///
    /// # Errors
    ///
    /// [`FaultError`]; nothing changed but what a growth did, and what a refused one does
    /// ([`grow`](Self::grow)).
    ///
    /// # Linux
    ///
    /// A growth comes before the protection is looked at, and stays (L21). A store gives the entry anonymous
    /// memory (L51). No object is made, and none put over another.
    #[inline(always)]
    pub fn fault(
        &mut self,
        state: &mut StackState<K>,
        addr: Addr,
        access: Prot,
        tell: impl FnMut(Change),
    ) -> Result<Fault<O::Object>, FaultError> {
        K::fault(self, state, addr, access, tell)
    }

    /// Makes the map of a child, with its state: `vmspace_fork`, section 17. Each entry is visited
    /// once, and what is copied is only marked, to be copied on write. O(n).
    ///
    /// Page tables must follow [`Change::CopyOnWrite`]. The child has none yet.
    ///
    /// # Errors
    ///
    /// - [`Refusal::ForkSwap`]: the child is gone, but this map keeps what the fork did to it, and
    ///   `reserved` may be higher than before (rule 17.12).
    /// - [`Refusal::OutOfNodes`]: nothing changed.
    ///
    /// By the rules of FreeBSD 14.2, guards are copied whatever their inheritance says, but for none,
    /// and a charge goes along only with [anonymous](Objects::is_anonymous) memory (D17). In Linux an entry
    /// with anonymous memory has one of its own in the child, and what was locked is not.
    #[inline(always)]
    pub fn fork(
        &mut self,
        state: &StackState<K>,
        tell: impl FnMut(Change),
    ) -> Result<(Self, StackState<K>), Refusal> {
        K::fork(self, state, tell)
    }
}
