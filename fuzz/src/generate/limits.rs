//! Limits that bite: a little above, at, or below what is used now.

use growstack::{Limits, PAGE_SIZE, Size};

use super::address::{Operands, far};
use super::draw::Draw;
use super::plan::grow_size;
use super::view::View;
use super::window::Grain;
use crate::op::{LimitName, Op};

impl Operands {
    /// A change of a limit.
    pub(super) fn limit(&self, draw: &mut impl Draw, view: &View<'_>) -> Op {
        use LimitName::{Memlock, Stack, Swap, Vmem};
        let name = draw.pick(&[Stack, Vmem, Memlock, Swap]);
        let used = match name {
            Stack => view.summary.ssize.wrapping_mul(PAGE_SIZE),
            Vmem => view.summary.size.get(),
            Memlock => view.summary.wired.wrapping_mul(PAGE_SIZE),
            Swap => view.summary.reserved.get(),
        };
        let infinite = if name == Swap { Size::MAX } else { Limits::INFINITY };
        let value = match draw.weighted(&[12, 12, 8, 1]) {
            0 => infinite,
            1 => Size::new(used.wrapping_add(self.slack(draw))),
            2 => Size::new(used.wrapping_add(draw.between(8, 64) * PAGE_SIZE)),
            _ => Size::new(far(draw)),
        };
        Op::Limit { name, value }
    }

    /// A few pages, not always whole ones.
    fn slack(&self, draw: &mut impl Draw) -> u64 {
        let pages = draw.below(8) * PAGE_SIZE;
        match self.plan.grain {
            Grain::Pages => pages,
            _ => pages + draw.pick(&[0, 0, 1, PAGE_SIZE - 1]),
        }
    }

    /// A change of `sgrowsiz`.
    pub(super) fn set_grow_size(&self, draw: &mut impl Draw) -> Op {
        Op::SetGrowSize { value: Size::new(grow_size(draw, self.plan.grain)) }
    }
}
