//! Addresses, lengths and ranges: mostly where something happens, give or take a little.

use growstack::{Addr, PAGE_SIZE};

use super::draw::Draw;
use super::plan::Plan;
use super::view::View;
use super::window::Grain;
use crate::answer::Row;

/// Draws the operands of one sequence. Remembers where it last was, so that a sequence with
/// [`Plan::local`] keeps hitting the same few nodes of an index.
#[derive(Clone, Debug)]
pub(super) struct Operands {
    pub(super) plan: Plan,
    last: usize,
}

impl Operands {
    pub(super) const fn new(plan: Plan) -> Self {
        Self { plan, last: 0 }
    }

    /// The index of some entry; 0 if there is none.
    pub(super) fn entry(&mut self, draw: &mut impl Draw, view: &View<'_>) -> usize {
        let count = view.rows.len();
        self.last = if self.plan.local && !draw.one_in(8) {
            (self.last + draw.index(5)).saturating_sub(2).min(count.saturating_sub(1))
        } else {
            draw.index(count)
        };
        self.last
    }

    /// A distance to step from a place of interest, in either direction (modulo 2^64).
    pub(super) fn step(&self, draw: &mut impl Draw, view: &View<'_>) -> u64 {
        let (pages, bytes) = match self.plan.grain {
            Grain::Pages => (12, 0),
            Grain::Mixed => (12, 2),
            Grain::Bytes => (6, 6),
        };
        let distance = match draw.weighted(&[16, pages, 3, 1, bytes, bytes / 2]) {
            0 => 0,
            // A page is the guard page too.
            1 => PAGE_SIZE,
            2 => draw.between(2, 6) * PAGE_SIZE,
            3 => view.config.tunables.sgrowsiz.get(),
            4 => 1,
            _ => draw.below(2 * PAGE_SIZE),
        };
        if draw.one_in(2) { distance.wrapping_neg() } else { distance }
    }

    /// An address.
    pub(super) fn address(&mut self, draw: &mut impl Draw, view: &View<'_>) -> Addr {
        let at = self.entry(draw, view);
        let Some(row) = view.rows.get(at) else {
            return Addr::new(self.bare_address(draw, view));
        };
        let (start, end) = (row.range.start().get(), row.range.end().get());
        let bytes = match draw.weighted(&[24, 24, 8, 8, 8, 14, 1]) {
            0 => start.wrapping_add(self.step(draw, view)),
            1 => end.wrapping_add(self.step(draw, view)),
            2 => self.middle(draw, start, end),
            3 => view.gap(at + 1, self.plan.window).middle(),
            4 => reserve_edge(draw, view, row).wrapping_add(self.step(draw, view)),
            5 => self.bare_address(draw, view),
            _ => far(draw),
        };
        Addr::new(bytes)
    }

    /// An address that owes nothing to the entries.
    fn bare_address(&self, draw: &mut impl Draw, view: &View<'_>) -> u64 {
        let Plan { window, config, .. } = &self.plan;
        match draw.weighted(&[40, 4, 3, 3, 2, 2, 2]) {
            0 if self.plan.grain == Grain::Bytes => window.byte(draw),
            0 => window.page(draw),
            1 => window.low.wrapping_add(self.step(draw, view)),
            2 => window.high.wrapping_add(self.step(draw, view)),
            3 => config.tunables.maxsaddr.get().wrapping_add(self.step(draw, view)),
            4 => config.min.get().wrapping_add(self.step(draw, view)),
            5 => config.max.get().wrapping_add(self.step(draw, view)),
            _ => far(draw),
        }
    }

    /// A place inside `[start, end)`, on a page unless the grain is finer.
    pub(super) fn middle(&self, draw: &mut impl Draw, start: u64, end: u64) -> u64 {
        let length = end.saturating_sub(start);
        let inside = start + draw.below(length);
        let finer = match self.plan.grain {
            Grain::Pages => false,
            Grain::Mixed => draw.one_in(12),
            Grain::Bytes => draw.one_in(2),
        };
        if finer { inside } else { (inside & !(PAGE_SIZE - 1)).max(start) }
    }

    /// A length.
    pub(super) fn length(&self, draw: &mut impl Draw, view: &View<'_>) -> u64 {
        match draw.weighted(&[20, 34, 8, 4, 4, 2, 1]) {
            0 => PAGE_SIZE,
            1 => draw.between(1, 6) * PAGE_SIZE,
            2 => view.any_gap(draw, self.plan.window).len().wrapping_add(self.step(draw, view)),
            3 => draw.pick(&[0, 1, PAGE_SIZE - 1, PAGE_SIZE + 1]),
            4 => view.config.tunables.sgrowsiz.get(),
            5 => self.plan.window.high - self.plan.window.low,
            _ if draw.one_in(2) => view.config.max.wrapping_sub(view.config.min).get(),
            _ => far(draw),
        }
    }

    /// Two bounds: of entries, of parts of entries, of holes, and sometimes of nothing sensible.
    pub(super) fn range(&mut self, draw: &mut impl Draw, view: &View<'_>) -> (Addr, Addr) {
        let (start, end) = match draw.weighted(&[20, 20, 24, 14, 2, 5, 1]) {
            0 => self.entries(draw, view),
            1 => self.part(draw, view),
            2 => {
                let (a, b) = (self.address(draw, view), self.address(draw, view));
                (a.min(b).get(), a.max(b).get())
            }
            3 => {
                let start = self.address(draw, view).get();
                (start, start.wrapping_add(self.length(draw, view)))
            }
            4 => {
                let at = self.address(draw, view).get();
                (at, at)
            }
            5 => {
                let (end, start) = self.part(draw, view);
                (start.wrapping_add(self.step(draw, view)), end)
            }
            _ => (self.address(draw, view).get(), self.address(draw, view).get()),
        };
        (Addr::new(start), Addr::new(end))
    }

    /// The exact bounds of an entry, or of a run of them.
    fn entries(&mut self, draw: &mut impl Draw, view: &View<'_>) -> (u64, u64) {
        let at = self.entry(draw, view);
        let run = match draw.below(16) {
            0..=8 => 0,
            9..=14 => draw.index(4),
            _ => draw.index(view.rows.len() / 3 + 1),
        };
        match (view.rows.get(at), view.rows.get(at + run).or(view.rows.last())) {
            (Some(first), Some(last)) => (first.range.start().get(), last.range.end().get()),
            _ => (self.plan.window.low, self.plan.window.high),
        }
    }

    /// Part of an entry: a head, a tail or a middle.
    fn part(&mut self, draw: &mut impl Draw, view: &View<'_>) -> (u64, u64) {
        let at = self.entry(draw, view);
        let Some(row) = view.rows.get(at) else {
            return (self.plan.window.low, self.plan.window.page(draw));
        };
        let (start, end) = (row.range.start().get(), row.range.end().get());
        let a = self.middle(draw, start, end);
        let b = self.middle(draw, start, end);
        match draw.below(3) {
            0 => (start, a),
            1 => (a, end),
            _ => (a.min(b), a.max(b)),
        }
    }
}

/// Where the reserve of `row` ends, if it is a stack, or where the map does.
fn reserve_edge(draw: &mut impl Draw, view: &View<'_>, row: &Row) -> u64 {
    if !row.is_stack() {
        return draw.pick(&[view.config.min, view.config.max]).get();
    }
    let down = row.range.start().wrapping_back(row.avail);
    let up = row.range.end().wrapping_add(row.avail);
    draw.pick(&[down, up]).get()
}

/// A number that is far from everything.
pub(super) fn far(draw: &mut impl Draw) -> u64 {
    match draw.below(8) {
        0 => 0,
        1 => 1,
        2 => u64::MAX,
        3 => u64::MAX - draw.below(2 * PAGE_SIZE),
        4 => 1 << 63,
        5 => 1 << 47,
        6 => draw.below(2 * PAGE_SIZE),
        _ => draw.below(u64::MAX),
    }
}
