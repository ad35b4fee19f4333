//! Growths that are refused, one case for each reason.

use growstack::{
    Addr, Freebsd9, Limits, MapFlags, Mapping, PAGE_SIZE, PageSize, Prot, Refusal, Size,
    StackRequest,
};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::index::sample;

use crate::engine::Engine;
use crate::kernel::Tuned;
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
    /// 13.6: a page is left, and has to stay free. In 14.2: it is the stack's guard (D13.3).
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
            Refusal::GapShort { .. } => matches!(self, Self::GuardPage),
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
pub struct Refused<K: Tuned = Freebsd9> {
    /// The engine.
    pub engine: Engine<K>,
    reason: Reason,
    stacks: Vec<Span>,
    /// Is the page that stays free the last of the stack's own reserve?
    own_guard: bool,
}

impl<K: Tuned> Refused<K> {
    /// The engine with the entries of a layout, so that its stacks are refused. Where that takes a
    /// neighbour, only one stack in 16 entries has one, so that there are about as many entries.
    ///
    /// # Errors
    ///
    /// Those of the engine, without memory.
    pub fn new(layout: &Layout, reason: Reason, random: &mut StdRng) -> Result<Self, Refusal> {
        let stacks = layout.of_kind(Kind::Down);
        let mut refused = Self { engine: Engine::new(layout)?, reason, stacks, own_guard: false };
        match reason {
            Reason::Avail => {}
            Reason::GuardPage if !K::set_guard_page(&mut refused.engine.process, true) => {
                refused.own_guard = true;
            }
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
        Ok(())
    }

    fn stack_at_end(&mut self, layout: &Layout) -> Result<(), Refusal> {
        let (start, end) = (layout.max - PAGE_SIZE, layout.max);
        let (process, flags) = (&mut self.engine.process, MapFlags::GROWS_UP);
        K::set_sgrowsiz(process, PageSize::KIB_4.bytes());
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
                K::make_all_main(process);
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
        let once = self.is_cut();
        let stacks: Vec<Span> = if once {
            self.stacks.clone()
        } else {
            (0..BATCH).map(|_| one_of(&self.stacks, random)).collect()
        };
        stacks.into_iter().map(|stack| (self.fault(&stack, random), stack)).collect()
    }

    /// Does a refusal cut what the stack may grow by?
    fn is_cut(&self) -> bool {
        matches!(self.reason, Reason::Neighbour | Reason::GuardPage) && !self.own_guard
    }

    fn fault(&self, stack: &Span, random: &mut StdRng) -> u64 {
        let within = random.random_range(0..PAGE_SIZE);
        match self.reason {
            Reason::GuardPage if self.own_guard => {
                stack.start - 1 - within - (RESERVE_PAGES - 1) * PAGE_SIZE
            }
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
            _ if !self.is_cut() => return Ok(()),
            Reason::Neighbour => PAGE_SIZE / 2,
            _ => PAGE_SIZE,
        };
        self.engine.undo(stack);
        let end = stack.start - free;
        let (start, end) = (Addr::new(end - PAGE_SIZE), Addr::new(end));
        self.engine.process.map_mut().insert(start, end, Mapping::anonymous(Prot::RX), |_| ())
    }
}

impl<K: Tuned> Subject for Refused<K> {
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
    use growstack::Freebsd14;
    use rand::SeedableRng;

    fn decide<K: Tuned>(reasons: impl Fn(Reason) -> bool) {
        let (layout, mut random) = (Layout::stacks(300, 1), StdRng::seed_from_u64(1));
        for op in Op::ALL {
            let Op::GrowRefused(reason) = op else { continue };
            if !reasons(reason) {
                continue;
            }
            let mut refused = Refused::<K>::new(&layout, reason, &mut random).expect("memory");
            for _ in 0..4 {
                let batch = refused.batch(&mut random);
                assert_eq!(refused.run(op, &batch), batch.len() as u64);
                refused.undo(op, &batch);
            }
        }
    }

    #[test]
    fn every_reason_decides_time_after_time() {
        decide::<Freebsd9>(|_| true);
    }

    /// A gap is as long as a stack may grow, and touches it: that is all the room there is.
    #[test]
    fn every_reason_of_14_decides_time_after_time() {
        let absent = [Reason::Avail, Reason::Neighbour, Reason::MapEnd];
        decide::<Freebsd14>(|reason| !absent.contains(&reason));
    }
}
