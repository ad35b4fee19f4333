//! Putting the words of FreeBSD 14.2 into an operation of 9.3.

use arbitrary::Unstructured;
use growstack::{
    Addr, EntryFlags, FindSpace, Inherit, MapFlags, PAGE_SIZE, Prot, ProtectPart, ProtectWhat, Size,
};

use super::choices::Choices;
use super::record::Record;
use super::view::View;
use crate::answer::Row;
use crate::op::{Mapping, Op};

impl Record {
    /// The record for an operation as 14.2 may be asked for it, by the same operands where they do.
    pub(super) fn lifted(self, view: &View<'_>, window: u64, bytes: &mut Unstructured<'_>) -> Self {
        let op = self.resolve(view, window);
        let lifted = lift(op, view.rows, (view.config.min, view.config.max), bytes);
        if lifted == op {
            return self;
        }
        let Self { gaps, first, second_operand, max_addr, offset, nodes, .. } = self;
        let near = Self { nodes, ..Self::of(&lifted, view, window) };
        let same = Self { gaps, first, second_operand, max_addr, offset, ..near };
        if same.resolve(view, window) == lifted { same } else { near }
    }
}

/// `op` as 14.2 may be asked for it, on a map of these `rows` and bounds.
pub(crate) fn lift(op: Op, rows: &[Row], bounds: (Addr, Addr), bytes: &mut Unstructured<'_>) -> Op {
    if bytes.one_in(60) {
        return Op::StkGap { on: bytes.one_in(2) };
    }
    match op {
        Op::Insert { start, end, mapping } => {
            let mapping =
                if bytes.one_in(8) { guard(mapping, bytes) } else { within(mapping, bytes) };
            Op::Insert { start, end, mapping }
        }
        Op::Stack { addrbos, max_ssize, prot, max, flags } => {
            let mapping = Mapping { prot, max, flags, object: None, offset: 0 };
            let Mapping { prot, max, mut flags, .. } = stack(mapping, bytes);
            if bytes.one_in(64) {
                flags = flags.difference(MapFlags::GROWTH);
            }
            Op::Stack { addrbos, max_ssize, prot, max, flags }
        }
        Op::Grow { addr } if bytes.one_in(3) => {
            Op::Grow { addr: in_gap(rows, bytes).unwrap_or(addr) }
        }
        Op::Find { start, mut length, max_addr, space, mapping } => {
            let mut mapping = mapping_or_stack(mapping, bytes);
            if space == FindSpace::No && bytes.one_in(3) {
                mapping.flags |= MapFlags::REMAP;
            }
            // What the cluster address is for (D7.6).
            let from_0 = space == FindSpace::Any && bytes.one_in(3);
            let (start, max_addr) =
                if from_0 { (Addr::ZERO, Addr::ZERO) } else { (start, max_addr) };
            if from_0 && bytes.one_in(2) {
                mapping = clustered(mapping);
                if bytes.one_in(2) {
                    length = falls_back(rows, bounds, bytes).unwrap_or(length);
                }
            }
            Op::Find { start, length, max_addr, space, mapping }
        }
        Op::Fixed { start, length, mapping } => {
            let mut mapping = mapping_or_stack(mapping, bytes);
            if bytes.one_in(5) {
                mapping.flags |= MapFlags::EXCL;
            }
            Op::Fixed { start, length, mapping }
        }
        Op::Protect { start, end, prot, what } => {
            Op::Protect { start, end, prot, what: lift_what(prot, what, bytes) }
        }
        Op::Inherit { start, end, .. } if bytes.one_in(4) => {
            Op::Inherit { start, end, inherit: Inherit::Zero }
        }
        Op::SetGuardPage { .. } => Op::SetGuardPages { pages: bytes.pick(&[0, 1, 1, 2, 3]) },
        _ => op,
    }
}

/// A guard where `mapping` was to be; rarely one that 14.2 does not make (D6.2).
fn guard(mapping: Mapping, bytes: &mut Unstructured<'_>) -> Mapping {
    let flags = mapping.flags | MapFlags::GUARD;
    if bytes.one_in(16) {
        return within(Mapping { flags, ..mapping }, bytes);
    }
    Mapping { prot: Prot::NONE, max: Prot::NONE, flags, object: None, ..mapping }
}

/// The mapping with a protection that its maximum allows, as a rule (D6.1).
fn within(mapping: Mapping, bytes: &mut Unstructured<'_>) -> Mapping {
    let max = if bytes.one_in(32) { mapping.max } else { mapping.max | mapping.prot };
    Mapping { max, ..mapping }
}

/// A stack that grows in one direction, as a rule.
fn stack(mapping: Mapping, bytes: &mut Unstructured<'_>) -> Mapping {
    let mut mapping = within(mapping, bytes);
    let odd = bytes.one_in(32);
    let one =
        mapping.flags.intersects(MapFlags::GROWTH) && !mapping.flags.contains(MapFlags::GROWTH);
    if !one && !odd {
        let direction = bytes.pick(&[MapFlags::GROWS_DOWN, MapFlags::GROWS_UP]);
        mapping.flags = mapping.flags.difference(MapFlags::GROWTH) | direction;
    }
    if bytes.one_in(32) { guard(mapping, bytes) } else { mapping }
}

/// A mapping as it was drawn, a guard, or a stack.
fn mapping_or_stack(mapping: Mapping, bytes: &mut Unstructured<'_>) -> Mapping {
    match bytes.below(12) {
        0 => guard(mapping, bytes),
        1 | 2 => {
            let object = mapping.object.filter(|_| bytes.one_in(16));
            stack(Mapping { object, ..mapping }, bytes)
        }
        _ => within(mapping, bytes),
    }
}

/// A mapping that is placed from the cluster address on (D7.6).
fn clustered(mapping: Mapping) -> Mapping {
    let apart = MapFlags::INHERIT_SHARE | MapFlags::GROWTH | MapFlags::GUARD;
    let prot = if mapping.prot == Prot::NONE { Prot::RW } else { mapping.prot };
    let (flags, max) = (mapping.flags.difference(apart), mapping.max | prot);
    Mapping { prot, max, flags, object: None, ..mapping }
}

/// A length for which there is space, but none above it: a search from a higher cluster address finds
/// nothing there, and falls back (D7.6).
fn falls_back(
    rows: &[Row],
    (min, max): (Addr, Addr),
    bytes: &mut Unstructured<'_>,
) -> Option<Size> {
    let starts = rows.iter().map(|row| row.range.start()).chain([max]);
    let ends = [min].into_iter().chain(rows.iter().map(|row| row.range.end()));
    let gaps: Vec<u64> =
        ends.zip(starts).map(|(end, start)| start.get().saturating_sub(end.get())).collect();
    let (mut lengths, mut widest_above) = (Vec::new(), *gaps.last()?);
    for &gap in gaps.iter().rev().skip(1).filter(|gap| **gap >= PAGE_SIZE) {
        if gap > widest_above {
            lengths.extend([gap, widest_above / PAGE_SIZE * PAGE_SIZE + PAGE_SIZE]);
            widest_above = gap;
        }
    }
    lengths.get(bytes.index(lengths.len())).copied().map(Size::new)
}

/// `what`, or both at once, or of a whole stack.
fn lift_what(prot: Prot, what: ProtectWhat, bytes: &mut Unstructured<'_>) -> ProtectWhat {
    let part = if bytes.one_in(4) {
        let more = bytes.pick(&[Prot::NONE, Prot::READ, Prot::RW, Prot::ALL]);
        ProtectPart::Both(if bytes.one_in(8) { more } else { prot | more })
    } else {
        what.part()
    };
    if bytes.one_in(4) { ProtectWhat::GrowsDown(part) } else { part.into() }
}

/// An address in the gap of a stack: near one of its ends, near its guard, or anywhere.
fn in_gap(rows: &[Row], bytes: &mut Unstructured<'_>) -> Option<Addr> {
    let gaps: Vec<&Row> =
        rows.iter().filter(|row| row.flags.intersects(EntryFlags::STACK_GAP)).collect();
    let gap = gaps.get(bytes.index(gaps.len()))?;
    let (start, end) = (gap.range.start().get(), gap.range.end().get());
    let guard_end = if gap.flags.intersects(EntryFlags::STACK_GAP_DN) {
        start.saturating_add(gap.avail.get())
    } else {
        end.saturating_sub(gap.avail.get())
    };
    let at = match bytes.below(4) {
        0 => start.saturating_add(bytes.below(2 * PAGE_SIZE)),
        1 => end.saturating_sub(1 + bytes.below(2 * PAGE_SIZE)),
        2 => guard_end.saturating_sub(1).saturating_add(bytes.below(3)),
        _ => bytes.between(start, end - 1),
    };
    Some(Addr::new(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::seeded;
    use crate::kernel::Kernel;
    use crate::op::Config;
    use crate::oracle::freebsd14::Oracle14;
    use crate::space::AddressSpace;

    #[test]
    fn a_search_that_falls_back_has_space_below_alone() {
        let page = |n: u64| Addr::new(n * PAGE_SIZE);
        let mut map = Oracle14::create(&Config {
            min: page(1),
            max: page(40),
            ..Config::of(Kernel::Freebsd14)
        });
        // Gaps of 4, 8, 2, 5 and 3 pages.
        for (start, end) in [(5, 6), (14, 20), (22, 30), (35, 37)] {
            let mapping = Mapping::anonymous(Prot::RW);
            let (start, end) = (page(start), page(end));
            map.apply(&Op::Insert { start, end, mapping }, &mut Vec::new());
        }
        let mut rows = Vec::new();
        map.entries(&mut rows);
        let mut drawn: Vec<u64> = (0..50)
            .filter_map(|seed| {
                let bytes = seeded(seed, 0, 64);
                let bytes = &mut Unstructured::new(&bytes);
                falls_back(&rows, (page(1), page(40)), bytes).map(|length| length.get() / PAGE_SIZE)
            })
            .collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [4, 5, 6, 8], "more than 3 pages, or than 5, and no more than there are");
        assert_eq!(falls_back(&[], (page(1), page(40)), &mut Unstructured::new(&[])), None);
    }
}
