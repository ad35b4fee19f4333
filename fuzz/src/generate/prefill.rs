//! Bulk-filled starts: enough entries for an index of several levels, stacks among them.

use growstack::{Addr, CowFlags, PAGE_SIZE, Size};

use super::draw::Draw;
use super::plan::Plan;
use crate::op::{Mapping, Op};

impl Plan {
    /// The operations that fill the map to begin with; empty for most sequences.
    pub(super) fn prefill(&self, draw: &mut impl Draw) -> Vec<Op> {
        let mut ops = Vec::new();
        let mut at = self.window.low.saturating_add(PAGE_SIZE - 1) & !(PAGE_SIZE - 1);
        let stacks = draw.pick(&[4, 16, 64]);
        let holes = draw.pick(&[1, 2, 4]);
        for number in 0..self.bulk {
            if draw.one_in(holes) {
                at = at.saturating_add(draw.between(1, 3) * PAGE_SIZE);
            }
            let length = draw.between(1, 4) * PAGE_SIZE;
            ops.push(if draw.one_in(stacks) {
                self.filling_stack(draw, at, length)
            } else {
                self.filling(draw, number, at, length)
            });
            at = at.saturating_add(length);
        }
        if draw.one_in(2) {
            shuffle(draw, &mut ops);
        }
        ops
    }

    /// A mapping that does not merge with the one before it: their max protections differ.
    fn filling(&self, draw: &mut impl Draw, number: u64, start: u64, length: u64) -> Op {
        use growstack::Prot;
        let max = if number.is_multiple_of(2) { Prot::ALL } else { Prot::RW };
        let mapping = Mapping { max, ..self.palette.mapping(draw, start) };
        Op::Insert {
            start: Addr::new(start),
            end: Addr::new(start.saturating_add(length)),
            mapping,
        }
    }

    fn filling_stack(&self, draw: &mut impl Draw, addrbos: u64, length: u64) -> Op {
        let (prot, max, flags) = self.palette.stack(draw);
        let growth = draw.pick(&[CowFlags::GROWS_DOWN, CowFlags::GROWS_UP, CowFlags::GROWTH]);
        Op::Stack {
            addrbos: Addr::new(addrbos),
            max_ssize: Size::new(length),
            prot,
            max,
            flags: flags | growth,
        }
    }
}

/// Fisher and Yates: nodes of an index split in the middle instead of at their end only.
fn shuffle(draw: &mut impl Draw, ops: &mut [Op]) {
    for left in (1..ops.len()).rev() {
        ops.swap(left, draw.index(left + 1));
    }
}
