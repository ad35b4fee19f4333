//! From an operation with plain numbers to a record that tells them by what they are near.

use growstack::{Addr, Holes, Limits, PAGE_SIZE, ProtectWhat, Size, Wiring};

use super::opcode::Opcode;
use super::operand::{Anchor, Operand, Unit};
use super::record::{Offset, Record};
use super::resolve::LIMITS;
use crate::generate::{Kind, View};
use crate::op::{Mapping, ObjectId, Op};

impl Record {
    /// The record that stands for `op` on the map in `view`: there, and on a map that looks the
    /// same, [`resolve`](Self::resolve) gives `op` back. Only the number of an object above
    /// [`MAX_OBJECT`](Self::MAX_OBJECT) is lost.
    #[must_use]
    pub fn of(op: &Op, view: &View<'_>, window: u64) -> Self {
        let near = Near { view, window };
        let mut record = Self::new(Opcode::of(Kind::of(op)));
        let addr = |at: Addr| near.address(at.get());
        let size = |size: Size| near.size(size.get());
        match *op {
            Op::Insert { start, end, mapping } => {
                record.map(mapping, start);
                record.range(addr(start), addr(end));
            }
            Op::Stack { addrbos, max_ssize, prot, max, flags } => {
                (record.prot, record.max, record.flags) = (prot, max, flags);
                record.range(addr(addrbos), size(max_ssize));
            }
            Op::Grow { addr: at } | Op::Lookup { addr: at } => record.first = addr(at),
            Op::FindSpace { start, length } => record.range(addr(start), size(length)),
            Op::Find { start, length, max_addr, space, mapping } => {
                record.map(mapping, start);
                record.range(addr(start), size(length));
                record.second = space == growstack::FindSpace::Any;
                record.max_addr = match max_addr.get() {
                    0 => Operand::ZERO,
                    number => Operand::Raw(number),
                };
            }
            Op::Fixed { start, length, mapping } => {
                record.map(mapping, start);
                record.range(addr(start), size(length));
            }
            Op::Remove { start, end } => record.range(addr(start), addr(end)),
            Op::Protect { start, end, prot, what } => {
                record.range(addr(start), addr(end));
                (record.prot, record.second) = (prot, what == ProtectWhat::Max);
            }
            Op::Inherit { start, end, inherit } => {
                record.range(addr(start), addr(end));
                record.choice = inherit as u8;
            }
            Op::Madvise { start, end, advice } => {
                record.range(addr(start), addr(end));
                record.choice = advice as u8;
            }
            Op::Wire { start, end, wiring, holes } | Op::Unwire { start, end, wiring, holes } => {
                record.range(addr(start), addr(end));
                record.system = wiring == Wiring::System;
                record.second = holes == Holes::Allowed;
            }
            Op::Check { start, end, prot } => {
                record.range(addr(start), addr(end));
                record.prot = prot;
            }
            Op::Limit { name, value } => {
                let number = LIMITS.iter().position(|&limit| limit == name);
                record.choice = number.map_or(0, |n| u8::try_from(n).expect("four limits"));
                record.first = size(value);
            }
            Op::SetGrowSize { value } => record.first = size(value),
            Op::SetGuardPage { on } | Op::WireFuture { on } => record.choice = u8::from(on),
            Op::Dump => {}
        }
        record
    }

    fn range(&mut self, first: Operand, second: Operand) {
        (self.first, self.second_operand) = (first, second);
    }

    fn map(&mut self, mapping: Mapping, start: Addr) {
        let Mapping { prot, max, flags, object, offset } = mapping;
        (self.prot, self.max, self.flags) = (prot, max, flags);
        let number = object.map_or(0, |ObjectId(id)| id.get());
        self.object = u8::try_from(number).unwrap_or(Self::MAX_OBJECT).min(Self::MAX_OBJECT);
        self.offset = near_offset(offset, start.get()).map_or(Offset::Raw(offset), Offset::Near);
    }
}

fn near_offset(offset: u64, start: u64) -> Option<i8> {
    if offset == start & !(1 << 63) {
        return Some(0);
    }
    if !offset.is_multiple_of(PAGE_SIZE) {
        return None;
    }
    // Pages counted from 0, or back from 2^64.
    match i8::try_from(offset.cast_signed() / PAGE_SIZE.cast_signed()).ok()? {
        pages @ ..0 => Some(pages),
        pages => pages.checked_add(1),
    }
}

/// What numbers may be near to.
struct Near<'a> {
    view: &'a View<'a>,
    window: u64,
}

/// Steps worth telling a number by, the plainest first.
const STEPS: [(Unit, i8); 7] = [
    (Unit::None, 0),
    (Unit::Page, 1),
    (Unit::Page, -1),
    (Unit::Byte, 1),
    (Unit::Byte, -1),
    (Unit::GrowStep, 1),
    (Unit::GrowStep, -1),
];

impl Near<'_> {
    fn address(&self, number: u64) -> Operand {
        let config = self.view.config;
        let edges = [
            (Anchor::MapMin, config.min.get()),
            (Anchor::MapMax, config.max.get()),
            (Anchor::Canonical, 1 << 47),
            (Anchor::Top, 0),
            (Anchor::MainStack, config.tunables.maxsaddr.get()),
            (Anchor::Half, 1 << 63),
        ];
        for (unit, count) in STEPS {
            let bytes = match unit {
                Unit::None | Unit::Guard => 0,
                Unit::Byte => 1,
                Unit::Page => PAGE_SIZE,
                Unit::GrowStep => config.tunables.sgrowsiz.get(),
            };
            let from = number.wrapping_sub(bytes.wrapping_mul(i64::from(count).cast_unsigned()));
            let edge = edges.iter().find(|&&(_, at)| at == from).map(|&(anchor, _)| (anchor, 0));
            if let Some((anchor, index)) = self.bound(from).or(edge) {
                return Operand::Near { anchor, index, unit, count };
            }
        }
        self.pages(Anchor::WindowPage, number.wrapping_sub(self.window), number)
    }

    /// The entry that starts or ends there.
    fn bound(&self, number: u64) -> Option<(Anchor, u16)> {
        let rows = self.view.rows;
        let at = rows.partition_point(|row| row.range.start().get() < number);
        if rows.get(at).is_some_and(|row| row.range.start().get() == number) {
            return Some((Anchor::EntryStart, u16::try_from(at).ok()?));
        }
        let below = at.checked_sub(1)?;
        (rows[below].range.end().get() == number)
            .then_some((Anchor::EntryEnd, u16::try_from(below).ok()?))
    }

    fn size(&self, number: u64) -> Operand {
        let step = self.view.config.tunables.sgrowsiz.get();
        let exact = [(Anchor::GrowStep, step), (Anchor::Infinity, Limits::INFINITY.get())];
        if let Some(&(anchor, _)) = exact.iter().find(|&&(_, size)| size == number) {
            return Operand::at(anchor, 0);
        }
        match number.wrapping_neg() {
            back @ 1..=127 => Operand::Near {
                anchor: Anchor::Top,
                index: 0,
                unit: Unit::Byte,
                count: i8::try_from(back).map_or(0, |n| -n),
            },
            _ => self.pages(Anchor::Pages, number, number),
        }
    }

    /// `distance` in pages and a few bytes from an anchor, or else just `number`.
    fn pages(&self, anchor: Anchor, distance: u64, number: u64) -> Operand {
        let nearest = distance.saturating_add(PAGE_SIZE / 2) / PAGE_SIZE;
        let bytes = distance.wrapping_sub(nearest * PAGE_SIZE).cast_signed();
        match (u16::try_from(nearest), i8::try_from(bytes)) {
            (Ok(index), Ok(0)) => Operand::at(anchor, index),
            (Ok(index), Ok(count)) => Operand::Near { anchor, index, unit: Unit::Byte, count },
            _ => Operand::Raw(number),
        }
    }
}
