//! What a map is asked: batches of addresses at random, the same for every map.

use growstack::PAGE_SIZE;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::index::sample;

use crate::layout::{Kind, Layout, RESERVE_PAGES, Span};
use crate::op::Op;

/// Operations of a batch in which nothing needs undoing.
pub const BATCH: usize = 256;
/// Most operations of a batch that is undone.
const MOST_UNDONE: usize = 64;

/// Operations in a row: for each its address, and the entry that it changes.
pub type Batch = Vec<(u64, Span)>;

/// A layout to draw addresses from.
#[derive(Debug)]
pub struct Source {
    layout: Layout,
    down: Vec<Span>,
    up: Vec<Span>,
    /// Entries above which, and up to the next entry, nothing grows.
    outside: Vec<Span>,
    /// Entries of three pages or more that do not grow.
    wide: Vec<Span>,
}

impl Source {
    /// A source of addresses in a layout.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let (down, up) = (layout.of_kind(Kind::Down), layout.of_kind(Kind::Up));
        let outside = layout.spans.iter().copied().skip(1).step_by(4).collect();
        let mut wide = layout.of_kind(Kind::Plain);
        wide.retain(|span| span.end - span.start >= 3 * PAGE_SIZE);
        Self { layout, down, up, outside, wide }
    }

    /// The layout.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// A batch for an operation.
    ///
    /// Operations that are undone take different entries, at most a quarter of those that they can
    /// take, so that the map keeps its size.
    ///
    /// # Panics
    ///
    /// For [`Op::GrowRefused`], which draws its faults from [`crate::refused`].
    pub fn batch(&self, op: Op, random: &mut StdRng) -> Batch {
        let mut free = |draw: fn(&Self, &mut StdRng) -> u64| -> Batch {
            (0..BATCH).map(|_| (draw(self, random), Span::NONE)).collect()
        };
        match op {
            Op::LookupLatency
            | Op::LookupThroughput
            | Op::LookupEntry
            | Op::NeighboursMapped
            | Op::GrowMapped => free(Self::mapped),
            Op::LookupMiss | Op::NeighboursLatency | Op::NeighboursThroughput => {
                free(Self::unmapped)
            }
            Op::GrowOutside => free(Self::outside),
            Op::InsertRemove => free(Self::free_page),
            Op::FindSpace => free(Self::page),
            Op::GrowDown | Op::GrowLinux => some(&self.down, random, Self::fault_below),
            Op::GrowUp => some(&self.up, random, Self::fault_above),
            Op::Stack => some(&self.down, random, |stack, _| stack.start),
            Op::Protect => some(&self.wide, random, |span, _| span.start + PAGE_SIZE),
            Op::GrowRefused(reason) => unreachable!("{reason:?} has faults of its own"),
        }
    }

    fn span(&self, random: &mut StdRng) -> Span {
        one_of(&self.layout.spans, random)
    }

    /// A mapped address, even, so that an answer's lowest bit can be added to it.
    #[must_use]
    pub fn mapped(&self, random: &mut StdRng) -> u64 {
        let span = self.span(random);
        random.random_range(span.start..span.end) & !1
    }

    fn unmapped(&self, random: &mut StdRng) -> u64 {
        // No gap is narrower than a page.
        (self.span(random).end + random.random_range(0..PAGE_SIZE)) & !1
    }

    /// An address that is next to no stack.
    #[must_use]
    pub fn outside(&self, random: &mut StdRng) -> u64 {
        (one_of(&self.outside, random).end + random.random_range(0..PAGE_SIZE)) & !1
    }

    /// A page in the gap after an entry that touches neither of its ends.
    fn free_page(&self, random: &mut StdRng) -> u64 {
        self.span(random).end + random.random_range(1..=RESERVE_PAGES) * PAGE_SIZE
    }

    /// The start of a page anywhere in the map but the first.
    fn page(&self, random: &mut StdRng) -> u64 {
        let pages = self.layout.spans.last().map_or(2, |span| span.end / PAGE_SIZE);
        random.random_range(1..pages) * PAGE_SIZE
    }

    /// A fault in the page below a random stack, and the stack.
    #[must_use]
    pub fn below_stack(&self, random: &mut StdRng) -> (u64, Span) {
        let stack = one_of(&self.down, random);
        (Self::fault_below(&stack, random), stack)
    }

    /// A fault in the page above a random stack, and the stack.
    #[must_use]
    pub fn above_stack(&self, random: &mut StdRng) -> (u64, Span) {
        let stack = one_of(&self.up, random);
        (Self::fault_above(&stack, random), stack)
    }

    fn fault_below(stack: &Span, random: &mut StdRng) -> u64 {
        (stack.start - 1 - random.random_range(0..PAGE_SIZE)) & !1
    }

    fn fault_above(stack: &Span, random: &mut StdRng) -> u64 {
        (stack.end + random.random_range(0..PAGE_SIZE)) & !1
    }
}

/// A random one of `spans`.
///
/// # Panics
///
/// If there is none.
pub(crate) fn one_of(spans: &[Span], random: &mut StdRng) -> Span {
    spans.get(random.random_range(0..spans.len())).copied().expect("a number below the length")
}

fn some(spans: &[Span], random: &mut StdRng, address: impl Fn(&Span, &mut StdRng) -> u64) -> Batch {
    let count = (spans.len() / 4).clamp(1, MOST_UNDONE).min(spans.len());
    let chosen = sample(random, spans.len(), count);
    let chosen = chosen.iter().filter_map(|at| spans.get(at));
    chosen.map(|span| (address(span, random), *span)).collect()
}
