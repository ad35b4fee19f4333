//! What is settled once for a whole sequence: which operations, which attributes, how fine.
//!
//! Each sequence draws how often it does what ("swarm testing"): a sequence that never removes
//! anything, or that does little but grow, gets to states that a fair mixture hardly sees.

use arbitrary::Unstructured;
use growstack::{MapFlags, Prot};

use super::choices::{Choices, seeded};
use crate::op::Kind;

/// What the operations of an input lean to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flavour {
    /// Every operation.
    Whole,
    /// Stacks, faults, what is put in their way, and what limits them.
    Growth,
}

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

/// The settled choices of one sequence: a function of the seed in its header.
#[derive(Clone, Debug)]
pub(super) struct Style {
    pub(super) grain: Grain,
    /// Pages of the window that most addresses are in.
    pub(super) pages: u64,
    /// Do operations stay near the entry of the one before?
    pub(super) local: bool,
    pub(super) palette: Palette,
    pub(super) weights: [u32; Kind::COUNT],
}

impl Style {
    pub(super) fn new(flavour: Flavour, swarm: u32) -> Self {
        /// More than a style takes.
        const BYTES: usize = 512;
        let bytes = seeded(u64::from(swarm), 0, BYTES);
        let mut bytes = Unstructured::new(&bytes);
        let grain =
            bytes.pick(&[Grain::Pages, Grain::Pages, Grain::Mixed, Grain::Mixed, Grain::Bytes]);
        Self {
            grain,
            pages: pages(&mut bytes, grain),
            local: bytes.one_in(3),
            palette: Palette::draw(&mut bytes),
            weights: weights(&mut bytes, flavour),
        }
    }
}

fn pages(bytes: &mut Unstructured<'_>, grain: Grain) -> u64 {
    match bytes.weighted(&[60, 25, 10, if grain == Grain::Bytes { 40 } else { 3 }]) {
        0 => bytes.between(16, 80),
        1 => bytes.between(80, 256),
        2 => bytes.between(256, 4096),
        // A handful: with the map's end or the end of all addresses in reach of a single step,
        // or, with one page, of a single byte.
        _ => bytes.pick(&[1, 1, 1, 2, 3, 5]),
    }
}

/// The usual weights, each left out, kept, or stressed.
fn weights(bytes: &mut Unstructured<'_>, flavour: Flavour) -> [u32; Kind::COUNT] {
    let mut weights = [0; Kind::COUNT];
    for &kind in Kind::ALL.iter().filter(|kind| !kind.is_of_14()) {
        let (whole, growth) = kind.weights();
        let weight = if flavour == Flavour::Whole { whole } else { growth };
        weights[kind.index()] = weight * bytes.pick(&[2, 2, 1, 1, 8, 0]);
    }
    // Pieces of a stack lie side by side, and could merge: what is put inside one merges them.
    if bytes.one_in(8) {
        for kind in [Kind::Grow, Kind::Fixed] {
            let (whole, growth) = kind.weights();
            weights[kind.index()] = 8 * whole.max(growth);
        }
    }
    // Something has to be mapped, or there is nothing to look at; and stacks are the point.
    for (kind, least) in [(Kind::Insert, 2), (Kind::Stack, 4), (Kind::Grow, 6)] {
        weights[kind.index()] = weights[kind.index()].max(least);
    }
    weights
}

/// Protections, flags and object of a mapping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colour {
    pub(super) prot: Prot,
    pub(super) max: Prot,
    pub(super) flags: MapFlags,
    pub(super) object: u8,
}

/// Anonymous memory that may be read and written, as most stacks are.
const PLAIN: Colour = Colour { prot: Prot::RW, max: Prot::ALL, flags: MapFlags::NONE, object: 0 };

/// The flags that an insertion may be given.
const INSERTION: MapFlags =
    MapFlags::ALL.difference(MapFlags::GROWTH).difference(MapFlags::FREEBSD_14);

/// The few mappings that most insertions of a sequence use.
///
/// Entries merge only when nearly everything about them is equal, so a sequence that drew each
/// attribute afresh would hardly ever see a merge.
#[derive(Clone, Debug)]
pub(super) struct Palette {
    colours: Vec<Colour>,
    /// The flags that this sequence uses at all.
    flags: MapFlags,
}

impl Palette {
    fn draw(bytes: &mut Unstructured<'_>) -> Self {
        let flags = match bytes.below(3) {
            0 => MapFlags::NONE,
            1 => some_flags(bytes) | some_flags(bytes),
            _ => INSERTION,
        };
        let mut palette = Self { colours: Vec::new(), flags };
        for _ in 0..=bytes.below(4) {
            let colour = palette.fresh(bytes);
            palette.colours.push(colour);
        }
        palette
    }

    pub(super) fn colour(&self, bytes: &mut Unstructured<'_>) -> Colour {
        match bytes.below(8) {
            0..=4 => bytes.pick(&self.colours),
            5 | 6 => self.fresh(bytes),
            // What a stack that is otherwise plain grows down into (rule 13.12).
            _ => PLAIN,
        }
    }

    fn fresh(&self, bytes: &mut Unstructured<'_>) -> Colour {
        let (prot, max) = protections(bytes);
        let flags = if bytes.one_in(3) {
            some_flags(bytes).intersection(self.flags)
        } else {
            MapFlags::NONE
        };
        Colour { prot, max, flags, object: bytes.pick(&[0, 0, 0, 1, 1, 2]) }
    }
}

/// A protection: read and write half of the time, or else anything.
pub(super) fn protection(bytes: &mut Unstructured<'_>) -> Prot {
    if bytes.one_in(2) { any_protection(bytes) } else { Prot::RW }
}

fn any_protection(bytes: &mut Unstructured<'_>) -> Prot {
    Prot::from_bits_truncate(bytes.small(8))
}

/// A protection in force and its maximum, which nothing obliges to hold it (rule 6.4).
fn protections(bytes: &mut Unstructured<'_>) -> (Prot, Prot) {
    let prot = protection(bytes);
    let max = match bytes.below(8) {
        0..=4 => Prot::ALL,
        5 | 6 => prot | any_protection(bytes),
        _ => any_protection(bytes),
    };
    (prot, max)
}

/// One flag, or rarely any set of them.
fn some_flags(bytes: &mut Unstructured<'_>) -> MapFlags {
    let any = MapFlags::from_bits_truncate(bytes.small(1 << 7)).intersection(INSERTION);
    let one = MapFlags::NAMES[bytes.index(7)].0.intersection(INSERTION);
    if bytes.one_in(4) { any } else { one }
}
