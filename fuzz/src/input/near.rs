//! From plain numbers to operands by what they are near.

use std::cell::Cell;

use growstack::{Limits, PAGE_SIZE};

use super::operand::{Anchor, Operand, Unit};
use super::view::View;
use crate::op::ProcessId;

/// An offset as [`Offset::Near`](super::record::Offset::Near) holds it, if it can.
pub(super) fn near_offset(offset: u64, start: u64) -> Option<i8> {
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
pub(super) struct Near<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) window: u64,
    /// The first operand, once it is known.
    pub(super) first: Cell<u64>,
    /// Nothing is near anything.
    pub(super) plain: bool,
}

/// Steps from an anchor, the plainest first.
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
    pub(super) fn address(&self, number: u64) -> Operand {
        if self.plain {
            return Operand::Raw(number);
        }
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

    pub(super) fn size(&self, number: u64) -> Operand {
        if self.plain {
            return Operand::Raw(number);
        }
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

    /// A process that is not the current one by its place among those, any other number as it is.
    pub(super) fn process(&self, process: ProcessId) -> Operand {
        let others = self.view.processes.others();
        let place = others.iter().position(|&other| other == process);
        match place.and_then(|place| u16::try_from(place).ok()) {
            Some(index) if !self.plain => Operand::at(Anchor::Pages, index),
            _ => Operand::Raw(process.0),
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
