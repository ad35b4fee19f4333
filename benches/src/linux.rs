//! The engine by the rules of Linux in a layout: what its growth costs.

use growstack::{
    Addr, Growth, Limits, Linux, MapFlags, Mapping, PAGE_SIZE, Plain, Prot, Refusal, Size, VmMap,
    VmSpace,
};

use crate::layout::{Kind, Layout, RESERVE_PAGES, Span};
use crate::op::Op;
use crate::subject::{ENGINE, Subject, chained};
use crate::work::Batch;

/// A process with the entries of a layout. Its stacks have been written, as stacks are that grow.
#[derive(Debug)]
pub struct LinuxEngine {
    process: VmSpace<Plain, Linux>,
}

impl LinuxEngine {
    /// The entries of a layout, made in its order. The gap that growth keeps is a page, so that each
    /// stack has as much room as the layout leaves it.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] without memory.
    pub fn new(layout: &Layout) -> Result<Self, Refusal> {
        let (min, max) = (Addr::new(PAGE_SIZE), Addr::new(layout.max));
        let mut map = VmMap::<Plain, Linux>::with_kernel(min, max, Plain::default());
        map.set_lowest(min);
        map.set_guard_gap(Size::PAGE);
        let mut engine = Self { process: VmSpace::new(map, Limits::UNLIMITED, ()) };
        for span in layout.in_order_of_making() {
            engine.make(span)?;
        }
        Ok(engine)
    }

    fn make(&mut self, span: &Span) -> Result<(), Refusal> {
        let (start, end) = (Addr::new(span.start), Addr::new(span.end));
        let down = span.kind == Kind::Down;
        let flags = if down { MapFlags::GROWS_DOWN } else { MapFlags::NONE };
        let mapping = Mapping { flags, ..Mapping::anonymous(Prot::RW) };
        self.process.map_mut().insert(start, end, mapping, |_| ())?;
        if down {
            let written = self.process.fault(start, Prot::WRITE, |_| ());
            assert!(written.is_ok(), "{written:?}");
        }
        Ok(())
    }

    /// Grows to an address, with the whole answer.
    ///
    /// A call of its own, as in a page-fault handler.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    #[inline(never)]
    pub fn fault(&mut self, addr: Addr) -> Result<Growth, Refusal> {
        self.process.grow(addr, |_| ())
    }

    fn grow(&mut self, addr: u64) -> u64 {
        match self.fault(Addr::new(addr)) {
            Ok(growth) => growth.added().map_or(0, |added| added.start().get()),
            Err(refusal) => panic!("{refusal}"),
        }
    }
}

impl Subject for LinuxEngine {
    fn name(&self) -> &'static str {
        ENGINE
    }

    fn has(&self, op: Op) -> bool {
        op == Op::GrowLinux
    }

    fn prepare(&mut self, _: Op, _: &Batch) {}

    fn run(&mut self, op: Op, batch: &Batch) -> u64 {
        assert_eq!(op, Op::GrowLinux, "no other operation is measured");
        chained(batch, |addr, _| self.grow(addr))
    }

    fn undo(&mut self, _: Op, batch: &Batch) {
        for (_, span) in batch {
            let low = Addr::new(span.start).wrapping_back(Size::pages(RESERVE_PAGES));
            let gone = self.process.map_mut().remove(low, Addr::new(span.end), |_| ());
            gone.and_then(|()| self.make(span)).expect("what was made once can be made again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Source;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn every_stack_grows_time_after_time() {
        let layout = Layout::stacks(256, 1);
        let mut engine = LinuxEngine::new(&layout).expect("memory");
        let (source, mut random) = (Source::new(layout), StdRng::seed_from_u64(1));
        for _ in 0..5 {
            let batch = source.batch(Op::GrowLinux, &mut random);
            let size = engine.process.map().size().get();
            engine.run(Op::GrowLinux, &batch);
            let grown = engine.process.map().size().get() - size;
            assert_eq!(grown, batch.len() as u64 * PAGE_SIZE);
            engine.undo(Op::GrowLinux, &batch);
            assert_eq!(engine.process.map().len(), 256);
        }
    }
}
