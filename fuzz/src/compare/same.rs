//! Are two lists of entries the same? At the price of one compare.
//!
//! libFuzzer takes note of every two numbers that a program compares, by a call for each. Two lists
//! compared field by field after every operation would spend most of a run on that. So what differs
//! is gathered by arithmetic, and looked at in the end.

use growstack::{Entry, EntryFlags, Size};

use crate::answer::Row;
use crate::op::ObjectId;

/// `left == right`, as derived.
#[must_use]
pub(crate) fn same_rows(left: &[Row], right: &[Row]) -> bool {
    let differing = |bits, (left, right)| bits | differing_bits(left, right);
    left.len() == right.len() && left.iter().zip(right).fold(0, differing) == 0
}

/// Leaves of `avail` what dumps show of it.
pub(super) fn hide_avail(row: &mut Row) {
    let shows = EntryFlags::GROWTH.union(EntryFlags::STACK_GAP);
    let growth = i64::from(row.flags.intersection(shows).bits());
    // Of a negative number that short, nothing but the sign is left: all ones.
    let mask = (growth.wrapping_neg() >> u16::BITS).cast_unsigned();
    row.avail = Size::new(row.avail.get() & mask);
}

/// 0 if the two are the same.
fn differing_bits(left: &Row, right: &Row) -> u64 {
    let (left, right) = (words(left), words(right));
    left.iter().zip(&right).fold(0, |bits, (left, right)| bits | (left ^ right))
}

/// A row as numbers, different for different rows.
fn words(row: &Row) -> [u64; 7] {
    // Named one by one: a field that is added to entries must be compared too.
    let Entry { range, prot, max, inherit, access, wired, flags, object, offset, avail } = row;
    let small = [prot.bits(), max.bits(), *inherit as u8, *access as u8, 0, 0, 0, 0];
    [
        range.start().get(),
        range.end().get(),
        u64::from_le_bytes(small),
        u64::from(*wired) << 32 | u64::from(flags.bits()),
        // No handle is 0.
        object.map_or(0, |ObjectId(id)| id.get()),
        *offset,
        avail.get(),
    ]
}

#[cfg(test)]
mod tests {
    use growstack::{Access, Addr, AddrRange, Inherit, Prot};

    use super::*;

    fn row() -> Row {
        let range = AddrRange::new(Addr::new(0x1000), Addr::new(0x3000)).expect("it is in order");
        let (flags, object) = (EntryFlags::GROWS_UP, ObjectId::new(7));
        let (offset, avail) = (0x5000, Size::new(0x2000));
        let plain = crate::answer::row(range, Prot::READ);
        Row { max: Prot::RW, wired: 1, flags, object, offset, avail, ..plain }
    }

    #[test]
    fn every_field_counts() {
        let range = |start, end| AddrRange::new(Addr::new(start), Addr::new(end)).expect("it is");
        let changes: [fn(&mut Row); 8] = [
            |row| row.prot = Prot::RW,
            |row| row.max = Prot::READ,
            |row| row.inherit = Inherit::Share,
            |row| row.access = Access::Random,
            |row| row.wired = 1 << 31,
            |row| row.flags = EntryFlags::GROWTH,
            |row| row.object = None,
            |row| row.offset = 1 << 63 | 0x5000,
        ];
        let mut others: Vec<Row> = vec![row(); changes.len()];
        changes.iter().zip(&mut others).for_each(|(change, other)| change(other));
        others.push(Row { range: range(0x2000, 0x3000), ..row() });
        others.push(Row { range: range(0x1000, 0x4000), ..row() });
        others.push(Row { avail: Size::new(0x2001), ..row() });
        for other in others {
            assert_ne!(row(), other);
            for at in 0..3 {
                let mut rows = vec![row(); 3];
                rows[at] = other.clone();
                assert!(!same_rows(&rows, &[row(), row(), row()]), "{other:?} at {at}");
                assert!(same_rows(&rows, &rows.clone()));
            }
        }
        assert!(!same_rows(&[row(), row()], &[row()]));
        assert!(!same_rows(&[], &[row()]));
    }

    #[test]
    fn an_avail_that_dumps_do_not_show_is_hidden() {
        for bits in 0..=EntryFlags::ALL.bits() {
            let flags = EntryFlags::from_bits_truncate(bits);
            let mut hidden = Row { flags, avail: Size::MAX, ..row() };
            let shown = hidden.shown_avail();
            hide_avail(&mut hidden);
            assert_eq!(hidden.avail, shown, "{flags:?}");
        }
    }
}
