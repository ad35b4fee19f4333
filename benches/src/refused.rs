//! Growths that are refused, one case for each reason.

use growstack::{Addr, CowFlags, Limits, Mapping, PAGE_SIZE, Prot, Refusal, Size};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::index::sample;

use crate::layout::{Kind, Layout, RESERVE_PAGES, Span};
use crate::process::Whole;

/// Why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// 13.5: further away than the stack may grow.
    Avail,
    /// 13.6: half a page is left before the neighbour.
    Neighbour,
    /// 13.6: a page is left, and has to stay free.
    GuardPage,
    /// 13.7: the main stack is at its limit.
    StackLimit,
    /// 13.9: what grows is wired, and that much may not be.
    Memlock,
    /// 13.10: as much is mapped as may be.
    Vmem,
    /// 6.6: no swap is left.
    Swap,
    /// 15.5: up past the end of the map.
    MapEnd,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Avail,
        Self::Neighbour,
        Self::GuardPage,
        Self::StackLimit,
        Self::Memlock,
        Self::Vmem,
        Self::Swap,
        Self::MapEnd,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avail => "avail",
            Self::Neighbour => "neighbour",
            Self::GuardPage => "guard_page",
            Self::StackLimit => "stack_limit",
            Self::Memlock => "memlock",
            Self::Vmem => "vmem",
            Self::Swap => "swap",
            Self::MapEnd => "map_end",
        }
    }

    /// Is it this refusal?
    #[must_use]
    pub const fn is(self, refusal: &Refusal) -> bool {
        match refusal {
            Refusal::Avail { .. } => matches!(self, Self::Avail),
            Refusal::Neighbour { guard, .. } => match self {
                Self::Neighbour => guard.get() == 0,
                Self::GuardPage => guard.get() > 0,
                _ => false,
            },
            Refusal::StackLimit { .. } => matches!(self, Self::StackLimit),
            Refusal::GrowMemlock { .. } => matches!(self, Self::Memlock),
            Refusal::GrowVmem { .. } => matches!(self, Self::Vmem),
            Refusal::Swap { .. } => matches!(self, Self::Swap),
            Refusal::MapEnd { .. } => matches!(self, Self::MapEnd),
            _ => false,
        }
    }
}

/// A process in which growth is refused for one reason.
#[derive(Debug)]
pub struct Refused {
    /// The process.
    pub whole: Whole,
    reason: Reason,
    stacks: Vec<Span>,
}

impl Refused {
    /// The process of a layout, so that its stacks are refused. Where that takes a neighbour, only
    /// one stack in a hundred entries has one, so that there are about as many entries.
    ///
    /// # Errors
    ///
    /// Those of the engine, without memory.
    pub fn new(layout: &Layout, reason: Reason, random: &mut StdRng) -> Result<Self, Refusal> {
        let mut refused =
            Self { whole: Whole::new(layout)?, reason, stacks: layout.of_kind(Kind::Down) };
        match reason {
            Reason::Avail => {}
            Reason::Neighbour | Reason::GuardPage => refused.crowd(layout, random)?,
            Reason::MapEnd => refused.stack_at_end(layout)?,
            Reason::StackLimit | Reason::Memlock | Reason::Vmem | Reason::Swap => refused.limit(),
        }
        Ok(refused)
    }

    fn crowd(&mut self, layout: &Layout, random: &mut StdRng) -> Result<(), Refusal> {
        let count = (layout.spans.len() / 100).clamp(1, self.stacks.len().max(1));
        let chosen = sample(random, self.stacks.len(), count.min(self.stacks.len()));
        self.stacks = chosen.iter().filter_map(|at| self.stacks.get(at)).copied().collect();
        for at in 0..self.stacks.len() {
            self.restore(at)?;
        }
        self.whole.process.set_guard_page(self.reason == Reason::GuardPage);
        Ok(())
    }

    fn stack_at_end(&mut self, layout: &Layout) -> Result<(), Refusal> {
        let (start, end) = (layout.max - PAGE_SIZE, layout.max);
        let (process, flags) = (&mut self.whole.process, CowFlags::GROWS_UP);
        process.set_sgrowsiz(Size::PAGE)?;
        let size = Size::pages(RESERVE_PAGES);
        process.stack(Addr::new(start), size, Prot::RW, Prot::ALL, flags, |_| ())?;
        self.stacks = vec![Span { start, end, kind: Kind::Up }];
        Ok(())
    }

    fn limit(&mut self) {
        let process = &mut self.whole.process;
        let (size, reserved) = (process.map().size(), process.map().reserved());
        let none = Limits::UNLIMITED;
        let limits = match self.reason {
            Reason::StackLimit => {
                process.set_maxsaddr(Addr::ZERO);
                Limits { stack: Size::ZERO, ..none }
            }
            Reason::Memlock => {
                process.map_mut().set_wire_future(true);
                Limits { memlock: Size::ZERO, ..none }
            }
            Reason::Vmem => Limits { vmem: size, ..none },
            _ => Limits { swap: reserved, ..none },
        };
        process.set_limits(limits);
    }

    /// A fault that is refused, and the number of its stack.
    ///
    /// # Panics
    ///
    /// If the layout has no stack.
    #[must_use]
    pub fn fault(&self, random: &mut StdRng) -> (Addr, usize) {
        let at = random.random_range(0..self.stacks.len());
        let stack = self.stacks.get(at).expect("a number below the length");
        let within = random.random_range(0..PAGE_SIZE);
        let addr = match self.reason {
            Reason::Avail => stack.start - 1 - within - RESERVE_PAGES * PAGE_SIZE,
            Reason::Neighbour => stack.start - 1 - within / 2,
            Reason::MapEnd => stack.end + within,
            _ => stack.start - 1 - within,
        };
        (Addr::new(addr), at)
    }

    /// Puts a stack back to where its growth is refused for the same reason again: a refusal for
    /// want of room cuts what the stack may grow by.
    ///
    /// # Errors
    ///
    /// Those of the engine, without memory.
    pub fn restore(&mut self, at: usize) -> Result<(), Refusal> {
        let free = match self.reason {
            Reason::Neighbour => PAGE_SIZE / 2,
            Reason::GuardPage => PAGE_SIZE,
            _ => return Ok(()),
        };
        let Some(stack) = self.stacks.get(at) else { return Ok(()) };
        self.whole.undo(stack);
        let end = stack.start - free;
        let (start, end) = (Addr::new(end - PAGE_SIZE), Addr::new(end));
        self.whole.process.map_mut().insert(start, end, Mapping::anonymous(Prot::RX), |_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn every_reason_decides_time_after_time() {
        let (layout, mut random) = (Layout::stacks(300, 1), StdRng::seed_from_u64(1));
        for reason in Reason::ALL {
            let mut refused = Refused::new(&layout, reason, &mut random).expect("memory");
            for _ in 0..200 {
                let (addr, at) = refused.fault(&mut random);
                let refusal = refused.whole.process.grow(addr, |_| ()).expect_err(reason.name());
                assert!(reason.is(&refusal), "{reason:?}: {refusal}");
                refused.restore(at).expect("memory");
            }
        }
    }
}
