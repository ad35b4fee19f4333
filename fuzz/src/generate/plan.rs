//! What is settled once for a whole sequence.
//!
//! Each sequence draws how often it does what ("swarm testing"): a sequence that never removes
//! anything, or that does little but grow, gets to states that a fair mixture hardly sees.

use growstack::{Addr, Limits, PAGE_SIZE, Size, StackTunables};

use super::draw::Draw;
use super::kind::Kind;
use super::mapping::Palette;
use super::window::{Grain, Window};
use crate::op::Config;

/// The settled choices of one sequence.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) config: Config,
    pub(super) window: Window,
    pub(super) grain: Grain,
    pub(super) palette: Palette,
    pub(super) weights: [u32; Kind::COUNT],
    /// Entries to start with.
    pub(super) bulk: u64,
    /// Operations after those.
    pub(super) length: u64,
    /// Do operations stay near the place of the one before?
    pub(super) local: bool,
}

impl Plan {
    pub(super) fn draw(draw: &mut impl Draw) -> Self {
        let grain =
            draw.pick(&[Grain::Pages, Grain::Pages, Grain::Mixed, Grain::Mixed, Grain::Bytes]);
        let bulk = bulk(draw);
        let pages = window_pages(draw, grain, bulk);
        let (window, min, max) = Window::draw(draw, pages, grain);
        let config = Config {
            min,
            max,
            tunables: tunables(draw, window, grain),
            limits: limits(draw, window, grain),
        };
        Self {
            config,
            window,
            grain,
            palette: Palette::draw(draw),
            weights: weights(draw),
            bulk,
            length: draw.pick(&[60, 100, 150, 250, 400]),
            local: draw.one_in(3),
        }
    }
}

/// Entries to start with: mostly none, now and then enough for an index of several levels.
fn bulk(draw: &mut impl Draw) -> u64 {
    match draw.weighted(&[50, 12, 2]) {
        0 => 0,
        1 => draw.between(8, 40),
        _ => draw.between(100, 600),
    }
}

fn window_pages(draw: &mut impl Draw, grain: Grain, bulk: u64) -> u64 {
    match draw.weighted(&[60, 25, 10, if grain == Grain::Bytes { 40 } else { 3 }]) {
        0 => draw.between(16, 80) + 4 * bulk,
        1 => draw.between(80, 256) + 4 * bulk,
        2 => draw.between(256, 4096) + 4 * bulk,
        // A handful: with the map's end or the end of all addresses in reach of a single step,
        // or, with one page, of a single byte.
        _ => draw.pick(&[1, 1, 1, 2, 3, 5]) + 4 * bulk,
    }
}

/// Weights of the kinds: the usual ones, each left out, kept, or stressed.
fn weights(draw: &mut impl Draw) -> [u32; Kind::COUNT] {
    let mut weights = Kind::WEIGHTS;
    for weight in &mut weights {
        *weight *= draw.pick(&[2, 2, 1, 1, 8, 0]);
    }
    // Something has to be mapped, or there is nothing to look at; and stacks are the point.
    weights[Kind::Insert as usize] = weights[Kind::Insert as usize].max(2);
    weights[Kind::Stack as usize] = weights[Kind::Stack as usize].max(4);
    weights[Kind::Grow as usize] = weights[Kind::Grow as usize].max(6);
    weights
}

fn tunables(draw: &mut impl Draw, window: Window, grain: Grain) -> StackTunables {
    let maxsaddr = match draw.below(4) {
        0 => window.page(draw),
        1 => window.byte(draw),
        2 => window.low,
        _ => StackTunables::default().maxsaddr.get(),
    };
    StackTunables {
        sgrowsiz: Size::new(grow_size(draw, grain).max(1)),
        guard_page: draw.one_in(3),
        maxsaddr: Addr::new(maxsaddr),
    }
}

/// A step of growth; 0 once in a while, which only an operation may ask for.
pub(super) fn grow_size(draw: &mut impl Draw, grain: Grain) -> u64 {
    match (draw.weighted(&[26, 44, 10, 10, 10]), grain) {
        (0, _) => PAGE_SIZE,
        (1, _) => draw.between(2, 8) * PAGE_SIZE,
        (2, _) => 0x2_0000,
        (3, Grain::Pages) => 0x10_0000,
        (3, _) => draw.pick(&[1, 100, PAGE_SIZE - 1, PAGE_SIZE + 1, 3 * PAGE_SIZE / 2, 0x1_fff7]),
        // Rounding up to these wraps (rule 15.11).
        _ => draw.pick(&[1 << 40, 1 << 63, (1 << 63) + 1, !(PAGE_SIZE - 1), u64::MAX, 0]),
    }
}

fn limits(draw: &mut impl Draw, window: Window, grain: Grain) -> Limits {
    let span = window.pages() * PAGE_SIZE;
    let mut limit = |infinite: Size| {
        if !draw.one_in(8) {
            return infinite;
        }
        let bytes = draw.below(span / PAGE_SIZE + 1) * PAGE_SIZE;
        Size::new(if grain == Grain::Pages { bytes } else { bytes + draw.below(PAGE_SIZE) })
    };
    Limits {
        stack: limit(Limits::INFINITY),
        vmem: limit(Limits::INFINITY),
        memlock: limit(Limits::INFINITY),
        swap: limit(Size::MAX),
    }
}
