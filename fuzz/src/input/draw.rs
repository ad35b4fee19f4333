//! Drawing headers, records and whole inputs from a source of choices.

use arbitrary::{Arbitrary, Unstructured};
use growstack::{Addr, CowFlags, Limits, PAGE_SIZE, Prot, Size, StackTunables};

use super::opcode::Opcode;
use super::operand::{Anchor, Operand, Unit};
use super::record::{Offset, Record};
use super::{Header, Input, Prefill};
use crate::compare::Observed;
use crate::generate::{Draw, Generator, Kind, Seeded, View};
use crate::op::Config;
use crate::reference::Reference;
use crate::space::AddressSpace;

/// What the operations of an input lean to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flavour {
    /// Every operation.
    Whole,
    /// Stacks, faults, what is put in their way, and what limits them.
    Growth,
}

/// How often each opcode is drawn, before the weights of an input are laid over it: for
/// [`Flavour::Whole`], then for [`Flavour::Growth`].
const WEIGHTS: [(Opcode, u32, u32); 19] = [
    (Opcode::Insert, 12, 10),
    (Opcode::Stack, 8, 12),
    (Opcode::Grow, 18, 40),
    (Opcode::FindSpace, 2, 0),
    (Opcode::Find, 5, 2),
    (Opcode::Fixed, 4, 3),
    (Opcode::Remove, 8, 6),
    (Opcode::Protect, 7, 2),
    (Opcode::Inherit, 4, 1),
    (Opcode::Madvise, 4, 1),
    (Opcode::Wire, 7, 2),
    (Opcode::Unwire, 5, 1),
    (Opcode::Check, 2, 0),
    (Opcode::Lookup, 1, 0),
    (Opcode::Limit, 5, 8),
    (Opcode::SetGrowSize, 2, 3),
    (Opcode::SetGuardPage, 1, 3),
    (Opcode::WireFuture, 1, 3),
    (Opcode::Dump, 0, 0),
];

/// Draws records by the weights of one input.
pub(super) struct Swarm {
    weights: [u32; WEIGHTS.len()],
}

impl Swarm {
    /// The weights of an input whose header has the seed `swarm`: each operation left out, kept or
    /// stressed.
    pub(super) fn new(flavour: Flavour, swarm: u32) -> Self {
        let mut draw = Seeded::of_sequence(u64::from(swarm), 0);
        let weights = WEIGHTS.map(|(_, whole, growth)| {
            let weight = if flavour == Flavour::Whole { whole } else { growth };
            weight * draw.pick(&[2, 2, 1, 1, 8, 0])
        });
        Self { weights }
    }

    pub(super) fn record(&self, draw: &mut impl Draw) -> Record {
        let opcode = match WEIGHTS[draw.weighted(&self.weights)].0 {
            // All weights may be 0; nothing is to be had from a dump.
            Opcode::Dump => Opcode::Grow,
            opcode => opcode,
        };
        let (prot, max) = protections(draw);
        Record {
            prot,
            max,
            second: draw.one_in(2),
            system: draw.one_in(4),
            flags: flags(draw, opcode),
            object: draw.pick(&[0, 0, 0, 0, 1, 2]),
            choice: small(draw, 8),
            nodes: draw.one_in(3).then(|| small(draw, 4)),
            offset: offset(draw),
            first: match opcode {
                Opcode::Limit => limit(draw),
                Opcode::SetGrowSize => step(draw),
                Opcode::Grow => fault(draw),
                _ => address(draw),
            },
            second_operand: match opcode {
                Opcode::Stack | Opcode::FindSpace | Opcode::Find | Opcode::Fixed => length(draw),
                _ => end(draw),
            },
            max_addr: if draw.one_in(6) { plain(address(draw)) } else { Operand::ZERO },
            ..Record::new(opcode)
        }
    }
}

fn small(draw: &mut impl Draw, bound: u64) -> u8 {
    u8::try_from(draw.below(bound)).expect("a small number")
}

/// An index: mostly a low one, since most maps are small and low ones do not wrap around.
fn index(draw: &mut impl Draw) -> u16 {
    let bound = draw.pick(&[4, 16, 16, 64, 1024]);
    u16::try_from(draw.below(bound)).expect("below 1024")
}

/// An operand without steps and with an index of one byte, as `MAX_ADDR` is encoded.
fn plain(operand: Operand) -> Operand {
    match operand {
        Operand::Near { anchor, index, unit, .. } => {
            Operand::Near { anchor, index: index & 0xff, unit, count: 0 }
        }
        raw @ Operand::Raw(_) => raw,
    }
}

fn near(draw: &mut impl Draw, anchor: Anchor) -> Operand {
    let unit = match draw.weighted(&[12, 2, 8, 2, 2]) {
        0 => Unit::None,
        1 => Unit::Byte,
        2 => Unit::Page,
        3 => Unit::GrowStep,
        _ => Unit::Guard,
    };
    let count = draw.pick(&[1, -1, 1, -1, 2, -2, 3, -3]);
    let count = if unit == Unit::None { 0 } else { count };
    Operand::Near { anchor, index: index(draw), unit, count }
}

fn inside(draw: &mut impl Draw) -> Operand {
    let unit = if draw.one_in(6) { Unit::Byte } else { Unit::None };
    let count = draw.below(256).to_le_bytes()[0].cast_signed();
    Operand::Near { anchor: Anchor::EntryInside, index: index(draw), unit, count }
}

pub(super) fn address(draw: &mut impl Draw) -> Operand {
    use Anchor as A;
    let anchor = match draw.weighted(&[24, 20, 20, 12, 6, 4, 4, 4, 4, 6]) {
        0 => A::WindowPage,
        1 => A::EntryStart,
        2 => A::EntryEnd,
        3 => return inside(draw),
        4 => A::GapMiddle,
        5 => A::StackLow,
        6 => A::StackHigh,
        7 => A::ReserveLow,
        8 => A::ReserveHigh,
        _ => edge(draw),
    };
    near(draw, anchor)
}

fn edge(draw: &mut impl Draw) -> Anchor {
    use Anchor::{Canonical, Half, MainStack, MapMax, MapMin, Top};
    draw.pick(&[MapMin, MapMax, Top, Canonical, MainStack, MapMin, MapMax, Half])
}

/// The address of a fault: mostly beside a stack.
fn fault(draw: &mut impl Draw) -> Operand {
    use Anchor as A;
    match draw.weighted(&[12, 12, 5, 5, 5, 4]) {
        0 | 1 => {
            let (anchor, down) = draw.pick(&[(A::StackLow, true), (A::StackHigh, false)]);
            let (unit, most) = draw.pick(&[(Unit::Byte, 1), (Unit::Page, 6), (Unit::GrowStep, 3)]);
            let count = i8::try_from(1 + draw.below(most)).expect("a few");
            Operand::Near {
                anchor,
                index: index(draw),
                unit,
                count: if down { -count } else { count },
            }
        }
        2 => near(draw, A::ReserveLow),
        3 => near(draw, A::ReserveHigh),
        4 => near(draw, A::GapMiddle),
        _ => address(draw),
    }
}

fn end(draw: &mut impl Draw) -> Operand {
    match draw.weighted(&[10, 10, 3]) {
        0 => Operand::at(Anchor::Span, u16::try_from(draw.below(12)).expect("a few")),
        1 => address(draw),
        _ => near(draw, Anchor::Span),
    }
}

fn length(draw: &mut impl Draw) -> Operand {
    use Anchor as A;
    let anchor = match draw.weighted(&[16, 4, 3, 3, 2, 3, 2]) {
        0 => {
            let pages = draw.pick(&[4, 16, 64]);
            let index = u16::try_from(draw.below(pages)).expect("a few");
            return Operand::at(A::Pages, index);
        }
        1 => A::GapLength,
        2 => A::EntryLength,
        3 => A::Avail,
        4 => A::GrowStep,
        5 => A::ToEntryEnd,
        _ => edge(draw),
    };
    near(draw, anchor)
}

fn limit(draw: &mut impl Draw) -> Operand {
    use Anchor as A;
    match draw.weighted(&[10, 4, 4]) {
        0 => near(draw, A::Used),
        1 => Operand::at(A::Infinity, 0),
        _ => near(draw, A::Pages),
    }
}

fn step(draw: &mut impl Draw) -> Operand {
    use Anchor as A;
    match draw.weighted(&[12, 3, 1]) {
        0 => Operand::at(A::Pages, u16::try_from(1 + draw.below(8)).expect("a few")),
        1 => near(draw, A::Pages),
        _ => {
            let anchor = edge(draw);
            near(draw, anchor)
        }
    }
}

fn protections(draw: &mut impl Draw) -> (Prot, Prot) {
    let any = |draw: &mut dyn FnMut(u64) -> u64| {
        Prot::from_bits_truncate(u8::try_from(draw(8)).expect("three bits"))
    };
    let mut below = |bound| draw.below(bound);
    let prot = if below(3) == 0 { any(&mut below) } else { Prot::RW };
    let max = if below(4) == 0 { any(&mut below) } else { Prot::ALL };
    (prot, max)
}

fn flags(draw: &mut impl Draw, opcode: Opcode) -> CowFlags {
    let growth = match draw.weighted(&[16, 12, 8, 1]) {
        0 => CowFlags::GROWS_DOWN,
        1 => CowFlags::GROWS_UP,
        2 => CowFlags::GROWTH,
        _ => CowFlags::NONE,
    };
    let other = match draw.weighted(&[6, 2, 1]) {
        0 => CowFlags::NONE,
        1 => CowFlags::NAMES[draw.index(7)].0,
        _ => CowFlags::from_bits_truncate(u16::try_from(draw.below(0x80)).expect("seven bits")),
    };
    if opcode == Opcode::Stack { growth | other } else { other }
}

fn offset(draw: &mut impl Draw) -> Offset {
    Offset::Near(draw.pick(&[0, 0, 0, 0, 1, 2, 5, -1, -2]))
}

impl Header {
    /// Draws a header; one in six has a prefill.
    pub fn draw(draw: &mut impl Draw) -> Self {
        const PAGE: u64 = PAGE_SIZE;
        let (min, max) = match draw.weighted(&[6, 5, 2]) {
            0 => (PAGE, 1 << 47),
            1 => (0, u64::MAX),
            _ => (PAGE, 0_u64.wrapping_sub(PAGE)),
        };
        let back = draw.between(1, 64) * PAGE;
        let window = match draw.below(5) {
            0 => min,
            1 | 2 => max.wrapping_sub(back),
            3 => (1_u64 << 47).wrapping_sub(back),
            _ => 0x10_0000,
        };
        let window = window & !(PAGE - 1);
        let tight = draw.one_in(4);
        let min = if tight { window.max(min) } else { min };
        let max = if tight { window.saturating_add(64 * PAGE).min(max) } else { max };
        let limit = |draw: &mut dyn FnMut(u64) -> u64, infinite| match draw(6) {
            0 => Size::pages(draw(100)),
            _ => infinite,
        };
        let guard_page = draw.one_in(3);
        let sgrowsiz = draw.pick(&[1, 1, 2, 3, 4, 8, 32, 256]);
        let odd = draw.pick(&[1, 100, PAGE + 1, 1 << 63, u64::MAX, (1 << 63) + 1]);
        let sgrowsiz = if draw.one_in(8) { Size::new(odd) } else { Size::pages(sgrowsiz) };
        let main = draw.between(0, 64) * PAGE;
        let maxsaddr = draw.pick(&[window, window.wrapping_add(main), 0x7fff_dfff_f000]);
        // Every operation looks at whole maps, so large ones are costly, and deep ones need not be
        // large: nodes of width 4 make three levels of 40 entries.
        let prefill = if draw.one_in(6) {
            let most = draw.pick(&[24, 24, 40, 40, 80, 300]);
            Prefill {
                entries: u16::try_from(draw.between(8, most)).expect("few"),
                style: small(draw, 64),
                seed: u32::try_from(draw.below(1 << 32)).expect("32 bits"),
            }
        } else {
            Prefill::NONE
        };
        let (narrow, swarm) = (draw.one_in(2), draw.below(1 << 32));
        let mut below = |bound| draw.below(bound);
        let limits = Limits {
            stack: limit(&mut below, Limits::INFINITY),
            vmem: limit(&mut below, Limits::INFINITY),
            memlock: limit(&mut below, Limits::INFINITY),
            swap: limit(&mut below, Size::MAX),
        };
        let tunables = StackTunables { sgrowsiz, guard_page, maxsaddr: Addr::new(maxsaddr) };
        let config = Config { min: Addr::new(min), max: Addr::new(max), tunables, limits };
        let swarm = u32::try_from(swarm).expect("32 bits");
        Self { narrow, prefill, swarm, window, config }
    }
}

impl Input {
    /// Draws an input of at most `most` operations.
    pub fn draw(draw: &mut impl Draw, flavour: Flavour, most: usize) -> Self {
        let header = Header::draw(draw);
        let swarm = Swarm::new(flavour, header.swarm);
        let records = (0..draw.index(most + 1)).map(|_| swarm.record(draw)).collect();
        Self { header, records }
    }

    /// The first `most` operations that the [`Generator`] draws for a sequence of its own, of
    /// those kinds that `flavour` has.
    pub fn generate(draw: &mut impl Draw, flavour: Flavour, most: usize) -> Self {
        let mut generator = Generator::new(draw);
        let mut config = *generator.config();
        let start = config;
        let mut map = Reference::create(&config);
        let mut seen = Observed::default();
        let mut ops = Vec::new();
        let filling = generator.prefill(draw);
        let length = filling.len() + usize::try_from(generator.length()).unwrap_or(most);
        let mut filling = filling.into_iter();
        let wanted = |kind| {
            let row = WEIGHTS.iter().find(|(opcode, ..)| opcode.kind() == kind);
            flavour == Flavour::Whole || row.is_some_and(|&(.., growth)| growth > 1)
        };
        for _ in 0..length {
            if ops.len() == most {
                break;
            }
            let view = View { rows: &seen.rows, summary: seen.summary, config: &config };
            let op = filling.next().unwrap_or_else(|| generator.op(draw, &view));
            if wanted(Kind::of(&op)) {
                seen.carry_out(&mut map, &op);
                map.entries(&mut seen.rows);
                seen.summary = map.summary();
                config.follow(&op);
                ops.push(op);
            }
        }
        let mut input = Self::of(&start, ops);
        input.header.narrow = draw.one_in(2);
        input.header.swarm = u32::try_from(draw.below(1 << 32)).expect("32 bits");
        input
    }
}

/// Choices from the bytes of a fuzzer.
struct Bytes<'u, 'd>(&'u mut Unstructured<'d>);

impl Draw for Bytes<'_, '_> {
    fn below(&mut self, bound: u64) -> u64 {
        // Where the bytes have run out, this gives the lowest, which is the plainest.
        bound.checked_sub(1).and_then(|most| self.0.int_in_range(0..=most).ok()).unwrap_or(0)
    }
}

impl<'a> Arbitrary<'a> for Input {
    /// An input of operations of all kinds: as many as the bytes are good for.
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        /// About what a record takes.
        const BYTES: usize = 12;
        let most = bytes.len() / BYTES;
        Ok(Self::draw(&mut Bytes(bytes), Flavour::Whole, most))
    }
}
