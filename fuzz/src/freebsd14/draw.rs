//! Drawing one sequence.

use arbitrary::Unstructured;
use growstack::{Addr, EntryFlags, PAGE_SIZE, Size};

use super::lift::lift;
use crate::answer::Row;
use crate::compare::Observed;
use crate::input::{Choices, Flavour, Generator, Header, Input, View, seeded};
use crate::kernel::Freebsd14;
use crate::op::{Config, Op};
use crate::oracle::freebsd14::{Branch, Oracle14};
use crate::processes::Processes;
use crate::space::AddressSpace;
use crate::trace::{Step, Trace};

/// A sequence and what it does on the oracle.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Where it starts from.
    pub config: Config,
    /// Its operations.
    pub ops: Vec<Op>,
    /// The branches that they take, those taken often as often.
    pub reached: Vec<Branch>,
}

impl Drawn {
    /// The sequence as a trace without answers.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let mut trace = Trace::new(self.config);
        trace.steps.extend(self.ops.iter().copied().map(Step::new));
        trace
    }
}

/// What the seeds of 9.3 are mixed with, so that the sequences are others.
const SALT: u64 = 0x0e14_0200_0000_0000;

/// Draws sequence `number` of `seed`.
///
/// # Panics
///
/// If the oracle breaks a rule of its own.
#[must_use]
pub fn draw(seed: u64, number: u64) -> Drawn {
    let head = seeded(seed ^ SALT, number, 1024);
    let mut head = Unstructured::new(&head);
    let header = Header::draw(&mut head);
    let config = config(&header, &mut head);
    let length: usize = head.pick(&[60, 100, 150, 250, 400]);
    let mut generator = Generator::new(Flavour::Whole, header.swarm);
    let bytes = seeded(seed ^ SALT ^ 1 << 63, number, 2 * length * Input::BYTES_PER_RECORD);
    let mut bytes = Unstructured::new(&bytes);
    let mut guide = Guide::new(config);
    header.prefill.ops(header.window).into_iter().for_each(|op| guide.apply(op));
    for _ in 0..length {
        let as_reserves = !bytes.one_in(4);
        let view = guide.view(as_reserves);
        let op = generator.record(&mut bytes, &view).resolve(&view, header.window);
        let op = lift(op, &guide.observed.rows, &mut bytes);
        guide.apply(op);
    }
    guide.drawn
}

/// The header of 9.3 as one of 14.2.
fn config(header: &Header, bytes: &mut Unstructured<'_>) -> Config {
    let mut config = header.config;
    config.tunables.guard_page = false;
    let top = header.window.wrapping_add(bytes.between(0, 64) * PAGE_SIZE);
    config.freebsd_14 = Some(Freebsd14 {
        stacktop: bytes.pick(&[config.max, config.max, Addr::new(top)]),
        stkgap: !bytes.one_in(8),
        guard_pages: bytes.pick(&[0, 1, 1, 1, 2, 3]),
    });
    config
}

/// The oracle, with what it looks like and what was drawn so far.
struct Guide {
    map: Oracle14,
    config: Config,
    processes: Processes,
    observed: Observed,
    /// The entries as 9.3 would have them.
    reserves: Vec<Row>,
    drawn: Drawn,
}

impl Guide {
    fn new(config: Config) -> Self {
        let map = Oracle14::create(&config);
        let (processes, observed, reserves) = Default::default();
        let drawn = Drawn { config, ops: Vec::new(), reached: Vec::new() };
        Self { map, config, processes, observed, reserves, drawn }
    }

    fn apply(&mut self, op: Op) {
        self.observed.run_op(&mut self.map, &op);
        self.map.entries(&mut self.observed.rows);
        self.observed.summary = self.map.summary();
        self.config.follow(&op, self.observed.answer);
        self.processes.follow(&op, self.observed.answer);
        self.drawn.ops.push(op);
        self.drawn.reached.extend_from_slice(self.map.trail());
        self.reserves = with_reserves(&self.observed.rows);
    }

    fn view(&self, as_reserves: bool) -> View<'_> {
        let rows = if as_reserves { &self.reserves } else { &self.observed.rows };
        let (config, processes) = (&self.config, &self.processes);
        View { rows, summary: self.observed.summary, config, processes }
    }
}

/// `rows` without the gaps of stacks, whose lengths are what the stacks beside them have left.
fn with_reserves(rows: &[Row]) -> Vec<Row> {
    let gap = |at: Option<usize>, kind| {
        let row = at.and_then(|at| rows.get(at)).filter(|row| row.flags.intersects(kind));
        row.map_or(Size::ZERO, |row| row.range.len())
    };
    let mut shown = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let mut row = row.clone();
        if row.flags.intersects(EntryFlags::STACK_GAP) {
            continue;
        }
        if row.flags.intersects(EntryFlags::GROWS_DOWN) {
            row.avail = gap(at.checked_sub(1), EntryFlags::STACK_GAP_DN);
        } else if row.flags.intersects(EntryFlags::GROWS_UP) {
            row.avail = gap(Some(at + 1), EntryFlags::STACK_GAP_UP);
        }
        shown.push(row);
    }
    shown
}
