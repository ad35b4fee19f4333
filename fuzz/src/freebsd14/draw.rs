//! Drawing one sequence.

use arbitrary::Unstructured;
use growstack::{Addr, EntryFlags, PAGE_SIZE, Size};

use super::lift::lift;
use crate::answer::Row;
use crate::driver::{Fell, Random, Went};
use crate::input::{Choices, Flavour, Generator, Header, Input, View, seeded};
use crate::kernel::Freebsd14;
use crate::lockstep::{Counts, Sequence, drive};
use crate::op::Config;
use crate::oracle::freebsd14::{Branch, Oracle14};
use crate::replay::MapFactory;
use crate::settings::create;
use crate::space::AddressSpace;

/// What the seeds of 9.3 are mixed with, so that the sequences are others.
const SALT: u64 = 0x0e14_0200_0000_0000;

impl Random for Oracle14 {
    fn run(
        seed: u64,
        number: u64,
        tested: MapFactory,
        counts: &mut Counts<Branch>,
    ) -> Result<Went, Fell> {
        let head = seeded(seed ^ SALT, number, 1024);
        let mut head = Unstructured::new(&head);
        let header = Header::draw(&mut head);
        let config = config(&header, &mut head);
        let length: usize = head.pick(&[60, 100, 150, 250, 400]);
        let mut generator = Generator::new(Flavour::Whole, header.swarm);
        let bytes = seeded(seed ^ SALT ^ 1 << 63, number, 2 * length * Input::BYTES_PER_RECORD);
        let mut bytes = Unstructured::new(&bytes);
        let mut ops = Vec::new();
        let work = |sequence: &mut Sequence<'_, dyn AddressSpace, Self>| {
            sequence.fill(header.prefill.ops(header.window))?;
            for _ in 0..length {
                let seen = sequence.view();
                let as_reserves = !bytes.one_in(4);
                let reserves = as_reserves.then(|| with_reserves(seen.rows));
                let view = View { rows: reserves.as_deref().unwrap_or(seen.rows), ..seen };
                let op = generator.record(&mut bytes, &view).resolve(&view, header.window);
                let bounds = (config.min, config.max);
                let op = lift(op, seen.rows, bounds, &mut bytes);
                sequence.op(&op)?;
            }
            ops.extend_from_slice(sequence.ops());
            Ok(())
        };
        let create = |config: &_| create(tested, config);
        match drive(&config, tested.name, create, counts, work) {
            Ok(()) => Ok((config, ops)),
            Err(failed) => Err(Box::new((None, *failed))),
        }
    }
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
