//! Drawing operations.
//!
//! Operands fall on the bounds of entries, the edges of reserves and the sizes of gaps, give or take
//! a page or a byte. They are drawn by what they are near, so that the same bytes mean something on
//! any map.
//!
//! Operations of FreeBSD 14.2 are those of 9.3 with the words of 14.2 put in. They are drawn for the map
//! as 9.3 would have it, with the gap of each stack as its reserve, so that they aim at gaps as they aim
//! at reserves; and now and then for the map as it is, so that gaps are entries like others.

mod stack;

use arbitrary::Unstructured;
use growstack::PAGE_SIZE;

use super::choices::Choices;
use super::operand::{Anchor as A, Operand, Unit};
use super::record::{Offset, Record};
use super::reserves::as_reserves;
use super::style::{Flavour, Grain, Style, protection};
use super::view::View;
use crate::kernel::Kernel;
use crate::op::{Config, Kind};
use crate::processes::Processes;

/// Draws the operations of one sequence.
#[derive(Clone, Debug)]
pub struct Generator {
    style: Style,
    /// The entry of the last operand: a sequence with a local style keeps hitting the same few
    /// nodes of an index.
    last: u16,
}

/// What makes a drawn operation dull: a full map refuses everything, and nothing grows in an empty
/// one. So do processes that are too few or too many.
#[derive(Clone, Copy, Debug, Default)]
struct Mood {
    crowded: bool,
    barren: bool,
    /// Is there but one process? No other can be used or end then.
    alone: bool,
    /// As many processes as a sequence may have.
    many: bool,
}

impl Generator {
    /// A generator for sequences whose header has the seed `swarm`.
    #[must_use]
    pub fn new(flavour: Flavour, swarm: u32) -> Self {
        Self { style: Style::new(flavour, swarm), last: 0 }
    }

    /// The next operation, for the map in `view`, in an input with this window.
    pub fn record(&mut self, bytes: &mut Unstructured<'_>, view: &View<'_>, window: u64) -> Record {
        if !view.is_of_14() {
            return self.older_record(bytes, view);
        }
        let gaps = bytes.one_in(4);
        let reserves = if gaps { None } else { as_reserves(view) };
        let seen = View { rows: reserves.as_deref().unwrap_or(view.rows), ..*view };
        let record = Record { gaps, ..self.older_record(bytes, &seen) };
        record.lifted(view, window, bytes)
    }

    /// The next operation of 9.3.
    fn older_record(&mut self, bytes: &mut Unstructured<'_>, view: &View<'_>) -> Record {
        let window = self.style.pages * PAGE_SIZE;
        let crowded = view.summary.size.get() / 3 > window / 4;
        let barren = !view.can_grow();
        let others = view.processes.others().len();
        let (alone, many) = (others == 0, others + 1 >= Processes::MOST);
        self.draw(bytes, Mood { crowded, barren, alone, many })
    }

    /// An operation for a map that is not known, but for what it was made from.
    pub(super) fn any_record(&mut self, bytes: &mut Unstructured<'_>, config: &Config) -> Record {
        let record = self.draw(bytes, Mood::default());
        if config.kernel() == Kernel::Freebsd9 {
            return record;
        }
        let record = Record { gaps: bytes.one_in(4), ..record };
        let (summary, processes) = Default::default();
        let nothing = View { rows: &[], summary, config, processes: &processes };
        record.lifted(&nothing, config.min.get(), bytes)
    }

    fn draw(&mut self, bytes: &mut Unstructured<'_>, mood: Mood) -> Record {
        let mut kind = Kind::ALL[0];
        let chosen = bytes.weighted(&self.style.weights);
        kind = Kind::ALL.iter().copied().find(|kind| kind.index() == chosen).unwrap_or(kind);
        if mood.crowded && matches!(kind, Kind::Insert | Kind::Stack | Kind::Find) {
            kind = bytes.pick(&[Kind::Remove, kind]);
        }
        if mood.barren && kind == Kind::Grow && !bytes.one_in(3) {
            kind = Kind::Stack;
        }
        match kind {
            Kind::Use | Kind::Exit if mood.alone => kind = Kind::Fork,
            Kind::Fork if mood.many => kind = Kind::Exit,
            _ => {}
        }
        let mut record = Record::new(kind);
        self.operands(bytes, &mut record);
        self.attributes(bytes, &mut record);
        record
    }

    fn operands(&mut self, bytes: &mut Unstructured<'_>, record: &mut Record) {
        let (first, second) = match record.kind {
            Kind::Insert if !bytes.one_in(4) => self.hole(bytes),
            Kind::Stack => self.reserve(bytes),
            Kind::Grow => (self.fault(bytes), Operand::ZERO),
            Kind::FindSpace | Kind::Find => (self.address(bytes), self.length(bytes)),
            Kind::Lookup => (self.address(bytes), Operand::ZERO),
            Kind::Limit => (self.limit(bytes, record), Operand::ZERO),
            Kind::SetGrowSize => (self.grow_step(bytes), Operand::ZERO),
            Kind::Exec => self.image(bytes),
            Kind::Fixed => {
                let (first, second) = self.range(bytes);
                (first, self.as_length(bytes, second))
            }
            Kind::Use | Kind::Exit => (process(bytes), Operand::ZERO),
            Kind::SetGuardPage | Kind::WireFuture | Kind::Dump | Kind::Fork => {
                (Operand::ZERO, Operand::ZERO)
            }
            _ => self.range(bytes),
        };
        (record.first, record.second_operand) = (first, second);
        if record.kind == Kind::Find && bytes.one_in(4) {
            record.max_addr = compact(self.address(bytes));
        }
    }

    fn attributes(&self, bytes: &mut Unstructured<'_>, record: &mut Record) {
        match record.kind {
            Kind::Insert | Kind::Stack | Kind::Find | Kind::Fixed => {
                let colour = self.style.palette.colour(bytes);
                (record.prot, record.max) = (colour.prot, colour.max);
                (record.flags, record.object) = (colour.flags, colour.object);
                record.offset = offset(bytes);
                record.second = bytes.below(3) != 0;
            }
            Kind::Protect => {
                record.prot = protection(bytes);
                record.second = bytes.one_in(4);
            }
            Kind::Wire | Kind::Unwire => {
                record.system = bytes.one_in(4);
                record.second = bytes.one_in(2);
            }
            Kind::Check | Kind::Exec => record.prot = protection(bytes),
            Kind::Inherit | Kind::Madvise | Kind::SetGuardPage | Kind::WireFuture => {
                record.choice = bytes.small(8);
            }
            _ => {}
        }
        if record.kind == Kind::Stack {
            record.flags |= stack::growth(bytes);
        }
        record.nodes = bytes.one_in(3).then(|| bytes.small(4));
    }

    /// The number of an entry, gap or stack.
    fn index(&mut self, bytes: &mut Unstructured<'_>) -> u16 {
        self.last = if self.style.local && !bytes.one_in(8) {
            (self.last + bytes.small::<u16>(5)).saturating_sub(2)
        } else {
            let bound = bytes.pick(&[4, 16, 64, 1024, 1024]);
            bytes.small(bound)
        };
        self.last
    }

    /// A distance to step from a place, in either direction.
    fn step(&self, bytes: &mut Unstructured<'_>) -> (Unit, i8) {
        let (pages, fine) = match self.style.grain {
            Grain::Pages => (12, 0),
            Grain::Mixed => (12, 2),
            Grain::Bytes => (6, 6),
        };
        let (unit, count) = match bytes.weighted(&[16, pages, 3, 1, fine, fine / 2, 1]) {
            0 => return (Unit::None, 0),
            // A page is the guard page too.
            1 => (Unit::Page, 1),
            2 => (Unit::Page, 2 + bytes.small::<u8>(5)),
            3 => (Unit::GrowStep, 1),
            4 => (Unit::Byte, 1),
            5 => (Unit::Byte, bytes.small::<u8>(128)),
            _ => (Unit::Guard, 1),
        };
        let count = i8::try_from(count).unwrap_or(1);
        (unit, if bytes.one_in(2) { -count } else { count })
    }

    fn near(&mut self, bytes: &mut Unstructured<'_>, anchor: A) -> Operand {
        let index = self.index(bytes);
        let (unit, count) = self.step(bytes);
        Operand::Near { anchor, index, unit, count }
    }

    /// A place inside an entry or a gap, on a page unless the grain is finer.
    fn part(&mut self, bytes: &mut Unstructured<'_>, anchor: A, index: u16) -> Operand {
        let finer = match self.style.grain {
            Grain::Pages => false,
            Grain::Mixed => bytes.one_in(12),
            Grain::Bytes => bytes.one_in(2),
        };
        let unit = if finer { Unit::Byte } else { Unit::None };
        Operand::Near { anchor, index, unit, count: bytes.small::<u8>(256).cast_signed() }
    }

    pub(super) fn address(&mut self, bytes: &mut Unstructured<'_>) -> Operand {
        match bytes.weighted(&[24, 24, 8, 8, 8, 14, 1]) {
            0 => self.near(bytes, A::EntryStart),
            1 => self.near(bytes, A::EntryEnd),
            2 => {
                let index = self.index(bytes);
                self.part(bytes, A::EntryInside, index)
            }
            3 => {
                let anchor = bytes.pick(&[A::GapMiddle, A::GapStart, A::GapEnd]);
                self.near(bytes, anchor)
            }
            4 => {
                let anchor = bytes.pick(&[A::ReserveLow, A::ReserveHigh]);
                self.near(bytes, anchor)
            }
            5 => self.bare_address(bytes),
            _ => far(bytes),
        }
    }

    /// An address that owes nothing to the entries.
    fn bare_address(&mut self, bytes: &mut Unstructured<'_>) -> Operand {
        let (unit, count) = self.step(bytes);
        let at = |anchor, index| Operand::Near { anchor, index, unit, count };
        let pages = u16::try_from(self.style.pages).unwrap_or(u16::MAX);
        match bytes.weighted(&[40, 4, 3, 3, 2, 2, 1, 1]) {
            0 if self.style.grain == Grain::Bytes => {
                at(A::WindowPage, bytes.small(u64::from(pages)))
            }
            0 => Operand::at(A::WindowPage, bytes.small(u64::from(pages))),
            1 => at(A::WindowPage, 0),
            2 => at(A::WindowPage, pages),
            3 => at(A::MainStack, 0),
            4 => at(A::MapMin, 0),
            5 => at(A::MapMax, 0),
            6 => at(bytes.pick(&[A::Canonical, A::Top, A::Half]), 0),
            _ => far(bytes),
        }
    }

    fn length(&mut self, bytes: &mut Unstructured<'_>) -> Operand {
        match bytes.weighted(&[20, 34, 8, 4, 4, 2, 4, 1]) {
            0 => pages(1),
            1 => pages(1 + bytes.small::<u16>(6)),
            2 => self.near(bytes, A::GapLength),
            3 => bytes.pick(&[
                pages(0),
                beside(A::Pages, 0, 1),
                beside(A::Pages, 1, -1),
                beside(A::Pages, 1, 1),
            ]),
            4 => Operand::at(A::GrowStep, 0),
            5 => pages(u16::try_from(self.style.pages).unwrap_or(u16::MAX)),
            6 => {
                let anchor = bytes.pick(&[A::EntryLength, A::Avail, A::LengthInGap]);
                self.near(bytes, anchor)
            }
            _ => far(bytes),
        }
    }

    /// Two bounds: of entries, of parts of entries, of holes, and sometimes of nothing sensible.
    fn range(&mut self, bytes: &mut Unstructured<'_>) -> (Operand, Operand) {
        match bytes.weighted(&[20, 20, 24, 14, 2, 5, 1]) {
            0 => {
                let index = self.index(bytes);
                let run = match bytes.below(16) {
                    0..=8 => 0,
                    9..=14 => bytes.small(4),
                    _ => bytes.small(64),
                };
                (Operand::at(A::EntryStart, index), Operand::at(A::EntryEnd, index + run))
            }
            1 => self.part_of_entry(bytes),
            2 => {
                let index = self.index(bytes);
                let run: u16 = bytes.small(3);
                let from = bytes.pick(&[A::EntryStart, A::EntryEnd, A::GapMiddle, A::EntryStart]);
                let to = bytes.pick(&[A::EntryEnd, A::EntryStart, A::EntryEnd, A::GapMiddle]);
                let ((a, m), (b, n)) = (self.step(bytes), self.step(bytes));
                let first = Operand::Near { anchor: from, index, unit: a, count: m };
                let index = index + run + u16::from(to != A::EntryEnd);
                (first, Operand::Near { anchor: to, index, unit: b, count: n })
            }
            3 => (self.address(bytes), Operand::at(A::Span, bytes.small(12))),
            4 => (self.address(bytes), Operand::at(A::Span, 0)),
            5 => {
                let (end, start) = self.part_of_entry(bytes);
                (start, end)
            }
            _ => (self.address(bytes), self.address(bytes)),
        }
    }

    /// Part of an entry: a head, a tail or a middle.
    fn part_of_entry(&mut self, bytes: &mut Unstructured<'_>) -> (Operand, Operand) {
        let index = self.index(bytes);
        let (a, b) =
            (self.part(bytes, A::EntryInside, index), self.part(bytes, A::EntryInside, index));
        match bytes.below(3) {
            0 => (Operand::at(A::EntryStart, index), a),
            1 => (a, Operand::at(A::EntryEnd, index)),
            _ => (a, b),
        }
    }

    /// The length of a range that ends there: a reversed one wraps round to END.
    fn as_length(&mut self, bytes: &mut Unstructured<'_>, end: Operand) -> Operand {
        match end {
            Operand::Near { anchor: A::EntryEnd, index, .. } => Operand::at(A::ToEntryEnd, index),
            Operand::Near { anchor: A::Span, index, .. } => pages(index),
            _ => self.length(bytes),
        }
    }

    /// A range inside a gap, mostly touching one of its ends.
    fn hole(&mut self, bytes: &mut Unstructured<'_>) -> (Operand, Operand) {
        let index = self.index(bytes);
        let count = if bytes.one_in(3) { 1 } else { 1 + bytes.small::<u8>(6) };
        let span = Operand::at(A::SpanInGap, u16::from(count));
        match bytes.weighted(&[4, 4, 1, 7]) {
            0 => {
                let count = i8::try_from(count).map_or(-1, |count| -count);
                let first = Operand::Near { anchor: A::GapEnd, index, unit: Unit::Page, count };
                (first, Operand::at(A::GapEnd, index))
            }
            1 => (self.part(bytes, A::GapPart, index), span),
            2 => (Operand::at(A::GapStart, index), Operand::at(A::GapEnd, index)),
            _ => (Operand::at(A::GapStart, index), span),
        }
    }

    /// A limit that bites: a little above, at, or below what is used now; or none.
    fn limit(&mut self, bytes: &mut Unstructured<'_>, record: &mut Record) -> Operand {
        record.choice = bytes.small(4);
        let used = |unit, count| Operand::Near { anchor: A::Used, index: 0, unit, count };
        match bytes.weighted(&[12, 12, 8, 1]) {
            // The swap limit's infinity is 2^64 - 1.
            0 if record.choice == 3 => beside(A::Top, 0, -1),
            0 => Operand::at(A::Infinity, 0),
            1 if self.style.grain != Grain::Pages && bytes.one_in(2) => {
                used(Unit::Byte, bytes.pick(&[1, -1, 127, -128]))
            }
            1 => used(Unit::Page, bytes.pick(&[0, 1, 2, 3, 4, 5, 6, 7])),
            2 => used(Unit::Page, i8::try_from(bytes.between(8, 64)).unwrap_or(8)),
            _ => far(bytes),
        }
    }

    /// A step of growth; 0 once in a while.
    pub(super) fn grow_step(&self, bytes: &mut Unstructured<'_>) -> Operand {
        match (bytes.weighted(&[26, 44, 10, 10, 10]), self.style.grain) {
            (0, _) => pages(1),
            (1, _) => pages(2 + bytes.small::<u16>(7)),
            (2, _) => pages(32),
            (3, Grain::Pages) => pages(256),
            (3, _) => bytes.pick(&[
                Operand::Raw(1),
                Operand::Raw(100),
                beside(A::Pages, 1, -1),
                beside(A::Pages, 1, 1),
                Operand::Raw(3 * PAGE_SIZE / 2),
                Operand::Raw(0x1_fff7),
            ]),
            // Rounding up to these wraps (rule 15.11).
            _ => Operand::Raw(bytes.pick(&[
                1 << 40,
                1 << 63,
                (1 << 63) + 1,
                !(PAGE_SIZE - 1),
                u64::MAX,
                0,
            ])),
        }
    }
}

const fn pages(count: u16) -> Operand {
    Operand::at(A::Pages, count)
}

/// A process that is not the current one, mostly the lowest of them: back and forth. Once in a while
/// one that may not exist.
fn process(bytes: &mut Unstructured<'_>) -> Operand {
    match bytes.below(16) {
        0..=9 => pages(0),
        10..=14 => pages(bytes.small(8)),
        _ => Operand::Raw(bytes.below(12)),
    }
}

/// A few bytes from an anchor.
const fn beside(anchor: A, index: u16, count: i8) -> Operand {
    Operand::Near { anchor, index, unit: Unit::Byte, count }
}

/// A number that is far from everything.
fn far(bytes: &mut Unstructured<'_>) -> Operand {
    Operand::Raw(match bytes.below(8) {
        0 => 0,
        1 => 1,
        2 => u64::MAX,
        3 => u64::MAX - bytes.below(2 * PAGE_SIZE),
        4 => 1 << 63,
        5 => 1 << 47,
        6 => bytes.below(2 * PAGE_SIZE),
        _ => bytes.below(u64::MAX),
    })
}

/// An operand without steps and with an index of one byte, as MAX_ADDR is encoded.
fn compact(operand: Operand) -> Operand {
    match operand {
        Operand::Near { anchor, index, unit, .. } => {
            Operand::Near { anchor, index: index & 0xff, unit, count: 0 }
        }
        raw @ Operand::Raw(_) => raw,
    }
}

/// An offset: mostly the one that continues a neighbour with the same object (rule 3.1).
fn offset(bytes: &mut Unstructured<'_>) -> Offset {
    match bytes.below(8) {
        0..=4 => Offset::Near(0),
        5 => Offset::Near(1),
        6 => Offset::Near(1 + i8::try_from(bytes.small::<u8>(8)).unwrap_or(0)),
        // So high that a split of the entry wraps it.
        _ => Offset::Raw(u64::MAX - bytes.below(4 * PAGE_SIZE)),
    }
}
