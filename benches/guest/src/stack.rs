//! A stack of real memory that the engine grows.

use std::num::NonZeroU64;
use std::rc::Rc;
use std::time::Duration;

use growstack::{
    Addr, AddrRange, Change, Growth, Limits, MapFlags, PageSize, Size, StackRequest, StackTunables,
    VmSpace,
};

use crate::region::Region;
use crate::server::{EngineServer, GrowthEvent};
use crate::space;
use crate::trap::{Slot, Trap};

/// The stack to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Bytes reserved: whole pages, of which the last one is mapped at once.
    pub reserve: Size,
    /// Bytes of a step of growth.
    pub step: NonZeroU64,
    /// Is a page left free above the neighbour below?
    pub guard_page: bool,
    /// The stack limit of the process, or `None` for none.
    pub limit: Option<Size>,
    /// Growths for which index nodes are reserved; `None` for all that the reserve allows.
    pub growths: Option<usize>,
}

impl Plan {
    /// A stack that grows page by page through all of its reserve.
    #[must_use]
    pub const fn pages(reserve: Size) -> Self {
        Self {
            reserve,
            step: PageSize::KIB_4.bytes(),
            guard_page: false,
            limit: None,
            growths: None,
        }
    }
}

/// A stack of real memory, in a map that has every other mapping of the process, too.
#[derive(Debug)]
pub struct GrowingStack {
    region: Rc<Region>,
    slot: Slot<EngineServer>,
}

impl GrowingStack {
    /// Reserves the memory, reads what else is mapped, and maps the first page of the stack.
    ///
    /// # Errors
    ///
    /// Those of system calls, and the engine's refusals.
    pub fn new(plan: &Plan) -> anyhow::Result<Self> {
        let region = Rc::new(Region::reserve(plan.reserve)?);
        let range = region.range();
        let limits = Limits { stack: plan.limit.unwrap_or(Limits::INFINITY), ..Limits::UNLIMITED };
        // The limit applies to the main stack: this one, or none.
        let maxsaddr = if plan.limit.is_some() { range.start() } else { Addr::MAX };
        let tunables = StackTunables { sgrowsiz: plan.step, guard_page: plan.guard_page, maxsaddr };
        let process = VmSpace::new(space::map_without(range)?, limits, tunables);
        let growths = range.len().get().div_ceil(plan.step.get());
        let growths = plan.growths.map_or_else(|| usize::try_from(growths), Ok)?;
        let slot = Slot::new(EngineServer::new(process, Rc::clone(&region), growths));
        let stack = Self { region, slot };
        stack.reset()?;
        Ok(stack)
    }

    /// Unmaps the stack, for the engine and the kernel, and maps its first page again.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Panics
    ///
    /// If something runs on the stack.
    pub fn reset(&self) -> anyhow::Result<()> {
        self.region.reset()?;
        let range = self.region.range();
        self.change(|process| {
            process.map_mut().remove(range.start(), range.end(), |_| ())?;
            let step = process.tunables().sgrowsiz;
            process.set_sgrowsiz(PageSize::KIB_4.bytes());
            let mut named = None;
            let keep = |change| named = Some(change);
            let grows_down = MapFlags::GROWS_DOWN;
            process.stack(StackRequest::new(range.start(), range.len(), grows_down), keep)?;
            process.set_sgrowsiz(step);
            let Some(Change::Mapped(first, prot)) = named else {
                anyhow::bail!("the engine named no first page");
            };
            Ok(self.region.commit(first, prot)?)
        })?
    }

    /// Changes the process of the engine, forgets the [`growths`](Self::growths), and reserves
    /// index nodes as at first.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`](growstack::Refusal::OutOfNodes) without memory. Then, and after a
    /// panic of the closure, growths that need an index node are refused.
    ///
    /// # Panics
    ///
    /// In a nested call.
    pub fn change<T>(&self, change: impl FnOnce(&mut VmSpace) -> T) -> anyhow::Result<T> {
        Ok(self.slot.with(|server| server.change(change))?)
    }

    /// Reads the process of the engine.
    pub fn inspect<T>(&self, look: impl FnOnce(&VmSpace) -> T) -> T {
        self.slot.with(|server| look(server.process()))
    }

    /// The addresses of the stack, its reserve included.
    #[must_use]
    pub fn range(&self) -> AddrRange {
        self.region.range()
    }

    /// Bytes committed.
    #[must_use]
    pub fn committed(&self) -> Size {
        self.range().end().wrapping_sub(self.region.committed())
    }

    /// Runs something on the stack.
    ///
    /// The kernel raises no signal for uncommitted memory that a system call shall fill; it answers
    /// `EFAULT`. Frames below a page, and those that the compiler probes, are committed in time.
    ///
    /// # Panics
    ///
    /// If something runs on the stack already; panics of `run` propagate.
    pub fn run<T>(&self, trap: &Trap, run: impl FnOnce() -> T) -> T {
        trap.serve_with(&self.slot, || self.region.run(run))
    }

    /// Runs something that may touch the stack, on the stack of the thread.
    pub fn serve<T>(&self, trap: &Trap, run: impl FnOnce() -> T) -> T {
        trap.serve_with(&self.slot, run)
    }

    /// Writes to a page without changing its content.
    ///
    /// # Panics
    ///
    /// If the address is not in the stack's reserve or the guard below it.
    #[inline]
    pub fn touch(&self, addr: Addr) {
        self.region.touch(addr);
    }

    /// Grows the stack to these addresses in the engine's map alone, in order and without a fault, and
    /// passes on what the engine took of each; then resets it. The code and the map are those of a fault.
    ///
    /// # Errors
    ///
    /// The engine's refusals, and as [`new`](Self::new).
    ///
    /// # Panics
    ///
    /// If something runs on the stack.
    pub fn grow_warm(
        &self,
        addrs: impl Iterator<Item = Addr>,
        mut took: impl FnMut(Duration),
    ) -> anyhow::Result<()> {
        let grown = self.slot.with(|server| {
            addrs.into_iter().try_for_each(|addr| match server.ask(addr) {
                (Ok(Growth::Grown { .. }), _) => {
                    took(server.engine_time);
                    Ok(())
                }
                (Ok(other), _) => anyhow::bail!("{addr}: {other:?}"),
                (Err(refusal), _) => Err(refusal.into()),
            })
        });
        // In any case: what the engine has mapped meanwhile is not committed.
        self.reset()?;
        grown
    }

    /// What the engine took of the last fault.
    #[must_use]
    pub fn engine_time(&self) -> Duration {
        self.slot.with(|server| server.engine_time)
    }

    /// The growths since the stack was made, reset or changed.
    #[must_use]
    pub fn growths(&self) -> Vec<GrowthEvent> {
        self.slot.with(|server| server.events().to_vec())
    }
}
