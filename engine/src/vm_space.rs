//! An address space: a map, with what its stacks grow by and are limited by.

use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::Prot;
use crate::growth::Growth;
use crate::limits::Limits;
use crate::map::{FindRequest, Freebsd9, Kernel, Mapping, StackRequest, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::{Objects, Plain};
use crate::range::AddrRange;
use crate::refusal::Refusal;

/// The address space of a process, `struct vmspace`: a [map](VmMap) and the [state](StackState) of
/// its stacks.
///
/// [`stack`](Self::stack) and [`grow`](Self::grow) are what this crate is about.
///
/// ```
/// use growstack::{Addr, Growth, Size, StackRequest, VmMap, VmSpace};
/// # fn main() -> Result<(), growstack::Refusal> {
/// let map = VmMap::new(Addr::new(0x1000), Addr::new(0x8000_0000_0000));
/// let mut space = VmSpace::new(map, Default::default(), Default::default());
/// // A reserve of 1 MiB, of which the topmost 128 KiB are mapped at once.
/// let first = space.stack(StackRequest::down(Addr::new(0x700_0000), Size::new(1 << 20)), |_| ())?;
/// // A fault one byte below them maps the next 128 KiB.
/// let fault = Addr::new(first.start().get() - 1);
/// let Growth::Grown { added, .. } = space.grow(fault, |_| ())? else { panic!("no growth") };
/// assert_eq!((added.end(), added.len().get()), (first.start(), 128 << 10));
/// # Ok(()) }
/// ```
// In this order: the map begins with what a growth writes.
#[repr(C)]
#[derive(Debug)]
pub struct VmSpace<O: Objects = Plain, K: Kernel = Freebsd9, const B: usize = 16> {
    pub(crate) state: StackState<K>,
    pub(crate) map: VmMap<O, K, B>,
}

impl<O: Objects, K: Kernel, const B: usize> VmSpace<O, K, B> {
    /// An address space with this map.
    #[must_use]
    pub fn new(map: VmMap<O, K, B>, limits: Limits, tunables: K::Tunables) -> Self {
        let mut space = Self { map, state: StackState::new(limits, tunables) };
        space.set_limits(limits);
        space
    }

    /// The map.
    #[must_use]
    pub const fn map(&self) -> &VmMap<O, K, B> {
        &self.map
    }

    /// The map, for every operation that is not about stacks.
    pub const fn map_mut(&mut self) -> &mut VmMap<O, K, B> {
        &mut self.map
    }

    /// The state of the stacks.
    #[must_use]
    pub const fn state(&self) -> &StackState<K> {
        &self.state
    }

    /// Map and state apart, for [`VmMap::grow`] and what else takes both.
    pub const fn parts_mut(&mut self) -> (&mut VmMap<O, K, B>, &mut StackState<K>) {
        (&mut self.map, &mut self.state)
    }

    /// The limits; that of swap is the map's.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits { swap: self.map.swap_limit(), ..self.state.limits }
    }

    /// Sets the limits. What is mapped, reserved or wired stays (rule 1.4).
    pub fn set_limits(&mut self, limits: Limits) {
        self.state.set_limits(limits);
        self.map.set_swap_limit(limits.swap);
    }

    /// How stacks grow.
    #[must_use]
    pub const fn tunables(&self) -> K::Tunables {
        self.state.tunables()
    }

    /// [`StackState::ssize`].
    #[must_use]
    pub const fn ssize(&self) -> u64 {
        self.state.ssize()
    }

    /// [`VmMap::stack`].
    ///
    /// # Errors
    ///
    /// Those of [`VmMap::stack`].
    pub fn stack(
        &mut self,
        request: StackRequest,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        self.map.stack(&self.state, request, tell)
    }

    /// [`VmMap::find`], by all rules of the kernel: in FreeBSD 14.2 a growth flag makes a stack of it
    /// (D7.8).
    ///
    /// # Errors
    ///
    /// Those of [`VmMap::find`]; for a stack, as for [`stack`](Self::stack), and [`Refusal::StackObject`].
    pub fn find(
        &mut self,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        K::find(&mut self.map, Some(&self.state), request, mapping, tell)
    }

    /// [`VmMap::fixed`], by all rules of the kernel, as [`find`](Self::find).
    ///
    /// # Errors
    ///
    /// Those of [`VmMap::fixed`]; for a stack, as for [`stack`](Self::stack), and
    /// [`Refusal::StackObject`]. What was there is gone then, but for [`Refusal::OutOfNodes`] and for what
    /// the arguments alone forbid.
    pub fn fixed(
        &mut self,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        K::fixed(&mut self.map, Some(&self.state), start, length, mapping, tell)
    }

    /// [`VmMap::grow`], which a page fault calls.
    ///
    /// # Errors
    ///
    /// Those of [`VmMap::grow`].
    pub fn grow(&mut self, addr: Addr, tell: impl FnMut(Change)) -> Result<Growth, Refusal> {
        self.map.grow(&mut self.state, addr, tell)
    }

    /// The address space of a child: [`VmMap::fork`].
    ///
    /// # Errors
    ///
    /// Those of [`VmMap::fork`].
    pub fn fork(&mut self, tell: impl FnMut(Change)) -> Result<Self, Refusal> {
        let (map, state) = self.map.fork(&self.state, tell)?;
        Ok(Self { map, state })
    }

    /// Ends the process: everything is unmapped, and its swap given back (rule 17.18). To drop an
    /// address space drops handles of objects alone.
    pub fn exit(mut self, tell: impl FnMut(Change)) {
        self.map.clear(tell);
    }

    /// [`VmMap::fault`].
    ///
    /// # Errors
    ///
    /// Those of [`VmMap::fault`].
    pub fn fault(
        &mut self,
        addr: Addr,
        access: Prot,
        tell: impl FnMut(Change),
    ) -> Result<Fault<O::Object>, FaultError> {
        self.map.fault(&mut self.state, addr, access, tell)
    }

    /// [`VmMap::exec`].
    ///
    /// # Errors
    ///
    /// Those of [`VmMap::exec`].
    pub fn exec(
        &mut self,
        top: Addr,
        maxssiz: Size,
        prot: Prot,
        tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        self.map.exec(&mut self.state, top, maxssiz, prot, tell)
    }
}
