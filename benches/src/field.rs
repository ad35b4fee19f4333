//! A map to measure in: n entries evenly strewn, a few of them stacks, in random order of making.

use growstack::{Addr, CowFlags, Limits, Mapping, PAGE_SIZE, Process, Prot, Size, StackTunables};
use growstack::{Refusal, VmMap};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// Bytes from the start of one entry to the start of the next.
const STRIDE: u64 = 64 * PAGE_SIZE;
/// Pages of an entry.
const PAGES: u64 = 4;
/// Every so manieth entry is a stack.
const STACK_EVERY: u64 = 8;

/// A process whose map has a given number of entries.
#[derive(Debug)]
pub struct Field {
    /// The process.
    pub process: Process,
    /// How many entries it was made with.
    pub entries: u64,
    random: StdRng,
}

impl Field {
    /// A map of `entries` entries, made one by one in random order, as a program would.
    ///
    /// # Errors
    ///
    /// When the index cannot get memory.
    pub fn new(entries: u64, seed: u64) -> Result<Self, Refusal> {
        let max = Addr::new(STRIDE * (entries + 2));
        let tunables = StackTunables { sgrowsiz: Size::PAGE, ..StackTunables::default() };
        let map = VmMap::new(Addr::new(PAGE_SIZE), max);
        let mut process = Process::new(map, Limits::UNLIMITED, tunables)?;
        let mut random = StdRng::seed_from_u64(seed);
        let mut order: Vec<u64> = (0..entries).collect();
        order.shuffle(&mut random);
        for index in order {
            let start = start(index);
            if is_stack(index) {
                // Its one page is at the top, with the rest of the gap as its reserve.
                let reserve = Size::pages(PAGES + 40);
                let bottom = Addr::new(start + PAGES * PAGE_SIZE).wrapping_back(reserve);
                let flags = CowFlags::GROWS_DOWN;
                process.stack(bottom, reserve, Prot::RW, Prot::ALL, flags, |_| ())?;
            } else {
                let (start, end) = (Addr::new(start), Addr::new(start + PAGES * PAGE_SIZE));
                process.map_mut().insert(start, end, Mapping::anonymous(Prot::RW), |_| ())?;
            }
        }
        Ok(Self { process, entries, random })
    }

    /// A mapped address, at random.
    pub fn mapped(&mut self) -> Addr {
        let index = self.random.random_range(0..self.entries);
        Addr::new(start(index) + PAGES * PAGE_SIZE - 1)
    }

    /// The highest address below a stack, for `count` different ones (fewer if there are fewer).
    pub fn below_stacks(&mut self, count: usize) -> Vec<Addr> {
        let stacks = self.entries.div_ceil(STACK_EVERY);
        let mut indices: Vec<u64> = if stacks <= 4 * count as u64 {
            let mut all: Vec<u64> = (0..stacks).collect();
            all.shuffle(&mut self.random);
            all.truncate(count);
            all
        } else {
            (0..count).map(|_| self.random.random_range(0..stacks)).collect()
        };
        indices.sort_unstable();
        indices.dedup();
        indices.shuffle(&mut self.random);
        let top_page = (PAGES - 1) * PAGE_SIZE;
        indices.iter().map(|i| Addr::new(start(i * STACK_EVERY) + top_page - 1)).collect()
    }

    /// The start of a free page above an entry that is no stack, at random.
    pub fn free_page(&mut self) -> Addr {
        let index = self.random.random_range(0..self.entries) / STACK_EVERY * STACK_EVERY + 1;
        let index = index.min(self.entries - 1);
        Addr::new(start(index) + (PAGES + 4) * PAGE_SIZE)
    }
}

fn start(index: u64) -> u64 {
    STRIDE * (index + 1)
}

fn is_stack(index: u64) -> bool {
    index.is_multiple_of(STACK_EVERY)
}
