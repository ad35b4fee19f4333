//! How the cost of an operation goes with the size of the map: medians of small batches.

use std::hint::black_box;
use std::time::Instant;

use growstack::{Addr, Mapping, PAGE_SIZE, Prot, Refusal, Size};

use crate::field::Field;

/// Sizes of map to measure, in entries.
pub const SIZES: [u64; 5] = [16, 256, 4096, 65_536, 1_048_576];
/// Batches whose median counts.
const BATCHES: usize = 301;
/// Operations of a batch.
const BATCH: usize = 64;

/// What the operations cost at one size of map.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Entries of the map.
    pub entries: u64,
    /// Index nodes that a descent visits.
    pub nodes_visited: usize,
    /// Nanoseconds of a look-up of a mapped address, each address dependent on the last answer.
    pub lookup: f64,
    /// Nanoseconds of a growth down by one page, all checks and bookkeeping included.
    pub grow: f64,
    /// Nanoseconds of an insertion of one page and its removal.
    pub insert_remove: f64,
    /// Bytes of index an entry.
    pub bytes_per_entry: f64,
}

impl Cost {
    /// Measures a map of `entries` entries.
    ///
    /// # Errors
    ///
    /// When the index cannot get memory.
    pub fn measure(entries: u64) -> Result<Self, Refusal> {
        let mut field = Field::new(entries, 1)?;
        let map = field.process.map();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let bytes_per_entry = map.memory() as f64 / entries as f64;
        let nodes_visited = map.height();
        Ok(Self {
            entries,
            nodes_visited,
            lookup: lookup(&mut field),
            grow: grow(&mut field)?,
            insert_remove: insert_remove(&mut field)?,
            bytes_per_entry,
        })
    }
}

fn lookup(field: &mut Field) -> f64 {
    median((0..BATCHES).map(|_| {
        let addresses: Vec<Addr> = (0..BATCH).map(|_| field.mapped()).collect();
        let map = field.process.map();
        per_operation(BATCH, || {
            let mut last = 0;
            for addr in &addresses {
                // The start of an entry is page-aligned: nothing is added, but the next look-up
                // has to wait for it.
                let addr = Addr::new(addr.get() + (last & 1));
                last = map.mapped(black_box(addr)).map_or(0, |(range, _)| range.start().get());
            }
            black_box(last);
        })
    }))
}

fn grow(field: &mut Field) -> Result<f64, Refusal> {
    field.process.map_mut().reserve_nodes(4 * BATCH)?;
    let mut failed = None;
    let median = median((0..BATCHES).map(|_| {
        let faults = field.below_stacks(BATCH);
        let process = &mut field.process;
        let time = per_operation(faults.len(), || {
            for fault in &faults {
                if let Err(refusal) = process.grow(black_box(*fault), |_| ()) {
                    failed = Some(refusal);
                }
            }
        });
        // Undone untimed: the old piece goes and comes back as a stack.
        for fault in &faults {
            if let Err(refusal) = shrink(field, *fault) {
                failed = Some(refusal);
            }
        }
        time
    }));
    failed.map_or(Ok(median), Err)
}

/// Takes the stack that grew to `fault` back to its one page.
fn shrink(field: &mut Field, fault: Addr) -> Result<(), Refusal> {
    let top = Addr::new(fault.get() + 1 + PAGE_SIZE);
    let low = Addr::new(fault.get() + 1 - PAGE_SIZE);
    field.process.map_mut().remove(low, top, |_| ())?;
    let reserve = Size::pages(40);
    let flags = growstack::CowFlags::GROWS_DOWN;
    let bottom = top.wrapping_back(reserve);
    field.process.stack(bottom, reserve, Prot::RW, Prot::ALL, flags, |_| ()).map(|_| ())
}

fn insert_remove(field: &mut Field) -> Result<f64, Refusal> {
    let mut failed = None;
    let median = median((0..BATCHES).map(|_| {
        let places: Vec<Addr> = (0..BATCH).map(|_| field.free_page()).collect();
        let map = field.process.map_mut();
        per_operation(BATCH, || {
            for place in &places {
                let end = place.wrapping_add(Size::PAGE);
                let page = Mapping::anonymous(Prot::RX);
                let done = map
                    .insert(black_box(*place), end, page, |_| ())
                    .and_then(|()| map.remove(*place, end, |_| ()));
                failed = failed.or(done.err());
            }
        })
    }));
    failed.map_or(Ok(median), Err)
}

/// Nanoseconds of one of the `count` operations that `run` carries out, less what it takes to read
/// the clock: at 16 entries a batch is two stacks, and the clock would be seen.
fn per_operation(count: usize, run: impl FnOnce()) -> f64 {
    let before = Instant::now();
    let started = Instant::now();
    run();
    let elapsed = started.elapsed().saturating_sub(started - before);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (nanoseconds, count) = (elapsed.as_nanos() as f64, count as f64);
    nanoseconds / count
}

fn median(times: impl Iterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.collect();
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
