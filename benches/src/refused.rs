//! Growths that are refused, one case for each reason.

use growstack::{
    Addr, Limits, MapFlags, Mapping, PAGE_SIZE, PageSize, Prot, Refusal, Size, StackRequest,
};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::index::sample;

use crate::engine::Engine;
use crate::layout::{Kind, Layout, RESERVE_PAGES, Span};
use crate::op::Op;
use crate::subject::{ENGINE, Subject};
use crate::work::{BATCH, Batch, one_of};

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
    /// The engine.
    pub engine: Engine,
    reason: Reason,
    stacks: Vec<Span>,
}

impl Refused {
    /// The engine with the entries of a layout, so that its stacks are refused. Where that takes a
    /// neighbour, only one stack in 16 entries has one, so that there are about as many entries.
    ///
    /// # Errors
    ///
    /// Those of the engine, without memory.
    pub fn new(layout: &Layout, reason: Reason, random: &mut StdRng) -> Result<Self, Refusal> {
        let mut refused =
            Self { engine: Engine::new(layout)?, reason, stacks: layout.of_kind(Kind::Down) };
        match reason {
            Reason::Avail => {}
            Reason::Neighbour | Reason::GuardPage => refused.crowd(layout, random)?,
            Reason::MapEnd => refused.stack_at_end(layout)?,
            Reason::StackLimit | Reason::Memlock | Reason::Vmem | Reason::Swap => refused.limit(),
        }
        Ok(refused)
    }

    fn crowd(&mut self, layout: &Layout, random: &mut StdRng) -> Result<(), Refusal> {
        let count = (layout.spans.len() / 16).clamp(1, 64);
        let chosen = sample(random, self.stacks.len(), count.min(self.stacks.len()));
        self.stacks = chosen.iter().filter_map(|at| self.stacks.get(at)).copied().collect();
        for stack in self.stacks.clone() {
            self.restore(&stack)?;
        }
        self.engine.process.set_guard_page(self.reason == Reason::GuardPage);
        Ok(())
    }

    fn stack_at_end(&mut self, layout: &Layout) -> Result<(), Refusal> {
        let (start, end) = (layout.max - PAGE_SIZE, layout.max);
        let (process, flags) = (&mut self.engine.process, MapFlags::GROWS_UP);
        process.set_sgrowsiz(PageSize::KIB_4.bytes());
        let size = Size::pages(RESERVE_PAGES);
        process.stack(StackRequest::new(Addr::new(start), size, flags), |_| ())?;
        self.stacks = vec![Span { start, end, kind: Kind::Up }];
        Ok(())
    }

    fn limit(&mut self) {
        let process = &mut self.engine.process;
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

    /// Faults that are refused, each with its stack. A stack whose growth is cut by the refusal is
    /// taken once.
    #[must_use]
    pub fn batch(&self, random: &mut StdRng) -> Batch {
        let once = matches!(self.reason, Reason::Neighbour | Reason::GuardPage);
        let stacks: Vec<Span> = if once {
            self.stacks.clone()
        } else {
            (0..BATCH).map(|_| one_of(&self.stacks, random)).collect()
        };
        stacks.into_iter().map(|stack| (self.fault(&stack, random), stack)).collect()
    }

    fn fault(&self, stack: &Span, random: &mut StdRng) -> u64 {
        let within = random.random_range(0..PAGE_SIZE);
        match self.reason {
            Reason::Avail => stack.start - 1 - within - RESERVE_PAGES * PAGE_SIZE,
            Reason::Neighbour => stack.start - 1 - within / 2,
            Reason::MapEnd => stack.end + within,
            _ => stack.start - 1 - within,
        }
    }

    /// Puts a stack back to where its growth is refused for the same reason again: a refusal for
    /// want of room cuts what the stack may grow by.
    ///
    /// # Errors
    ///
    /// Those of the engine, without memory.
    fn restore(&mut self, stack: &Span) -> Result<(), Refusal> {
        let free = match self.reason {
            Reason::Neighbour => PAGE_SIZE / 2,
            Reason::GuardPage => PAGE_SIZE,
            _ => return Ok(()),
        };
        self.engine.undo(stack);
        let end = stack.start - free;
        let (start, end) = (Addr::new(end - PAGE_SIZE), Addr::new(end));
        self.engine.process.map_mut().insert(start, end, Mapping::anonymous(Prot::RX), |_| ())
    }
}

impl Subject for Refused {
    fn name(&self) -> &'static str {
        ENGINE
    }

    fn prepare(&mut self, _: Op, _: &Batch) {}

    fn run(&mut self, _: Op, batch: &Batch) -> u64 {
        let mut refusals = 0;
        for (addr, _) in batch {
            let answer = self.engine.fault(Addr::new(*addr));
            refusals += u64::from(answer.is_err_and(|refusal| self.reason.is(&refusal)));
        }
        assert_eq!(refusals, batch.len() as u64, "{:?} does not decide", self.reason);
        refusals
    }

    fn undo(&mut self, _: Op, batch: &Batch) {
        batch.iter().for_each(|(_, stack)| self.restore(stack).expect("memory"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn every_reason_decides_time_after_time() {
        let (layout, mut random) = (Layout::stacks(300, 1), StdRng::seed_from_u64(1));
        for op in Op::ALL {
            let Op::GrowRefused(reason) = op else { continue };
            let mut refused = Refused::new(&layout, reason, &mut random).expect("memory");
            for _ in 0..4 {
                let batch = refused.batch(&mut random);
                assert_eq!(refused.run(op, &batch), batch.len() as u64);
                refused.undo(op, &batch);
            }
        }
    }
}
