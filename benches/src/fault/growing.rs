//! A stack of real memory that the engine grows.

use std::rc::Rc;

use anyhow::ensure;
use growstack::{
    Addr, AddrRange, Change, CowFlags, Limits, Process, Prot, Refusal, Size, StackTunables,
};

use super::space;
use crate::machine::fault::engine::{EngineStack, Event, Parts};
use crate::machine::fault::region::{Commit, Region};
use crate::machine::fault::trap::{Slot, Trap};

/// What stack to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Bytes reserved: whole pages, of which the last one is mapped at once.
    pub reserve: Size,
    /// Bytes of a step of growth.
    pub step: Size,
    /// Is a page left free above the neighbour below?
    pub guard_page: bool,
    /// How far it may grow, as the stack limit of a process does it; `None` for as far as the
    /// reserve goes.
    pub limit: Option<Size>,
    /// How pages are committed.
    pub commit: Commit,
}

impl Plan {
    /// A stack that grows page by page through all of its reserve.
    #[must_use]
    pub const fn pages(reserve: Size) -> Self {
        let (step, commit) = (Size::PAGE, Commit::Protect);
        Self { reserve, step, guard_page: false, limit: None, commit }
    }
}

/// A stack of real memory, in a map that has every other mapping of the process, too.
#[derive(Debug)]
pub struct GrowingStack {
    region: Rc<Region>,
    slot: Slot<EngineStack>,
}

impl GrowingStack {
    /// Reserves the memory, reads what else is mapped, and maps the first page of the stack.
    ///
    /// # Errors
    ///
    /// Those of system calls and the engine's refusals, with the reason.
    pub fn new(plan: &Plan) -> anyhow::Result<Self> {
        let region = Rc::new(Region::reserve(plan.reserve)?);
        let range = region.range();
        let limits = Limits { stack: plan.limit.unwrap_or(Limits::INFINITY), ..Limits::UNLIMITED };
        // The limit is for the main stack: this one, or none.
        let maxsaddr = if plan.limit.is_some() { range.start() } else { Addr::MAX };
        let tunables = StackTunables { sgrowsiz: plan.step, guard_page: plan.guard_page, maxsaddr };
        let process = Process::new(space::picture(range)?, limits, tunables)?;
        // A growth adds a step, but for the last one.
        let growths = range.len().get().div_ceil(plan.step.get().max(1));
        let growths = usize::try_from(growths)?;
        let slot = Slot::new(EngineStack::new(process, Rc::clone(&region), plan.commit, growths)?);
        let stack = Self { region, slot };
        stack.begin()?;
        Ok(stack)
    }

    /// Unmaps the stack, for the engine and the kernel, and maps its first page anew.
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
        self.slot.with(|stack| {
            stack.change(|process| process.map_mut().remove(range.start(), range.end(), |_| ()))
        })??;
        self.begin()
    }

    fn begin(&self) -> anyhow::Result<()> {
        let range = self.region.range();
        let mut named = None;
        self.slot.with(|stack| {
            stack.change(|process| first_page(process, range, |change| named = Some(change)))
        })??;
        ensure!(
            matches!(named, Some(Change::Mapped(_, Prot::RW))),
            "the engine names no first page"
        );
        if let Some(Change::Mapped(first, prot)) = named {
            self.region.commit(first, prot, Commit::Protect)?;
        }
        Ok(())
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
    /// What it passes to the kernel to be written must have been written before: the kernel answers
    /// `EFAULT` for memory that is not committed, and raises no signal. Whatever the compiler
    /// probes, and every frame below a page, has.
    ///
    /// # Panics
    ///
    /// If something runs on the stack already; panics of `run` come through.
    pub fn run<T>(&self, trap: &Trap, run: impl FnOnce() -> T) -> T {
        trap.serve_with(&self.slot, || self.region.run(run))
    }

    /// Runs something that may touch the stack, on the stack of the thread.
    pub fn serve<T>(&self, trap: &Trap, run: impl FnOnce() -> T) -> T {
        trap.serve_with(&self.slot, run)
    }

    /// Writes to a page, without changing what it holds.
    ///
    /// # Panics
    ///
    /// If the address is not in the stack's reserve.
    #[inline(always)]
    pub fn touch(&self, addr: Addr) {
        self.region.touch(addr);
    }

    /// What the last fault cost.
    #[must_use]
    pub fn parts(&self) -> Parts {
        self.slot.with(|stack| stack.parts())
    }

    /// The growths since the stack was made or reset.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.slot.with(|stack| stack.events().to_vec())
    }

    /// Looks at the process that the engine keeps.
    pub fn inspect<T>(&self, look: impl FnOnce(&Process) -> T) -> T {
        self.slot.with(|stack| look(stack.process()))
    }
}

/// Maps a stack of which the last page is there at first, whatever the step of growth.
fn first_page(
    process: &mut Process,
    range: AddrRange,
    tell: impl FnMut(Change),
) -> Result<(), Refusal> {
    let step = process.tunables().sgrowsiz;
    process.set_sgrowsiz(Size::PAGE)?;
    let grows_down = CowFlags::GROWS_DOWN;
    process.stack(range.start(), range.len(), Prot::RW, Prot::ALL, grows_down, tell)?;
    process.set_sgrowsiz(step)
}
