//! Drawing what a sequence starts from.

use std::num::NonZeroU64;

use arbitrary::Unstructured;
use growstack::{Addr, Limits, PAGE_SIZE, Size, StackTunables};

use super::choices::Choices;
use super::operand::{Operand, Unit};
use super::style::{Flavour, Grain, Style};
use super::{Generator, Header, Prefill};
use crate::kernel::{Freebsd14, Kernel};
use crate::op::Config;

/// The end of user space on amd64: where signs of addresses, page tables and maps change.
const CANONICAL_END: u64 = 1 << 47;

impl Header {
    /// Draws a header for `kernel`; most have no prefill.
    pub fn draw(bytes: &mut Unstructured<'_>, kernel: Kernel) -> Self {
        let header = Self::draw_older(bytes);
        match kernel {
            Kernel::Freebsd9 => header,
            Kernel::Freebsd14 => header.lifted(bytes),
        }
    }

    /// The header of 9.3 as one of 14.2.
    fn lifted(self, bytes: &mut Unstructured<'_>) -> Self {
        let mut header = self.with_kernel(Kernel::Freebsd14);
        let max = header.config.max;
        let top = Addr::new(header.window.wrapping_add(bytes.between(0, 64) * PAGE_SIZE));
        header.config.freebsd_14 = Some(Freebsd14 {
            stacktop: bytes.pick(&[max, max, top]),
            stkgap: !bytes.one_in(8),
            guard_pages: bytes.pick(&[0, 1, 1, 1, 2, 3]),
        });
        header
    }

    fn draw_older(bytes: &mut Unstructured<'_>) -> Self {
        let swarm = bytes.small(1 << 32);
        let style = Style::new(Flavour::Whole, swarm);
        let prefill = prefill(bytes);
        let pages = style.pages + 4 * u64::from(prefill.entries);
        let window = Window::draw(bytes, pages, style.grain);
        let config = Config {
            min: Addr::new(window.min),
            max: Addr::new(window.max),
            tunables: tunables(bytes, &window, swarm),
            limits: limits(bytes, pages, style.grain),
            freebsd_14: None,
        };
        let narrow = bytes.one_in(2);
        Self { narrow, prefill, swarm, window: window.low & !(PAGE_SIZE - 1), config }
    }
}

/// Entries to start with: mostly none, now and then enough for an index of several levels.
fn prefill(bytes: &mut Unstructured<'_>) -> Prefill {
    let entries = match bytes.weighted(&[50, 11, 3]) {
        0 => return Prefill::NONE,
        1 => bytes.between(8, 40),
        _ => bytes.between(100, u64::from(Prefill::MOST)),
    };
    // Neighbours that merge leave few entries of many.
    let plain = if bytes.one_in(8) { Prefill::PLAIN } else { 0 };
    Prefill {
        entries: u16::try_from(entries).unwrap_or(Prefill::MOST),
        style: bytes.small::<u8>(64) & !Prefill::PLAIN | plain,
        seed: bytes.small(1 << 32),
    }
}

fn tunables(bytes: &mut Unstructured<'_>, window: &Window, swarm: u32) -> StackTunables {
    let maxsaddr = match bytes.below(4) {
        0 => window.low.wrapping_add(bytes.below(window.pages) * PAGE_SIZE),
        1 => window.low.wrapping_add(bytes.below(window.pages.saturating_mul(PAGE_SIZE))),
        2 => window.low,
        _ => StackTunables::default().maxsaddr.get(),
    };
    let step = match Generator::new(Flavour::Whole, swarm).grow_step(bytes) {
        Operand::Raw(step) => step,
        Operand::Near { index, unit: Unit::None, .. } => u64::from(index) * PAGE_SIZE,
        Operand::Near { index, count, .. } => {
            (u64::from(index) * PAGE_SIZE).wrapping_add_signed(i64::from(count))
        }
    };
    StackTunables {
        sgrowsiz: NonZeroU64::new(step).unwrap_or(NonZeroU64::MIN),
        guard_page: bytes.one_in(3),
        maxsaddr: Addr::new(maxsaddr),
    }
}

fn limits(bytes: &mut Unstructured<'_>, pages: u64, grain: Grain) -> Limits {
    let mut limit = |infinite: Size| {
        if !bytes.one_in(8) {
            return infinite;
        }
        let whole = bytes.below(pages + 1) * PAGE_SIZE;
        Size::new(if grain == Grain::Pages { whole } else { whole + bytes.below(PAGE_SIZE) })
    };
    Limits {
        stack: limit(Limits::INFINITY),
        vmem: limit(Limits::INFINITY),
        memlock: limit(Limits::INFINITY),
        swap: limit(Size::MAX),
    }
}

/// The bounds of a map, and where in it most operands fall.
struct Window {
    low: u64,
    pages: u64,
    min: u64,
    max: u64,
}

impl Window {
    fn draw(bytes: &mut Unstructured<'_>, pages: u64, grain: Grain) -> Self {
        let (min, max) = match bytes.weighted(&[35, 30, 12, 23]) {
            0 => (0x1000, CANONICAL_END),
            1 => (0, u64::MAX),
            // Page 0 is left out and the last page too: nothing wraps by a page or less.
            2 => (PAGE_SIZE, 0_u64.wrapping_sub(PAGE_SIZE)),
            _ => return Self::whole_map(bytes, pages, grain),
        };
        let (low, _) = place(bytes, pages, min, max);
        Self { low, pages, min, max }
    }

    /// A window that is the whole map, so that every operand is near both of its ends.
    fn whole_map(bytes: &mut Unstructured<'_>, pages: u64, grain: Grain) -> Self {
        let (mut min, mut max) = place(bytes, pages, 0, u64::MAX);
        let low = min;
        if grain != Grain::Pages && pages > 1 && bytes.one_in(2) {
            min += bytes.below(PAGE_SIZE);
            max -= bytes.below(PAGE_SIZE / 2);
        }
        Self { low, pages, min, max }
    }
}

/// Where a window of some pages lies: often at an edge.
fn place(bytes: &mut Unstructured<'_>, pages: u64, min: u64, max: u64) -> (u64, u64) {
    let length = pages * PAGE_SIZE;
    let low = match bytes.below(6) {
        0 => bytes.between(min / PAGE_SIZE, (max - length) / PAGE_SIZE) * PAGE_SIZE,
        1 | 2 => min,
        3 | 4 => max - length,
        // Across the border, or against it where the map ends there.
        _ => (CANONICAL_END - length / 2).min(max - length),
    };
    // A map that ends in the last byte of all has an unaligned end; the window's start is aligned
    // all the same, or no operand would be.
    let low = low & !(PAGE_SIZE - 1);
    let high = if max - low < length + PAGE_SIZE { max } else { low + length };
    (low.max(min), high)
}
