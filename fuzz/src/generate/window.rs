//! Where in the address space a sequence plays: a small stretch, often at an edge.

use growstack::{Addr, PAGE_SIZE};

use super::draw::Draw;

/// The end of user space on amd64: where signs of addresses, page tables and maps change.
const CANONICAL_END: u64 = 1 << 47;

/// The finest step of a sequence's operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Grain {
    /// Whole pages, as the kernel's callers give them.
    Pages,
    /// Whole pages, and now and then a byte more or less.
    Mixed,
    /// Bytes: rounding and wrapping show here.
    Bytes,
}

/// Where a window lies in its map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    MapMin,
    MapMax,
    Canonical,
    Somewhere,
}

/// The stretch `[low, high)` that most operands of a sequence fall into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Window {
    pub(super) low: u64,
    pub(super) high: u64,
}

impl Window {
    /// A window of `pages` pages, and the bounds of the map around it.
    pub(super) fn draw(draw: &mut impl Draw, pages: u64, grain: Grain) -> (Self, Addr, Addr) {
        let (min, max) = match draw.weighted(&[35, 30, 12, 23]) {
            0 => (0x1000, CANONICAL_END),
            1 => (0, u64::MAX),
            // Page 0 is left out and the last page too: nothing wraps by a page or less.
            2 => (PAGE_SIZE, 0_u64.wrapping_sub(PAGE_SIZE)),
            _ => return Self::whole_map(draw, pages, grain),
        };
        let window = Self::place(draw, pages, min, max);
        (window, Addr::new(min), Addr::new(max))
    }

    /// A window that is the whole map, so that every operand is near both of its ends.
    fn whole_map(draw: &mut impl Draw, pages: u64, grain: Grain) -> (Self, Addr, Addr) {
        let mut window = Self::place(draw, pages, 0, u64::MAX);
        if grain != Grain::Pages && pages > 1 && draw.one_in(2) {
            window.low += draw.below(PAGE_SIZE);
            window.high -= draw.below(PAGE_SIZE / 2);
        }
        (window, Addr::new(window.low), Addr::new(window.high))
    }

    fn place(draw: &mut impl Draw, pages: u64, min: u64, max: u64) -> Self {
        use Place::{Canonical, MapMax, MapMin, Somewhere};
        let length = pages * PAGE_SIZE;
        let low = match draw.pick(&[Somewhere, MapMin, MapMin, MapMax, MapMax, Canonical]) {
            MapMin => min,
            MapMax => max - length,
            // Across the border, or against it where the map ends there.
            Canonical => (CANONICAL_END - length / 2).min(max - length),
            Somewhere => draw.between(min / PAGE_SIZE, (max - length) / PAGE_SIZE) * PAGE_SIZE,
        };
        // A map that ends in the last byte of all has an unaligned end; the window's start is
        // aligned all the same, or no operand would be.
        let low = low & !(PAGE_SIZE - 1);
        let high = if max - low < length + PAGE_SIZE { max } else { low + length };
        Self { low: low.max(min), high }
    }

    /// Pages of the window, the last one counted though it may not be whole.
    pub(super) const fn pages(self) -> u64 {
        (self.high - self.low).div_ceil(PAGE_SIZE)
    }

    /// The start of some page of the window.
    pub(super) fn page(self, draw: &mut impl Draw) -> u64 {
        let low = self.low & !(PAGE_SIZE - 1);
        low.saturating_add(draw.below(self.pages()) * PAGE_SIZE).max(self.low)
    }

    /// Some address of the window.
    pub(super) fn byte(self, draw: &mut impl Draw) -> u64 {
        self.low + draw.below(self.high - self.low)
    }
}
