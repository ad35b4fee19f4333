//! What the generator sees of the map.

use growstack::{EntryFlags, Limits, PAGE_SIZE, Size};

use super::operand::{Anchor, Operand, Unit};
use crate::answer::{Row, Summary};
use crate::op::{Config, LimitName, ProcessId};
use crate::processes::Processes;

/// The state of the map before the next operation, from which operands are taken.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The entries, in address order.
    pub rows: &'a [Row],
    /// The counters.
    pub summary: Summary,
    /// The map's bounds, with the limits and tunables as they are by now.
    pub config: &'a Config,
    /// The processes that there are.
    pub processes: &'a Processes,
}

impl View<'_> {
    pub(super) const fn is_of_14(&self) -> bool {
        self.config.freebsd_14.is_some()
    }

    /// Is there a stack with both a reserve and room to grow into?
    pub(super) fn can_grow(&self) -> bool {
        (0..self.rows.len()).any(|at| {
            self.room(at, EntryFlags::GROWS_DOWN).is_some()
                || self.room(at, EntryFlags::GROWS_UP).is_some()
        })
    }

    /// What is used of a limit, in bytes.
    fn used(&self, limit: LimitName) -> u64 {
        match limit {
            LimitName::Stack => self.summary.ssize.wrapping_mul(PAGE_SIZE),
            LimitName::Vmem => self.summary.size.get(),
            LimitName::Memlock => self.summary.wired.wrapping_mul(PAGE_SIZE),
            LimitName::Swap => self.summary.reserved.get(),
        }
    }

    /// The gap below entry `at`, or above all of them; may be empty.
    fn gap(&self, at: usize) -> (u64, u64) {
        let below = at.checked_sub(1).and_then(|below| self.rows.get(below));
        let low = below.map_or(self.config.min, |row| row.range.end()).get();
        let high = self.rows.get(at).map_or(self.config.max, |row| row.range.start()).get();
        (low, high.max(low))
    }

    /// The gap in which a stack grows, if entry `at` can grow in that direction: by its flags, by
    /// its reserve, and by what is free.
    fn room(&self, at: usize, direction: EntryFlags) -> Option<(u64, u64)> {
        let row = self.rows.get(at)?;
        if !row.flags.contains(direction) || row.avail == Size::ZERO {
            return None;
        }
        let gap = self.gap(if direction == EntryFlags::GROWS_DOWN { at } else { at + 1 });
        (gap.0 < gap.1).then_some(gap)
    }
}

/// The map that operands are resolved for.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    view: View<'a>,
    window: u64,
    /// The first operand, for a second one that depends on it.
    pub(super) first: u64,
    /// What is used of the limit to be set.
    used: u64,
}

impl<'a> Place<'a> {
    pub(super) fn new(view: &View<'a>, window: u64, limit: LimitName) -> Self {
        Self { view: *view, window, first: 0, used: view.used(limit) }
    }

    pub(super) const fn is_of_14(&self) -> bool {
        self.view.is_of_14()
    }

    /// The process that an operand stands for: a plain number, or one of those that are not the
    /// current one; the current one where there are no others.
    pub(super) fn process(&self, operand: Operand) -> ProcessId {
        match operand {
            Operand::Raw(number) => ProcessId(number),
            Operand::Near { index, .. } => self.view.processes.other(usize::from(index)),
        }
    }

    pub(super) fn number(&self, operand: Operand) -> u64 {
        let Operand::Near { anchor, index, unit, count } = operand else {
            let Operand::Raw(number) = operand else { return 0 };
            return number;
        };
        let step = self.unit(unit).wrapping_mul(i64::from(count).cast_unsigned());
        let part = (unit, count.cast_unsigned());
        match anchor {
            Anchor::EntryInside => {
                let row =
                    self.row(index).map(|row| (row.range.start().get(), row.range.end().get()));
                row.map_or(self.page(index), |row| inside(row, part))
            }
            Anchor::GapPart => inside(self.gap(index), part),
            Anchor::FaultLow | Anchor::FaultHigh => self.fault(anchor, index, part.1),
            Anchor::SpanInGap | Anchor::LengthInGap => {
                let length = (u64::from(index) * PAGE_SIZE).wrapping_add(step).min(self.room());
                if anchor == Anchor::LengthInGap { length } else { self.first + length }
            }
            _ => self.anchor(anchor, index).wrapping_add(step),
        }
    }

    fn unit(&self, unit: Unit) -> u64 {
        let tunables = &self.view.config.tunables;
        match unit {
            Unit::None => 0,
            Unit::Byte => 1,
            Unit::Page => PAGE_SIZE,
            Unit::GrowStep => tunables.sgrowsiz.get(),
            Unit::Guard => {
                let switched = u64::from(tunables.guard_page);
                let settings = self.view.config.freebsd_14;
                settings.map_or(switched, |of_14| of_14.guard_pages).wrapping_mul(PAGE_SIZE)
            }
        }
    }

    fn page(&self, index: u16) -> u64 {
        self.window.wrapping_add(u64::from(index) * PAGE_SIZE)
    }

    fn anchor(&self, anchor: Anchor, index: u16) -> u64 {
        let config = self.view.config;
        let pages = u64::from(index) * PAGE_SIZE;
        let here = self.page(index);
        let start = |row: &Row| row.range.start().get();
        let end = |row: &Row| row.range.end().get();
        let (down, up) = (EntryFlags::GROWS_DOWN, EntryFlags::GROWS_UP);
        match anchor {
            Anchor::Pages => pages,
            Anchor::EntryStart => self.row(index).map_or(here, start),
            Anchor::EntryEnd => self.row(index).map_or(here, end),
            Anchor::GapStart => self.gap(index).0,
            Anchor::GapEnd => self.gap(index).1,
            Anchor::GapMiddle => middle(self.gap(index)),
            Anchor::StackGap => {
                self.growing(index, EntryFlags::GROWTH).map_or(here, |(_, gap)| middle(gap))
            }
            Anchor::StackLow => self.stack(index, down).map_or(here, start),
            Anchor::StackHigh => self.stack(index, up).map_or(here, end),
            Anchor::ReserveLow => {
                self.stack(index, down).map_or(here, |row| start(row).wrapping_sub(row.avail.get()))
            }
            Anchor::ReserveHigh => {
                self.stack(index, up).map_or(here, |row| end(row).wrapping_add(row.avail.get()))
            }
            Anchor::MapMin => config.min.get(),
            Anchor::MapMax => config.max.get(),
            Anchor::Canonical => 1 << 47,
            Anchor::Top => 0,
            Anchor::Half => 1 << 63,
            Anchor::MainStack => config.tunables.maxsaddr.get(),
            Anchor::Span => self.first.wrapping_add(pages),
            Anchor::ToEntryEnd => self.row(index).map_or(here, end).wrapping_sub(self.first),
            Anchor::GapLength => {
                let (low, high) = self.gap(index);
                high - low
            }
            Anchor::EntryLength => self.row(index).map_or(pages, |row| row.range.len().get()),
            Anchor::Avail => {
                self.stack(index, EntryFlags::GROWTH).map_or(pages, |row| row.avail.get())
            }
            Anchor::GrowStep => config.tunables.sgrowsiz.get(),
            Anchor::Used => self.used,
            Anchor::Infinity => Limits::INFINITY.get(),
            _ => here,
        }
    }

    fn row(&self, index: u16) -> Option<&Row> {
        let count = self.view.rows.len();
        self.view.rows.get(usize::from(index).checked_rem(count)?)
    }

    /// The first stack from an entry on that may grow in one of these directions.
    fn stack(&self, index: u16, growth: EntryFlags) -> Option<&Row> {
        let rows = self.view.rows;
        let (before, from) = rows.split_at(usize::from(index).checked_rem(rows.len())?);
        let grows = |row: &&Row| row.flags.intersects(growth) && row.avail != Size::ZERO;
        from.iter().chain(before).find(grows)
    }

    /// The first stack from an entry on with room to grow in one of these directions, and the gap.
    fn growing(&self, index: u16, growth: EntryFlags) -> Option<(&Row, (u64, u64))> {
        let count = self.view.rows.len();
        let from = usize::from(index).checked_rem(count)?;
        (from..count).chain(0..from).find_map(|at| {
            let each = [EntryFlags::GROWS_DOWN, EntryFlags::GROWS_UP];
            let gap = each.into_iter().filter(|way| growth.contains(*way));
            let gap = gap.into_iter().find_map(|way| self.view.room(at, way))?;
            Some((self.view.rows.get(at)?, gap))
        })
    }

    /// The address of a fault, as many 256ths of the way from a stack to the end of its reserve or
    /// to its neighbour.
    fn fault(&self, anchor: Anchor, index: u16, part: u8) -> u64 {
        let down = anchor == Anchor::FaultLow;
        let way = if down { EntryFlags::GROWS_DOWN } else { EntryFlags::GROWS_UP };
        let Some((row, (low, high))) = self.growing(index, way) else { return self.page(index) };
        let reach = scaled((high - low).min(row.avail.get()), part);
        if down {
            row.range.start().get().wrapping_sub(reach).wrapping_sub(1)
        } else {
            row.range.end().get().wrapping_add(reach)
        }
    }

    /// The first gap from a number on that is not empty.
    fn gap(&self, index: u16) -> (u64, u64) {
        /// A crowded map is not searched to its end.
        const TRIES: usize = 16;
        let count = self.view.rows.len() + 1;
        let from = usize::from(index) % count;
        let gaps = (0..TRIES).map(|step| self.view.gap((from + step) % count));
        gaps.into_iter().find(|(low, high)| low < high).unwrap_or_else(|| self.view.gap(from))
    }

    /// Bytes from the first operand to the next entry above it, or to the end of the map.
    fn room(&self) -> u64 {
        let rows = self.view.rows;
        let at = rows.partition_point(|row| row.range.end().get() <= self.first);
        let high = rows.get(at).map_or(self.view.config.max, |row| row.range.start());
        high.get().saturating_sub(self.first)
    }
}

const fn middle((low, high): (u64, u64)) -> u64 {
    low + (high - low) / 2
}

/// `part` 256ths of `length`.
fn scaled(length: u64, part: u8) -> u64 {
    u64::try_from(u128::from(length) * u128::from(part) / 256).unwrap_or(length)
}

/// As many 256ths of the way into a range, down to a page unless bytes are asked for.
fn inside((start, end): (u64, u64), (unit, part): (Unit, u8)) -> u64 {
    let at = start + scaled(end - start, part);
    if unit == Unit::Byte { at } else { (at & !(PAGE_SIZE - 1)).max(start) }
}
