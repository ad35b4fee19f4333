//! Putting the words of FreeBSD 14.2 into an operation of 9.3.

use arbitrary::Unstructured;
use growstack::{
    Addr, EntryFlags, FindSpace, Inherit, MapFlags, PAGE_SIZE, Prot, ProtectPart, ProtectWhat,
};

use crate::answer::Row;
use crate::input::Choices;
use crate::op::{Mapping, Op};

/// `op` as 14.2 may be asked for it, on a map of these `rows`.
pub(super) fn lift(op: Op, rows: &[Row], bytes: &mut Unstructured<'_>) -> Op {
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
        Op::Find { start, length, max_addr, space, mapping } => {
            let mut mapping = mapping_or_stack(mapping, bytes);
            if space == FindSpace::No && bytes.one_in(3) {
                mapping.flags |= MapFlags::REMAP;
            }
            // What the cluster address is for (D7.6).
            let from_0 = space == FindSpace::Any && bytes.one_in(3);
            let (start, max_addr) =
                if from_0 { (Addr::ZERO, Addr::ZERO) } else { (start, max_addr) };
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
