//! From operands that are near something to numbers, for the map as it is.

use growstack::{
    Addr, Advice, EntryFlags, FindSpace, Holes, Inherit, Limits, PAGE_SIZE, ProtectWhat, Size,
    Wiring,
};

use super::operand::{Anchor, Operand, Unit};
use super::record::{Offset, Record};
use crate::answer::Row;
use crate::generate::View;
use crate::op::{LimitName, Mapping, ObjectId, Op};

/// The limits by number.
pub(super) const LIMITS: [LimitName; 4] =
    [LimitName::Stack, LimitName::Vmem, LimitName::Memlock, LimitName::Swap];

/// The map that operands are resolved for.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) view: View<'a>,
    pub(super) window: u64,
    /// The first operand, for a second one that is told by it.
    first: u64,
    /// What is used of the limit to be set.
    used: u64,
}

impl Record {
    /// The operation that the record stands for on the map in `view`.
    #[must_use]
    pub fn resolve(&self, view: &View<'_>, window: u64) -> Op {
        use super::opcode::Opcode as O;
        let limit = LIMITS[usize::from(self.choice & 3)];
        let mut place = Place { view: *view, window, first: 0, used: used(view, limit) };
        let first = place.number(self.first);
        place.first = first;
        let (start, end) = (Addr::new(first), Addr::new(place.number(self.second_operand)));
        let length = Size::new(end.get());
        let mapping = self.mapping(first);
        let Self { prot, max, .. } = *self;
        let on = self.choice & 1 != 0;
        let holes = if self.second { Holes::Allowed } else { Holes::Refused };
        let wiring = if self.system { Wiring::System } else { Wiring::User };
        match self.opcode {
            O::Insert => Op::Insert { start, end, mapping },
            O::Stack => {
                Op::Stack { addrbos: start, max_ssize: length, prot, max, flags: self.flags }
            }
            O::Grow => Op::Grow { addr: start },
            O::FindSpace => Op::FindSpace { start, length },
            O::Find => {
                let space = if self.second { FindSpace::Any } else { FindSpace::No };
                let max_addr = Addr::new(place.number(self.max_addr));
                Op::Find { start, length, max_addr, space, mapping }
            }
            O::Fixed => Op::Fixed { start, length, mapping },
            O::Remove => Op::Remove { start, end },
            O::Protect => {
                let what = if self.second { ProtectWhat::Max } else { ProtectWhat::Current };
                Op::Protect { start, end, prot, what }
            }
            O::Inherit => Op::Inherit { start, end, inherit: pick(Inherit::ALL, self.choice) },
            O::Madvise => Op::Madvise { start, end, advice: pick(Advice::ALL, self.choice) },
            O::Wire => Op::Wire { start, end, wiring, holes },
            O::Unwire => Op::Unwire { start, end, wiring, holes },
            O::Check => Op::Check { start, end, prot },
            O::Lookup => Op::Lookup { addr: start },
            O::Limit => Op::Limit { name: limit, value: Size::new(first) },
            O::SetGrowSize => Op::SetGrowSize { value: Size::new(first) },
            O::SetGuardPage => Op::SetGuardPage { on },
            O::WireFuture => Op::WireFuture { on },
            O::Dump => Op::Dump,
        }
    }

    fn mapping(&self, start: u64) -> Mapping {
        let offset = match self.offset {
            Offset::Raw(number) => number,
            Offset::Near(0) => start & !(1 << 63),
            Offset::Near(n @ 1..) => (i64::from(n) - 1).cast_unsigned() * PAGE_SIZE,
            Offset::Near(n) => i64::from(n).cast_unsigned().wrapping_mul(PAGE_SIZE),
        };
        Mapping {
            prot: self.prot,
            max: self.max,
            // The reader of traces knows growth flags for stacks only.
            flags: self.flags.without(growstack::CowFlags::GROWTH),
            object: ObjectId::new(u64::from(self.object)),
            offset,
        }
    }
}

fn pick<T: Copy>(all: &[T], choice: u8) -> T {
    all[usize::from(choice) % all.len()]
}

/// What is used of a limit, in bytes.
pub(super) fn used(view: &View<'_>, limit: LimitName) -> u64 {
    match limit {
        LimitName::Stack => view.summary.ssize.wrapping_mul(PAGE_SIZE),
        LimitName::Vmem => view.summary.size.get(),
        LimitName::Memlock => view.summary.wired.wrapping_mul(PAGE_SIZE),
        LimitName::Swap => view.summary.reserved.get(),
    }
}

impl Place<'_> {
    fn number(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Raw(number) => number,
            Operand::Near { anchor, index, unit, count } => {
                let step = self.unit(unit).wrapping_mul(i64::from(count).cast_unsigned());
                match anchor {
                    Anchor::EntryInside => self.inside(index, unit, count.cast_unsigned()),
                    _ => self.anchor(anchor, index).wrapping_add(step),
                }
            }
        }
    }

    pub(super) fn unit(&self, unit: Unit) -> u64 {
        let tunables = &self.view.config.tunables;
        match unit {
            Unit::None => 0,
            Unit::Byte => 1,
            Unit::Page => PAGE_SIZE,
            Unit::GrowStep => tunables.sgrowsiz.get(),
            Unit::Guard => u64::from(tunables.guard_page) * PAGE_SIZE,
        }
    }

    fn anchor(&self, anchor: Anchor, index: u16) -> u64 {
        let config = self.view.config;
        let pages = u64::from(index) * PAGE_SIZE;
        let here = self.window.wrapping_add(pages);
        let start = |row: &Row| row.range.start().get();
        let end = |row: &Row| row.range.end().get();
        let length = |row: &Row| row.range.len().get();
        match anchor {
            Anchor::Pages | Anchor::EntryInside => pages,
            Anchor::WindowPage => here,
            Anchor::EntryStart => self.row(index).map_or(here, start),
            Anchor::EntryEnd => self.row(index).map_or(here, end),
            Anchor::GapMiddle => {
                let (low, high) = self.gap(index);
                low + (high - low) / 2
            }
            Anchor::StackLow => self.stack(index, EntryFlags::GROWS_DOWN).map_or(here, start),
            Anchor::StackHigh => self.stack(index, EntryFlags::GROWS_UP).map_or(here, end),
            Anchor::ReserveLow => {
                let stack = self.stack(index, EntryFlags::GROWS_DOWN);
                stack.map_or(here, |row| start(row).wrapping_sub(row.avail.get()))
            }
            Anchor::ReserveHigh => {
                let stack = self.stack(index, EntryFlags::GROWS_UP);
                stack.map_or(here, |row| end(row).wrapping_add(row.avail.get()))
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
            Anchor::EntryLength => self.row(index).map_or(pages, length),
            Anchor::Avail => {
                self.stack(index, EntryFlags::GROWTH).map_or(pages, |row| row.avail.get())
            }
            Anchor::GrowStep => config.tunables.sgrowsiz.get(),
            Anchor::Used => self.used,
            Anchor::Infinity => Limits::INFINITY.get(),
        }
    }

    fn row(&self, index: u16) -> Option<&Row> {
        let count = self.view.rows.len();
        self.view.rows.get(usize::from(index).checked_rem(count)?)
    }

    /// The first stack from an entry on that grows in one of these directions.
    fn stack(&self, index: u16, growth: EntryFlags) -> Option<&Row> {
        let rows = self.view.rows;
        let (before, from) = rows.split_at(usize::from(index).checked_rem(rows.len())?);
        let grows = |row: &&Row| row.flags.intersects(growth) && row.avail != Size::ZERO;
        from.iter().chain(before).find(grows)
    }

    /// The gap below an entry, or above all of them.
    fn gap(&self, index: u16) -> (u64, u64) {
        let rows = self.view.rows;
        let at = usize::from(index) % (rows.len() + 1);
        let below = at.checked_sub(1).and_then(|below| rows.get(below));
        let low = below.map_or(self.view.config.min, |row| row.range.end()).get();
        let high = rows.get(at).map_or(self.view.config.max, |row| row.range.start()).get();
        (low, high.max(low))
    }

    /// So many 256ths of the way into an entry, down to a page unless bytes are asked for.
    fn inside(&self, index: u16, unit: Unit, part: u8) -> u64 {
        let Some(row) = self.row(index) else { return self.anchor(Anchor::WindowPage, index) };
        let start = row.range.start().get();
        let way = u128::from(row.range.len().get()) * u128::from(part) / 256;
        let at = start.wrapping_add(u64::try_from(way).expect("less than the length"));
        if unit == Unit::Byte { at } else { (at & !(PAGE_SIZE - 1)).max(start) }
    }
}
