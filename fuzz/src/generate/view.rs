//! What the generator sees of the map under test.

use growstack::{Direction, EntryFlags, PAGE_SIZE, Size};

use super::draw::Draw;
use super::window::Window;
use crate::answer::{Row, Summary};
use crate::op::{Config, Op};

/// The state of the map before the next operation, from which operands are taken.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The entries, in address order.
    pub rows: &'a [Row],
    /// The counters.
    pub summary: Summary,
    /// The map's bounds, with the limits and tunables as they are by now.
    pub config: &'a Config,
}

/// An unmapped stretch, cut to the window; may be empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Gap {
    pub(super) const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    pub(super) const fn pages(self) -> u64 {
        self.len() / PAGE_SIZE
    }

    pub(super) const fn middle(self) -> u64 {
        self.start + self.len() / 2
    }
}

impl View<'_> {
    /// The gap above entry `at - 1` and below entry `at`, cut to `window`.
    pub(super) fn gap(&self, at: usize, window: Window) -> Gap {
        let start = match at.checked_sub(1).and_then(|below| self.rows.get(below)) {
            Some(below) => below.range.end().get(),
            None => window.low,
        };
        let end = self.rows.get(at).map_or(window.high, |above| above.range.start().get());
        Gap { start, end: end.max(start) }
    }

    /// A gap of the map within `window`, found from a random place on: the first that is not
    /// empty, so that a crowded map is not asked for space in vain too often.
    pub(super) fn any_gap(&self, draw: &mut impl Draw, window: Window) -> Gap {
        const TRIES: usize = 16;
        let from = draw.index(self.rows.len() + 1);
        let mut gap = self.gap(from, window);
        for step in 1..TRIES {
            if gap.len() != 0 {
                break;
            }
            gap = self.gap((from + step) % (self.rows.len() + 1), window);
        }
        gap
    }

    /// Some stack with both a reserve and room to grow into.
    pub(super) fn growth_to_come(
        &self,
        draw: &mut impl Draw,
        window: Window,
    ) -> Option<GrowingSide> {
        let from = draw.index(self.rows.len());
        let directions =
            draw.pick(&[[Direction::Down, Direction::Up], [Direction::Up, Direction::Down]]);
        (from..self.rows.len())
            .chain(0..from)
            .find_map(|at| directions.iter().find_map(|&way| self.growing_side(at, way, window)))
    }

    /// Is there a stack with both a reserve and room to grow into?
    pub(super) fn can_grow(&self, window: Window) -> bool {
        (0..self.rows.len()).any(|at| {
            self.growing_side(at, Direction::Down, window).is_some()
                || self.growing_side(at, Direction::Up, window).is_some()
        })
    }

    /// That side of the entry `at`, if it can grow there: by its flags, its reserve, and the gap.
    fn growing_side(&self, at: usize, way: Direction, window: Window) -> Option<GrowingSide> {
        let row = &self.rows[at];
        let (flag, edge, gap) = match way {
            Direction::Down => (EntryFlags::GROWS_DOWN, row.range.start(), at),
            Direction::Up => (EntryFlags::GROWS_UP, row.range.end(), at + 1),
        };
        if !row.flags.contains(flag) || row.avail == Size::ZERO {
            return None;
        }
        let gap = self.gap(gap, window);
        let side = GrowingSide { direction: way, edge: edge.get(), gap, avail: row.avail.get() };
        (gap.len() != 0).then_some(side)
    }
}

/// A side of a stack that can grow.
#[derive(Clone, Copy, Debug)]
pub(super) struct GrowingSide {
    pub(super) direction: Direction,
    /// The start of a stack that grows down, the end of one that grows up.
    pub(super) edge: u64,
    /// What is free on that side.
    pub(super) gap: Gap,
    /// What is left of the reserve.
    pub(super) avail: u64,
}

impl Config {
    /// Follows an operation that sets a limit or a tunable; any other leaves it as it is.
    pub fn follow(&mut self, op: &Op) {
        use crate::op::LimitName as L;
        match *op {
            Op::Limit { name: L::Stack, value } => self.limits.stack = value,
            Op::Limit { name: L::Vmem, value } => self.limits.vmem = value,
            Op::Limit { name: L::Memlock, value } => self.limits.memlock = value,
            Op::Limit { name: L::Swap, value } => self.limits.swap = value,
            // Rule 15.9: refused, and the old value stays.
            Op::SetGrowSize { value } if value.get() != 0 => self.tunables.sgrowsiz = value,
            Op::SetGuardPage { on } => self.tunables.guard_page = on,
            _ => {}
        }
    }
}
