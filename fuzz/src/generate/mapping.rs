//! What insertions map: protections, flags, objects and offsets.

use growstack::{CowFlags, PAGE_SIZE, Prot};

use super::draw::Draw;
use crate::op::{Mapping, ObjectId};

/// The flags that an insertion may be given.
const INSERTION: CowFlags = CowFlags::ALL.without(CowFlags::GROWTH);

/// Anonymous memory that may be read and written, as most stacks are.
const PLAIN: Mapping =
    Mapping { prot: Prot::RW, max: Prot::ALL, flags: CowFlags::NONE, object: None, offset: 0 };

/// The few mappings that most insertions of a sequence use.
///
/// Entries merge only when nearly everything about them is equal, so a sequence that drew each
/// attribute afresh would hardly ever see a merge.
#[derive(Clone, Debug)]
pub(super) struct Palette {
    colours: Vec<Mapping>,
    /// The flags that this sequence uses at all.
    flags: CowFlags,
}

impl Palette {
    pub(super) fn draw(draw: &mut impl Draw) -> Self {
        let flags = match draw.below(3) {
            0 => CowFlags::NONE,
            1 => some_flags(draw) | some_flags(draw),
            _ => INSERTION,
        };
        let mut palette = Self { colours: Vec::new(), flags };
        for _ in 0..=draw.below(4) {
            let colour = palette.fresh(draw);
            palette.colours.push(colour);
        }
        palette
    }

    /// What to map at `start`.
    pub(super) fn mapping(&self, draw: &mut impl Draw, start: u64) -> Mapping {
        Mapping { offset: offset(draw, start), ..self.colour(draw) }
    }

    /// The protections and flags of a stack, growth flags aside.
    pub(super) fn stack(&self, draw: &mut impl Draw) -> (Prot, Prot, CowFlags) {
        let colour = self.colour(draw);
        (colour.prot, colour.max, colour.flags)
    }

    fn colour(&self, draw: &mut impl Draw) -> Mapping {
        match draw.below(8) {
            0..=4 => draw.pick(&self.colours),
            5 | 6 => self.fresh(draw),
            // What a stack that is otherwise plain grows down into (rule 13.12).
            _ => PLAIN,
        }
    }

    fn fresh(&self, draw: &mut impl Draw) -> Mapping {
        let (prot, max) = protections(draw);
        let flags = if draw.one_in(3) { some_flags(draw).and(self.flags) } else { CowFlags::NONE };
        Mapping { prot, max, flags, object: object(draw), offset: 0 }
    }
}

/// A protection: read and write half of the time, or else anything.
pub(super) fn protection(draw: &mut impl Draw) -> Prot {
    if draw.one_in(2) { any_protection(draw) } else { Prot::RW }
}

fn any_protection(draw: &mut impl Draw) -> Prot {
    Prot::from_bits_truncate(u8::try_from(draw.below(8)).expect("three bits"))
}

/// A protection in force and its maximum, which nothing obliges to hold it (rule 6.4).
fn protections(draw: &mut impl Draw) -> (Prot, Prot) {
    let prot = protection(draw);
    let max = match draw.below(8) {
        0..=4 => Prot::ALL,
        5 | 6 => prot | any_protection(draw),
        _ => any_protection(draw),
    };
    (prot, max)
}

/// One flag, or rarely any set of them.
fn some_flags(draw: &mut impl Draw) -> CowFlags {
    let bits = u16::try_from(draw.below(1 << 7)).expect("seven bits");
    let any = CowFlags::from_bits_truncate(bits).and(INSERTION);
    let one = draw.index(7);
    if draw.one_in(4) { any } else { CowFlags::NAMES[one].0.and(INSERTION) }
}

fn object(draw: &mut impl Draw) -> Option<ObjectId> {
    ObjectId::new(draw.pick(&[0, 0, 0, 1, 1, 2]))
}

/// An offset: mostly the one that continues a neighbour with the same object (rule 3.1).
fn offset(draw: &mut impl Draw, start: u64) -> u64 {
    match draw.below(8) {
        0..=4 => start & !(1 << 63),
        5 => 0,
        6 => draw.below(8) * PAGE_SIZE,
        // So high that a split of the entry wraps it.
        _ => u64::MAX - draw.below(4 * PAGE_SIZE),
    }
}
