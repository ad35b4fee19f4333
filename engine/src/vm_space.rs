//! An address space: a map, with what its stacks grow by and are limited by.

use core::num::NonZeroU64;

use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::Prot;
use crate::growth::Growth;
use crate::limits::{Limits, StackTunables};
use crate::map::VmMap;
use crate::num::{Addr, Size};
use crate::objects::{Objects, Plain};
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::stack::StackRequest;
use crate::stack_state::StackState;

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
// In this order: the map begins with what a growth reads and writes.
#[repr(C)]
#[derive(Debug)]
pub struct VmSpace<O: Objects = Plain, const B: usize = 16> {
    pub(crate) state: StackState,
    pub(crate) map: VmMap<O, B>,
}

impl<O: Objects, const B: usize> VmSpace<O, B> {
    /// An address space with this map.
    #[must_use]
    pub fn new(map: VmMap<O, B>, limits: Limits, tunables: StackTunables) -> Self {
        let mut space = Self { map, state: StackState::new(limits, tunables) };
        space.set_limits(limits);
        space
    }

    /// The map.
    #[must_use]
    pub const fn map(&self) -> &VmMap<O, B> {
        &self.map
    }

    /// The map, for every operation that is not about stacks.
    pub const fn map_mut(&mut self) -> &mut VmMap<O, B> {
        &mut self.map
    }

    /// The state of the stacks.
    #[must_use]
    pub const fn state(&self) -> &StackState {
        &self.state
    }

    /// Map and state apart, for [`VmMap::grow`] and what else takes both.
    pub const fn parts_mut(&mut self) -> (&mut VmMap<O, B>, &mut StackState) {
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
    pub const fn tunables(&self) -> StackTunables {
        self.state.tunables()
    }

    /// [`StackState::set_sgrowsiz`].
    pub const fn set_sgrowsiz(&mut self, bytes: NonZeroU64) {
        self.state.set_sgrowsiz(bytes);
    }

    /// [`StackState::set_guard_page`].
    pub const fn set_guard_page(&mut self, on: bool) {
        self.state.set_guard_page(on);
    }

    /// [`StackState::set_maxsaddr`].
    pub const fn set_maxsaddr(&mut self, addr: Addr) {
        self.state.set_maxsaddr(addr);
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
