//! Where the entries of a map lie, and in which order they were made.

use growstack::PAGE_SIZE;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::peer::Value;

/// Pages that a stack may grow by, all of them free.
pub const RESERVE_PAGES: u64 = 40;
/// Pages that a search for space asks for.
pub const FIT_PAGES: u64 = 16;

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An ordinary mapping.
    Plain,
    /// A stack that grows down, into the gap below it.
    Down,
    /// A stack that grows up, into the gap above it.
    Up,
}

/// An entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first address.
    pub start: u64,
    /// The first address past it.
    pub end: u64,
    /// What it is.
    pub kind: Kind,
}

impl Span {
    /// No entry.
    pub const NONE: Self = Self { start: 0, end: 0, kind: Kind::Plain };

    /// The value that a map of ranges keeps for it.
    #[must_use]
    pub const fn value(&self) -> Value {
        match self.kind {
            Kind::Down => Value::GROWS_DOWN,
            Kind::Plain | Kind::Up => Value::PLAIN,
        }
    }
}

/// The entries of a map in address order, the order of their making, and the end of the map.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The entries. Two never touch.
    pub spans: Vec<Span>,
    /// The first address past the map.
    pub max: u64,
    order: Vec<usize>,
}

impl Layout {
    /// `entries` entries of 1 to 8 pages, with gaps of 44 to 108 pages. Every fourth is a stack
    /// that grows down, every fourth one that grows up: 64 of either at 256 entries.
    #[must_use]
    pub fn stacks(entries: usize, seed: u64) -> Self {
        let kinds = [Kind::Down, Kind::Plain, Kind::Up, Kind::Plain];
        Self::draw(entries, seed, |at, random| {
            let kind = kinds.get(at % kinds.len()).copied().unwrap_or(Kind::Plain);
            (kind, random.random_range(RESERVE_PAGES + 4..=108))
        })
    }

    /// `entries` ordinary entries with gaps of 1 to 8 pages, but for one in a hundred, the last one
    /// at any rate, with [`FIT_PAGES`] before it.
    #[must_use]
    pub fn fragmented(entries: usize, seed: u64) -> Self {
        Self::draw(entries, seed, |at, random| {
            let fits = at + 1 == entries || random.random_range(0..100) == 0;
            (Kind::Plain, if fits { FIT_PAGES } else { random.random_range(1..=8) })
        })
    }

    fn draw(
        entries: usize,
        seed: u64,
        mut next: impl FnMut(usize, &mut StdRng) -> (Kind, u64),
    ) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut reached = PAGE_SIZE;
        let spans = (0..entries)
            .map(|at| {
                let (kind, gap) = next(at, &mut random);
                let start = reached + gap * PAGE_SIZE;
                reached = start + random.random_range(1..=8) * PAGE_SIZE;
                Span { start, end: reached, kind }
            })
            .collect();
        let mut order: Vec<usize> = (0..entries).collect();
        order.shuffle(&mut random);
        Self { spans, max: reached + 128 * PAGE_SIZE, order }
    }

    /// The entries in the random order in which a program would have made them.
    pub fn in_order_of_making(&self) -> impl Iterator<Item = &Span> {
        self.order.iter().filter_map(|at| self.spans.get(*at))
    }

    /// The stacks that grow one way.
    #[must_use]
    pub fn of_kind(&self, kind: Kind) -> Vec<Span> {
        self.spans.iter().filter(|span| span.kind == kind).copied().collect()
    }
}
