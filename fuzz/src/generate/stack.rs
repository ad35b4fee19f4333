//! Stacks and growth: reserves that fit, that just do not, and that something is put into.

use growstack::{Addr, CowFlags, PAGE_SIZE, Size};

use super::address::{Operands, far};
use super::draw::Draw;
use super::view::{Gap, View};
use super::window::Grain;
use crate::answer::Row;
use crate::op::Op;

impl Operands {
    /// A `stack` in some gap, or at any odd place.
    pub(super) fn stack(&mut self, draw: &mut impl Draw, view: &View<'_>) -> Op {
        let (addrbos, max_ssize) = match draw.weighted(&[24, 8, 3, 1]) {
            0 => {
                let gap = view.any_gap(draw, self.plan.window);
                self.reserve_in(draw, gap)
            }
            1 => {
                let addrbos = self.address(draw, view).get();
                (addrbos, self.length(draw, view))
            }
            2 => self.reserve_at_top(draw, view),
            _ => (far(draw), far(draw)),
        };
        let (prot, max, flags) = self.plan.palette.stack(draw);
        Op::Stack {
            addrbos: Addr::new(addrbos),
            max_ssize: Size::new(max_ssize),
            prot,
            max,
            flags: flags | growth(draw),
        }
    }

    /// ADDRBOS and MAX_SSIZE of a reserve inside `gap`.
    fn reserve_in(&self, draw: &mut impl Draw, gap: Gap) -> (u64, u64) {
        let pages = gap.pages().min(1 << 16);
        let below = if draw.one_in(2) { draw.below(pages.min(16) + 1) } else { 0 };
        let length = match draw.below(4) {
            0 => pages - below,
            1 => draw.below(pages - below + 1).min(8),
            _ => draw.below(pages - below + 1),
        };
        let addrbos = gap.start.saturating_add(below * PAGE_SIZE);
        let (mut addrbos, mut length) = (addrbos, length * PAGE_SIZE);
        if self.plan.grain == Grain::Bytes || (self.plan.grain == Grain::Mixed && draw.one_in(8)) {
            addrbos = addrbos.saturating_add(draw.below(PAGE_SIZE));
            length = length.saturating_sub(draw.below(2 * PAGE_SIZE));
        }
        (addrbos, length)
    }

    /// A reserve that ends just below, at or past the end of the map, which for some maps is the
    /// end of all addresses (rules 12.1, 12.8 and 15.5 to 15.7).
    fn reserve_at_top(&self, draw: &mut impl Draw, view: &View<'_>) -> (u64, u64) {
        let max = view.config.max.get();
        let below = draw.below(16 * PAGE_SIZE);
        let addrbos = match self.plan.grain {
            Grain::Bytes => max.saturating_sub(below),
            _ => max.saturating_sub(below) & !(PAGE_SIZE - 1),
        };
        let room = max.saturating_sub(addrbos);
        (addrbos, room.wrapping_add(self.step(draw, view)))
    }

    /// The address of a `grow`: a fault near a stack, or anywhere.
    pub(super) fn grow(&mut self, draw: &mut impl Draw, view: &View<'_>) -> Op {
        let near = view.any_stack(draw).filter(|_| !draw.one_in(5));
        let addr = match near {
            Some(at) => self.fault(draw, view, at),
            None => self.address(draw, view).get(),
        };
        Op::Grow { addr: Addr::new(addr) }
    }

    /// A fault below or above the stack `at`.
    fn fault(&self, draw: &mut impl Draw, view: &View<'_>, at: usize) -> u64 {
        let row = &view.rows[at];
        let (start, end) = (row.range.start().get(), row.range.end().get());
        let down = row.flags.contains(growstack::EntryFlags::GROWS_DOWN);
        let up = row.flags.contains(growstack::EntryFlags::GROWS_UP);
        if up && (!down || draw.one_in(2)) {
            let gap = view.gap(at + 1, self.plan.window);
            end.wrapping_add(self.reach(draw, view, row, gap)).wrapping_sub(1)
        } else {
            let gap = view.gap(at, self.plan.window);
            start.wrapping_sub(self.reach(draw, view, row, gap))
        }
    }

    /// How many bytes past its edge a stack is to reach.
    fn reach(&self, draw: &mut impl Draw, view: &View<'_>, row: &Row, gap: Gap) -> u64 {
        let avail = row.avail.get();
        match draw.weighted(&[10, 14, 8, 8, 6, 4, 8, 1]) {
            0 => 1,
            1 => draw.between(1, 6) * PAGE_SIZE,
            2 => draw.below(gap.len()) + 1,
            3 => avail.wrapping_add(self.step(draw, view)),
            4 => gap.len().wrapping_add(self.step(draw, view)),
            // As far from the neighbour as from the stack: a tie, if the neighbour is one too.
            5 => gap.len() / 2 + draw.below(3),
            6 => draw.below(avail),
            _ => far(draw),
        }
    }
}

/// Growth flags: down, up, both; rarely none (rule 15.3).
fn growth(draw: &mut impl Draw) -> CowFlags {
    match draw.weighted(&[32, 24, 16, 1]) {
        0 => CowFlags::GROWS_DOWN,
        1 => CowFlags::GROWS_UP,
        2 => CowFlags::GROWTH,
        _ => CowFlags::NONE,
    }
}
