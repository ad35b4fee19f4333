//! Inputs from traces, and traces from inputs.

use super::{Header, Input, Prefill, Record, View};
use crate::compare::Observed;
use crate::kernel::Kernel;
use crate::op::{Config, Op};
use crate::oracle::Oracle;
use crate::oracle::freebsd14::Oracle14;
use crate::processes::Processes;
use crate::space::AddressSpace;
use crate::trace::{Step, Trace};

/// The oracle of a kernel, with what it looks like.
pub(super) struct Guide {
    map: Box<dyn AddressSpace>,
    config: Config,
    processes: Processes,
    observed: Observed,
}

impl Guide {
    pub(super) fn new(config: &Config) -> Self {
        let map: Box<dyn AddressSpace> = match config.kernel() {
            Kernel::Freebsd9 => Box::new(Oracle::create(config)),
            Kernel::Freebsd14 => Box::new(Oracle14::create(config)),
        };
        let (processes, observed) = Default::default();
        Self { map, config: *config, processes, observed }
    }

    /// The oracle after the prefill of a header.
    pub(super) fn filled(header: &Header) -> Self {
        let mut guide = Self::new(&header.config);
        for op in header.prefill.ops(header.window) {
            guide.map.apply(&op, &mut Vec::new());
        }
        guide.apply(&Op::Dump);
        guide
    }

    pub(super) fn view(&self) -> View<'_> {
        let Observed { rows, summary, .. } = &self.observed;
        let (config, processes) = (&self.config, &self.processes);
        View { rows, summary: *summary, config, processes }
    }

    pub(super) fn apply(&mut self, op: &Op) {
        self.observed.run_op(self.map.as_mut(), op);
        self.map.entries(&mut self.observed.rows);
        self.observed.summary = self.map.summary();
        self.config.follow(op, self.observed.answer);
        self.processes.follow(op, self.observed.answer);
    }
}

impl Input {
    /// The operations with plain numbers, as the oracle shapes them.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let mut trace = Trace::new(self.header.config);
        let mut guide = Guide::new(&self.header.config);
        let window = self.header.window;
        for op in self.header.prefill.ops(window) {
            trace.steps.push(Step::new(op));
            guide.map.apply(&op, &mut Vec::new());
        }
        guide.apply(&Op::Dump);
        for record in &self.records {
            let op = record.resolve(&guide.view(), window);
            trace.steps.push(Step::new(op));
            guide.apply(&op);
        }
        trace
    }

    /// The same input with plain numbers: an operation then means the same whatever is left out
    /// before it.
    pub(crate) fn plain(&self) -> Self {
        let ops: Vec<Op> = self.trace().steps.iter().map(|step| *step.op()).collect();
        let records = ops.iter().map(Record::plain).collect();
        Self { header: Header { prefill: Prefill::NONE, ..self.header }, records }
    }

    /// The same operations, by what they are near.
    pub(crate) fn near(&self) -> Self {
        let ops = self.trace().steps.into_iter().map(|step| *step.op());
        let Self { header, records } = Self::of(&self.header.config, ops);
        Self { header: Header { narrow: self.header.narrow, ..header }, records }
    }

    /// The input for the same operations as those of `ops`, by what they are near.
    #[must_use]
    pub fn of(config: &Config, ops: impl IntoIterator<Item = Op>) -> Self {
        let ops: Vec<Op> = ops.into_iter().collect();
        let window = window_of(config, &ops);
        let header = Header { window, config: *config, ..Header::default() };
        let mut guide = Guide::new(config);
        let mut records = Vec::with_capacity(ops.len());
        for op in &ops {
            records.push(Record::of(op, &guide.view(), window));
            guide.apply(op);
        }
        Self { header, records }
    }
}

/// The page at which the lowest insertion inside the map starts.
fn window_of(config: &Config, ops: &[Op]) -> u64 {
    let inside = |op: &Op| match *op {
        Op::Insert { start, .. } | Op::Stack { addrbos: start, .. } => {
            (config.min <= start && start < config.max).then_some(start.get())
        }
        _ => None,
    };
    let low = ops.iter().filter_map(inside).min().unwrap_or(config.min.get());
    low & !(growstack::PAGE_SIZE - 1)
}
