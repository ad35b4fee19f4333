//! A process, as far as its stacks are concerned: a map, limits and what stacks grow by
//! (rule 1.2).

use core::num::NonZeroU64;

use crate::change::Change;
use crate::flags::{CowFlags, Prot};
use crate::limits::{Limits, StackTunables};
use crate::map::VmMap;
use crate::num::{Addr, PAGE_SIZE, Size};
use crate::range::AddrRange;
use crate::refusal::Refusal;

/// A process: one [map](VmMap), its limits, and the growth of its main stack.
///
/// [`stack`](Self::stack) and [`grow`](Self::grow), in `stack.rs`, are what this crate is about.
///
/// ```
/// use growstack::{Addr, CowFlags, Growth, Process, Prot, Size, VmMap};
/// # fn main() -> Result<(), growstack::Refusal> {
/// let map: VmMap = VmMap::new(Addr::new(0x1000), Addr::new(0x8000_0000_0000));
/// let mut process = Process::new(map, Default::default(), Default::default())?;
/// // A reserve of 1 MiB, of which the topmost 128 KiB are mapped at once.
/// let first = process.stack(Addr::new(0x700_0000), Size::new(1 << 20), Prot::RW, Prot::ALL,
///     CowFlags::GROWS_DOWN, |_| ())?;
/// // A fault one byte below them maps the next 128 KiB.
/// let fault = Addr::new(first.start().get() - 1);
/// let Growth::Grown { added, .. } = process.grow(fault, |_| ())? else { panic!("no growth") };
/// assert_eq!((added.end(), added.len().get()), (first.start(), 128 << 10));
/// # Ok(()) }
/// ```
// In this order: the map begins with what a growth writes.
#[repr(C)]
#[derive(Debug)]
pub struct Process<O = NonZeroU64, const B: usize = 16> {
    pub(crate) map: VmMap<O, B>,
    pub(crate) limits: Limits,
    pub(crate) tunables: StackTunables,
    /// Pages by which the main stack has grown.
    pub(crate) ssize: u64,
}

impl<O: Clone + PartialEq, const B: usize> Process<O, B> {
    /// A process with this map.
    ///
    /// # Errors
    ///
    /// [`Refusal::ZeroStep`] if `sgrowsiz` is zero (rule 15.9).
    pub fn new(map: VmMap<O, B>, limits: Limits, tunables: StackTunables) -> Result<Self, Refusal> {
        let mut process = Self { map, limits, tunables, ssize: 0 };
        process.set_sgrowsiz(tunables.sgrowsiz)?;
        process.set_limits(limits);
        Ok(process)
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

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets the limits. What is mapped, reserved or wired stays (rule 1.4).
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.map.set_swap_limit(limits.swap);
    }

    /// How stacks grow.
    #[must_use]
    pub const fn tunables(&self) -> StackTunables {
        self.tunables
    }

    /// Sets the first mapping of stacks to come and the step of growth from now on, in bytes.
    ///
    /// # Errors
    ///
    /// [`Refusal::ZeroStep`] for zero (rule 15.9).
    pub fn set_sgrowsiz(&mut self, bytes: Size) -> Result<(), Refusal> {
        self.tunables.set_sgrowsiz(bytes)
    }

    /// Is a page left free where growth is cut by a neighbour, from now on?
    pub fn set_guard_page(&mut self, on: bool) {
        self.tunables.guard_page = on;
    }

    /// Sets the lowest address that counts as the main stack's (rule 13.7).
    pub fn set_maxsaddr(&mut self, addr: Addr) {
        self.tunables.maxsaddr = addr;
    }

    /// `vm_ssize`: pages by which the main stack has grown; after [`exec`](Self::exec), pages
    /// mapped of it at first, too.
    #[must_use]
    pub const fn ssize(&self) -> u64 {
        self.ssize
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
    /// [`Refusal::OutOfNodes`], which changes nothing.
    pub fn exec(
        &mut self,
        top: Addr,
        maxssiz: Size,
        prot: Prot,
        mut tell: impl FnMut(Change),
    ) -> Result<AddrRange, Refusal> {
        if self.map.is_empty() {
            // Else the nodes of the old image serve the stack.
            self.map.ensure_one(&self.map.tree.first())?;
        }
        self.map.empty(&mut tell);
        let bottom = top.wrapping_back(maxssiz);
        let first = self.stack(bottom, maxssiz, prot, Prot::ALL, CowFlags::GROWS_DOWN, tell)?;
        self.ssize = self.tunables.sgrowsiz.get() / PAGE_SIZE;
        self.tunables.maxsaddr = bottom;
        Ok(first)
    }
}
