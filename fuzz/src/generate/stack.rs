//! Stacks and growth: reserves that fit, that just do not, and that something is put into.

use growstack::{Addr, CowFlags, Direction, PAGE_SIZE, Size};

use super::address::{Operands, far};
use super::draw::Draw;
use super::view::{Gap, GrowingSide, View};
use super::window::Grain;
use crate::op::Op;

impl Operands {
    /// A `stack` in some gap, or at any odd place.
    pub(super) fn stack(&mut self, draw: &mut impl Draw, view: &View<'_>) -> Op {
        let (addrbos, max_ssize) = match draw.weighted(&[36, 5, 3, 1]) {
            0 => {
                let gap = view.any_gap(draw, self.plan.window);
                self.reserve_in(draw, view, gap)
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
    fn reserve_in(&self, draw: &mut impl Draw, view: &View<'_>, gap: Gap) -> (u64, u64) {
        let pages = gap.pages();
        if pages == 0 {
            let below = draw.below(gap.len());
            return (gap.start + below, draw.between(1, gap.len() - below));
        }
        let below = if draw.one_in(2) { draw.below(pages.min(8)) } else { 0 };
        let room = pages - below;
        // What is left to grow is what is beyond the first step.
        let step = view.config.tunables.sgrowsiz.get().div_ceil(PAGE_SIZE);
        let length = match draw.weighted(&[3, 4, 4, 1]) {
            0 => room,
            1 => step.saturating_add(draw.between(1, 12)),
            2 => draw.between(1, room),
            _ => draw.below(step.saturating_add(1)),
        };
        let length = length.min(room) * PAGE_SIZE;
        let addrbos = gap.start.saturating_add(below * PAGE_SIZE);
        match self.plan.grain {
            Grain::Pages => (addrbos, length),
            Grain::Mixed if !draw.one_in(8) => (addrbos, length),
            _ => {
                let addrbos = addrbos.saturating_add(draw.below(PAGE_SIZE));
                (addrbos, length.saturating_sub(draw.below(2 * PAGE_SIZE)))
            }
        }
    }

    /// A reserve that ends just below, at or past the end of the map, which for some maps is the
    /// end of all addresses (rules 12.1, 12.8 and 15.5 to 15.7).
    fn reserve_at_top(&self, draw: &mut impl Draw, view: &View<'_>) -> (u64, u64) {
        let max = view.config.max.get();
        let pages = draw.pick(&[16, 4, 1]);
        let below = draw.below(pages * PAGE_SIZE);
        let addrbos = match self.plan.grain {
            Grain::Bytes => max.saturating_sub(below),
            _ => max.saturating_sub(below) & !(PAGE_SIZE - 1),
        };
        let room = max.saturating_sub(addrbos);
        (addrbos, room.wrapping_add(self.step(draw, view)))
    }

    /// The address of a `grow`: a fault near a stack, or anywhere.
    pub(super) fn grow(&mut self, draw: &mut impl Draw, view: &View<'_>) -> Op {
        let tiny = self.plan.window.pages() <= 2;
        let addr = match draw.weighted(&[60, 6, if tiny { 60 } else { 2 }]) {
            0 => view.growth_to_come(draw, self.plan.window).map(|g| self.fault(draw, view, g)),
            1 => None,
            // The need of a growth wraps only from one end of all addresses to the other.
            _ => Some(far(draw)),
        };
        Op::Grow { addr: addr.map_or_else(|| self.address(draw, view), Addr::new) }
    }

    /// A fault in the gap beside a stack.
    fn fault(&self, draw: &mut impl Draw, view: &View<'_>, side: GrowingSide) -> u64 {
        let reach = self.reach(draw, view, side);
        match side.direction {
            Direction::Down => side.edge.wrapping_sub(reach),
            Direction::Up => side.edge.wrapping_add(reach).wrapping_sub(1),
        }
    }

    /// How many bytes past its edge a stack is to reach.
    fn reach(&self, draw: &mut impl Draw, view: &View<'_>, side: GrowingSide) -> u64 {
        let (gap, avail) = (side.gap.len(), side.avail);
        let free = gap.min(avail);
        match draw.weighted(&[10, 10, 16, 5, 5, 2, 2]) {
            0 => 1,
            1 => draw.between(1, 4) * PAGE_SIZE,
            2 => draw.below(free) + 1,
            3 => avail.wrapping_add(self.step(draw, view)),
            4 => gap.wrapping_add(self.step(draw, view)),
            // As far from the neighbour as from the stack: a tie, if the neighbour is one too.
            5 => gap / 2 + draw.below(3),
            _ => draw.below(gap) + 1,
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
