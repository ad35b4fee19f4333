//! Everything that is measured, behind one trait: a stack that a touch makes grow, and what is
//! compared with it.
//!
//! Each is touched at [`TOUCHES`] places, from the end down, one step apart; then it goes back to
//! how it was, which is not timed.

use std::fmt;
use std::io;
use std::rc::Rc;

use growstack::{Addr, AddrRange, PAGE_SIZE, Prot, Size};
use serde::Serialize;

use super::growing::{GrowingStack, Plan};
use crate::machine::fault::arithmetic::ArithmeticStack;
use crate::machine::fault::copy::{CopiedStack, CopyServer};
use crate::machine::fault::engine::Parts;
use crate::machine::fault::kernel::KernelStack;
use crate::machine::fault::region::{Commit, Region};
use crate::machine::fault::trap::{Slot, Trap};
use crate::machine::tsc::{Stop, start, stop};

/// Touches between two resets.
pub const TOUCHES: u64 = 1023;
/// Pages of a large step: FreeBSD's `sgrowsiz` of 128 KiB.
const STEP_PAGES: u64 = 32;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A first touch inside an existing mapping: a fault without growth.
    FirstTouch,
    /// `MAP_GROWSDOWN`: growth by the kernel.
    GrowsDown,
    /// A signal and `mprotect`, with no map to ask.
    Arithmetic,
    /// `userfaultfd` by signal.
    UserFault,
    /// The engine, and `mprotect`.
    Engine,
    /// The engine, and `mmap` with `MAP_FIXED`.
    EngineMap,
    /// The engine, and `mprotect`, 128 KiB at a time.
    EngineStep,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::FirstTouch,
        Self::GrowsDown,
        Self::Arithmetic,
        Self::UserFault,
        Self::Engine,
        Self::EngineMap,
        Self::EngineStep,
    ];

    /// Is the engine asked?
    #[must_use]
    pub const fn has_engine(self) -> bool {
        matches!(self, Self::Engine | Self::EngineMap | Self::EngineStep)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FirstTouch => "first touch, no growth",
            Self::GrowsDown => "MAP_GROWSDOWN",
            Self::Arithmetic => "signal + mprotect",
            Self::UserFault => "userfaultfd",
            Self::Engine => "growstack + mprotect",
            Self::EngineMap => "growstack + mmap",
            Self::EngineStep => "growstack, 128 KiB steps",
        })
    }
}

/// One fault, in ticks, the readings of the clock included.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// From before the touch until after it.
    pub whole: u64,
    /// What of it was spent where, if the engine served it.
    pub parts: Option<Parts>,
    /// The core on which it ended.
    pub core: u32,
}

/// Something to measure.
pub trait Subject {
    /// What it is.
    fn kind(&self) -> Kind;

    /// Touches the next place; `n` counts from 0, below [`TOUCHES`].
    fn touch(&mut self, trap: &Trap, n: u64) -> Sample;

    /// Takes it back to how it was before the first touch.
    ///
    /// # Errors
    ///
    /// Those of system calls and the engine's refusals.
    fn reset(&mut self) -> anyhow::Result<()>;

    /// Entries in the engine's map, if it has one.
    fn entries(&self) -> Option<usize> {
        None
    }
}

/// Makes one.
///
/// # Errors
///
/// Those of system calls and the engine's refusals; for [`Kind::UserFault`], that the kernel does
/// not permit it.
pub fn make(kind: Kind) -> anyhow::Result<Box<dyn Subject>> {
    let len = len(PAGE_SIZE);
    Ok(match kind {
        Kind::FirstTouch => {
            let region = Region::reserve(len)?;
            region.commit(region.range(), Prot::RW, Commit::Protect)?;
            Box::new(Plain(region))
        }
        Kind::GrowsDown => Box::new(ByKernel(KernelStack::new(len)?)),
        Kind::Arithmetic => {
            let region = Rc::new(Region::reserve(len)?);
            let slot = Slot::new(ArithmeticStack::new(Rc::clone(&region)));
            let mut subject = ByArithmetic { region, slot };
            subject.reset()?;
            Box::new(subject)
        }
        Kind::UserFault => {
            let stack = CopiedStack::new(len)?;
            let slot = Slot::new(stack.server()?);
            Box::new(ByCopy { stack, slot })
        }
        Kind::Engine => by_engine(kind, &Plan::pages(len))?,
        Kind::EngineMap => by_engine(kind, &Plan { commit: Commit::Map, ..Plan::pages(len) })?,
        Kind::EngineStep => {
            let step = Size::pages(STEP_PAGES);
            by_engine(kind, &Plan { step, ..Plan::pages(self::len(step.get())) })?
        }
    })
}

/// Bytes for a page that is there at first, and a step for each touch.
const fn len(step: u64) -> Size {
    Size::new(PAGE_SIZE + TOUCHES * step)
}

/// The place of a touch: in the topmost page of the next step.
fn place(range: AddrRange, step: u64, n: u64) -> Addr {
    Addr::new(range.end().get() - PAGE_SIZE - n * step - 8)
}

/// Times a touch.
#[inline(always)]
fn timed(touch: impl FnOnce()) -> Sample {
    let began = start();
    touch();
    let Stop { ticks, core } = stop();
    Sample { whole: ticks.saturating_sub(began), parts: None, core }
}

struct Plain(Region);

impl Subject for Plain {
    fn kind(&self) -> Kind {
        Kind::FirstTouch
    }

    fn touch(&mut self, _: &Trap, n: u64) -> Sample {
        let addr = place(self.0.range(), PAGE_SIZE, n);
        timed(|| self.0.touch(addr))
    }

    fn reset(&mut self) -> anyhow::Result<()> {
        self.0.reset()?;
        Ok(self.0.commit(self.0.range(), Prot::RW, Commit::Protect)?)
    }
}

struct ByKernel(KernelStack);

impl Subject for ByKernel {
    fn kind(&self) -> Kind {
        Kind::GrowsDown
    }

    fn touch(&mut self, _: &Trap, n: u64) -> Sample {
        let addr = place(self.0.range(), PAGE_SIZE, n);
        timed(|| self.0.touch(addr))
    }

    fn reset(&mut self) -> anyhow::Result<()> {
        Ok(self.0.reset()?)
    }
}

struct ByArithmetic {
    region: Rc<Region>,
    slot: Slot<ArithmeticStack>,
}

impl Subject for ByArithmetic {
    fn kind(&self) -> Kind {
        Kind::Arithmetic
    }

    fn touch(&mut self, trap: &Trap, n: u64) -> Sample {
        let addr = place(self.region.range(), PAGE_SIZE, n);
        trap.serve_with(&self.slot, || timed(|| self.region.touch(addr)))
    }

    fn reset(&mut self) -> anyhow::Result<()> {
        self.region.reset()?;
        let end = self.region.range().end();
        let last = AddrRange::new(end.wrapping_back(Size::PAGE), end);
        let last = last.ok_or(io::ErrorKind::InvalidInput).map_err(io::Error::from)?;
        Ok(self.region.commit(last, Prot::RW, Commit::Protect)?)
    }
}

struct ByCopy {
    stack: CopiedStack,
    slot: Slot<CopyServer>,
}

impl Subject for ByCopy {
    fn kind(&self) -> Kind {
        Kind::UserFault
    }

    fn touch(&mut self, trap: &Trap, n: u64) -> Sample {
        let addr = place(self.stack.range(), PAGE_SIZE, n);
        trap.serve_with(&self.slot, || timed(|| self.stack.region().touch(addr)))
    }

    fn reset(&mut self) -> anyhow::Result<()> {
        Ok(self.stack.reset()?)
    }
}

struct ByEngine {
    kind: Kind,
    step: u64,
    stack: GrowingStack,
}

fn by_engine(kind: Kind, plan: &Plan) -> anyhow::Result<Box<dyn Subject>> {
    Ok(Box::new(ByEngine { kind, step: plan.step.get(), stack: GrowingStack::new(plan)? }))
}

impl Subject for ByEngine {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn touch(&mut self, trap: &Trap, n: u64) -> Sample {
        let addr = place(self.stack.range(), self.step, n);
        let sample = self.stack.serve(trap, || timed(|| self.stack.touch(addr)));
        Sample { parts: Some(self.stack.parts()), ..sample }
    }

    fn reset(&mut self) -> anyhow::Result<()> {
        self.stack.reset()
    }

    fn entries(&self) -> Option<usize> {
        Some(self.stack.inspect(|process| process.map().len()))
    }
}
