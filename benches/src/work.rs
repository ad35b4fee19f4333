//! What is asked of a map: addresses at random, the same for every map.

use growstack::PAGE_SIZE;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::index::sample;

use crate::layout::{Kind, Layout, Span};

/// Addresses for one round of measurements.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Mapped addresses.
    pub mapped: Vec<u64>,
    /// Unmapped addresses.
    pub unmapped: Vec<u64>,
    /// Mapped addresses to warm the caches with, others than those measured.
    pub warm: Vec<u64>,
    /// Pages to map and unmap, by their start.
    pub pages: Vec<u64>,
    /// Where a search for space begins.
    pub starts: Vec<u64>,
    /// Batches of faults below different stacks, each with its stack; [`WARM_UP`] come first.
    pub down: Vec<Vec<(u64, Span)>>,
    /// Batches of faults above different stacks, each with its stack; [`WARM_UP`] come first.
    pub up: Vec<Vec<(u64, Span)>>,
}

/// Most addresses to warm the caches with.
const MOST_WARM: usize = 16_384;
/// Most growths between two undoings.
const MOST_GROWN: usize = 64;

/// Batches of growths before the measured ones, so that the code that grows is in the caches, too.
pub const WARM_UP: usize = 1;

/// What addresses are drawn from.
#[derive(Debug)]
pub struct Source {
    layout: Layout,
    down: Vec<Span>,
    up: Vec<Span>,
}

impl Source {
    /// Addresses in a layout.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let (down, up) = (layout.of_kind(Kind::Down), layout.of_kind(Kind::Up));
        Self { layout, down, up }
    }

    /// The layout.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How many stacks grow at a time: so many that the number of entries stays within 1 %, one at
    /// least.
    #[must_use]
    pub fn grown_at_a_time(&self) -> usize {
        (self.layout.spans.len() / 100).clamp(1, MOST_GROWN)
    }

    /// Addresses for a round of blocks of `block` operations. O(block + number of entries to warm).
    pub fn draw(&self, block: usize, random: &mut StdRng) -> Work {
        let warm = self.layout.spans.len().min(MOST_WARM);
        let batches = WARM_UP + (block / self.grown_at_a_time()).max(1);
        Work {
            mapped: (0..block).map(|_| self.mapped(random)).collect(),
            unmapped: (0..block).map(|_| self.unmapped(random)).collect(),
            warm: (0..warm).map(|_| self.mapped(random)).collect(),
            pages: (0..block).map(|_| self.free_page(random)).collect(),
            starts: (0..block).map(|_| self.page(random)).collect(),
            down: (0..batches).map(|_| self.below_stacks(random)).collect(),
            up: (0..batches).map(|_| self.above_stacks(random)).collect(),
        }
    }

    fn span(&self, random: &mut StdRng) -> Span {
        let spans = &self.layout.spans;
        spans.get(random.random_range(0..spans.len())).copied().expect("a number below the length")
    }

    /// A mapped address, even, so that an answer's lowest bit can be added to it.
    #[must_use]
    pub fn mapped(&self, random: &mut StdRng) -> u64 {
        let span = self.span(random);
        random.random_range(span.start..span.end) & !1
    }

    /// An address in the gap after an entry, even.
    #[must_use]
    pub fn unmapped(&self, random: &mut StdRng) -> u64 {
        // No gap is narrower than a page.
        (self.span(random).end + random.random_range(0..PAGE_SIZE)) & !1
    }

    /// A page in the gap after an entry that touches neither of its ends.
    #[must_use]
    pub fn free_page(&self, random: &mut StdRng) -> u64 {
        self.span(random).end + random.random_range(1..=RESERVE) * PAGE_SIZE
    }

    /// The start of a page anywhere in the map but the first.
    #[must_use]
    pub fn page(&self, random: &mut StdRng) -> u64 {
        let pages = self.layout.spans.last().map_or(2, |span| span.end / PAGE_SIZE);
        random.random_range(1..pages) * PAGE_SIZE
    }

    /// A fault in the page below a random stack, and the stack.
    #[must_use]
    pub fn below_stack(&self, random: &mut StdRng) -> (u64, Span) {
        let stack = one_of(&self.down, random);
        ((stack.start - 1 - random.random_range(0..PAGE_SIZE)) & !1, stack)
    }

    /// A fault in the page above a random stack, and the stack.
    #[must_use]
    pub fn above_stack(&self, random: &mut StdRng) -> (u64, Span) {
        let stack = one_of(&self.up, random);
        ((stack.end + random.random_range(0..PAGE_SIZE)) & !1, stack)
    }

    fn below_stacks(&self, random: &mut StdRng) -> Vec<(u64, Span)> {
        let stacks = several_of(&self.down, self.grown_at_a_time(), random);
        let fault = |stack: Span| (stack.start - 1 - random.random_range(0..PAGE_SIZE)) & !1;
        stacks.iter().copied().map(fault).zip(stacks.iter().copied()).collect()
    }

    fn above_stacks(&self, random: &mut StdRng) -> Vec<(u64, Span)> {
        let stacks = several_of(&self.up, self.grown_at_a_time(), random);
        let fault = |stack: Span| (stack.end + random.random_range(0..PAGE_SIZE)) & !1;
        stacks.iter().copied().map(fault).zip(stacks.iter().copied()).collect()
    }
}

/// Free pages after every entry that a page is drawn from, ends left out.
const RESERVE: u64 = crate::layout::RESERVE_PAGES;

fn one_of(stacks: &[Span], random: &mut StdRng) -> Span {
    stacks.get(random.random_range(0..stacks.len())).copied().expect("a number below the length")
}

fn several_of(stacks: &[Span], count: usize, random: &mut StdRng) -> Vec<Span> {
    let chosen = sample(random, stacks.len(), count.min(stacks.len()));
    chosen.iter().filter_map(|at| stacks.get(at).copied()).collect()
}
