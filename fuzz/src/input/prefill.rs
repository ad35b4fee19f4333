//! Filling a map to begin with, so that its index is deep.
//!
//! What a recipe makes is part of the encoding: it must not change, so it is computed from the
//! recipe by arithmetic of its own.

use growstack::{Addr, MapFlags, PAGE_SIZE, Prot, Size};

use crate::op::{Mapping, Op};

/// A recipe for the entries that a map starts with.
///
/// The style, from the lowest bit on: two bits for how many entries have a gap before them (one
/// in 1, 2, 4, 8), two for how many are stacks (none, one in 4, 16, 64), one for whether they are
/// inserted out of order, one for whether neighbours may merge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prefill {
    /// How many insertions; more than [`MOST`](Self::MOST) count as 320, which was the most when the
    /// first seeds were made.
    pub entries: u16,
    /// How they lie.
    pub style: u8,
    /// Where their lengths and places come from.
    pub seed: u32,
}

/// SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % bound
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("below a usize")
    }
}

impl Prefill {
    /// Nothing.
    pub const NONE: Self = Self { entries: 0, style: 0, seed: 0 };

    /// The bit of a style in which neighbours may merge.
    pub(super) const PLAIN: u8 = 0x20;

    /// The most entries: enough for full inner nodes of width 16, and no more, because every
    /// operation looks at all of them.
    pub const MOST: u16 = 600;

    /// The operations that fill a map from `window` on.
    #[must_use]
    pub fn ops(self, window: u64) -> Vec<Op> {
        let mut numbers = Numbers(u64::from(self.seed));
        let gaps = 1 << (self.style & 3);
        let stacks = [0, 4, 16, 64][usize::from(self.style >> 2 & 3)];
        let (shuffled, plain) = (self.style & 0x10 != 0, self.style & Self::PLAIN != 0);
        let mut at = window;
        let mut ops = Vec::new();
        let entries = if self.entries > Self::MOST { 320 } else { self.entries };
        for number in 0..entries {
            if numbers.below(gaps) == 0 {
                at = at.wrapping_add((1 + numbers.below(3)) * PAGE_SIZE);
            }
            let length = (1 + numbers.below(4)) * PAGE_SIZE;
            if stacks != 0 && numbers.below(stacks) == 0 {
                let reserve = 4 * length;
                ops.push(stack(at, reserve, numbers.below(3)));
                at = at.wrapping_add(reserve);
            } else {
                // Neighbours whose max protections differ do not merge.
                let max = if plain || number % 2 == 0 { Prot::ALL } else { Prot::RW };
                ops.push(insert(at, length, max));
                at = at.wrapping_add(length);
            }
        }
        if shuffled {
            for left in (1..ops.len()).rev() {
                ops.swap(left, numbers.index(left + 1));
            }
        }
        ops
    }
}

fn insert(start: u64, length: u64, max: Prot) -> Op {
    Op::Insert {
        start: Addr::new(start),
        end: Addr::new(start.wrapping_add(length)),
        mapping: Mapping { max, ..Mapping::anonymous(Prot::RW) },
    }
}

fn stack(addrbos: u64, length: u64, growth: u64) -> Op {
    let growth = [MapFlags::GROWS_DOWN, MapFlags::GROWS_UP, MapFlags::GROWTH]
        [usize::try_from(growth).expect("below 3")];
    Op::Stack {
        addrbos: Addr::new(addrbos),
        max_ssize: Size::new(length),
        prot: Prot::RW,
        max: Prot::ALL,
        flags: growth,
    }
}
