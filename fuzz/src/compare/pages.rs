//! Comparing two lists of entries page by page, whatever entries the pages are in.

use growstack::{Addr, AddrRange, Size};

use super::Divergence;
use crate::answer::Row;
use crate::keeps::Keeps;

/// The addresses from the first up to, and without, the second.
pub(super) type Within = (Addr, Addr);

/// All addresses.
pub(super) const EVERYWHERE: Within = (Addr::ZERO, Addr::MAX);

/// Compares which addresses are mapped, and the attributes in `keeps` at each of them.
pub(super) fn compare_within(
    left: &[Row],
    right: &[Row],
    keeps: Keeps,
    (mut at, end): Within,
) -> Result<(), Divergence> {
    for rows in [left, right] {
        in_order(rows)?;
    }
    let (mut lefts, mut rights) = (left, right);
    loop {
        (lefts, rights) = (from(lefts, at), from(rights, at));
        let starts = [lefts, rights].map(|rows| rows.first().map(|row| row.range.start()));
        let Some(next) = starts.into_iter().flatten().min() else { return Ok(()) };
        at = at.max(next);
        if at >= end {
            return Ok(());
        }
        let [left, right] =
            [lefts, rights].map(|rows| rows.first().filter(|row| row.range.start() <= at));
        match (left, right) {
            // Up to where the first of the two ends, nothing else can change.
            (Some(l), Some(r)) if page(l, at, keeps) == page(r, at, keeps) => {
                at = l.range.end().min(r.range.end());
            }
            _ => {
                let [left, right] = [left, right].map(|row| row.cloned().map(Box::new));
                return Err(Divergence::Pages { at, left, right });
            }
        }
    }
}

/// Of what two maps show at `range` and next to it, the addresses that both show: how much there is
/// of the entries next to it depends on how they are cut.
pub(super) fn seen_by_both(left: &[Row], right: &[Row], range: AddrRange) -> Within {
    let below =
        |rows: &[Row]| rows.first().map(|row| row.range).filter(|r| r.end() <= range.start());
    let above =
        |rows: &[Row]| rows.last().map(|row| row.range).filter(|r| r.start() >= range.end());
    // Without an entry below it there is nothing below it, which counts.
    let start = [left, right].into_iter().filter_map(below).map(AddrRange::start).max();
    let end = [left, right].into_iter().filter_map(above).map(AddrRange::end).min();
    (start.unwrap_or(Addr::ZERO), end.unwrap_or(Addr::MAX))
}

/// The rows that end above `at`.
fn from(rows: &[Row], at: Addr) -> &[Row] {
    let past = rows.iter().take_while(|row| row.range.end() <= at).count();
    &rows[past..]
}

/// What counts at the address `at` of `row`.
fn page(row: &Row, at: Addr, keeps: Keeps) -> Row {
    let mut page = keeps.row(row);
    // Of anonymous memory, what is called the offset depends on how entries have merged.
    page.offset = match page.object {
        Some(_) if keeps.offset => row.offset.wrapping_add(at.get() - row.range.start().get()),
        _ => 0,
    };
    page.avail = Size::ZERO;
    // Where it begins and ends is how entries are cut, which does not count.
    page.range = AddrRange::new(Addr::ZERO, Addr::new(1)).expect("they are in order");
    page
}

/// For the `check` of a map that merges all it can: no two entries touch that are alike in `keeps`.
/// How entries are cut is not compared with the oracle, so only the map itself knows.
///
/// # Errors
///
/// A sentence that names the entries that should be one.
pub fn fully_merged(rows: &[Row], keeps: Keeps) -> Result<(), String> {
    let alike = rows.windows(2).find(|pair| {
        let at = pair[1].range.start();
        pair[0].range.end() == at && page(&pair[0], at, keeps) == page(&pair[1], at, keeps)
    });
    alike.map_or(Ok(()), |pair| {
        Err(format!("the entries {} and {} should be one", pair[0].range, pair[1].range))
    })
}

/// Two entries that hold one address would hide each other.
fn in_order(rows: &[Row]) -> Result<(), Divergence> {
    let overlap = rows.windows(2).find(|pair| pair[0].range.end() > pair[1].range.start());
    overlap.map_or(Ok(()), |pair| {
        let (low, high) = (pair[0].range, pair[1].range);
        let invariant = format!("the entries {low} and {high} overlap or are out of order");
        Err(Divergence::Broken { invariant })
    })
}

#[cfg(test)]
mod tests {
    use growstack::{EntryFlags, Prot};

    use super::*;
    use crate::answer::row;
    use crate::op::ObjectId;

    fn rows(list: &[(u64, u64, Prot)]) -> Vec<Row> {
        let range = |start, end| AddrRange::new(Addr::new(start), Addr::new(end)).expect("order");
        list.iter().map(|&(start, end, prot)| row(range(start, end), prot)).collect()
    }

    const PAGES: Keeps = Keeps::PAGES;

    fn compare_pages(left: &[Row], right: &[Row], keeps: Keeps) -> Result<(), Divergence> {
        compare_within(left, right, keeps, EVERYWHERE)
    }

    #[test]
    fn next_to_a_range_only_what_both_show_counts() {
        let at = |start, end| AddrRange::new(Addr::new(start), Addr::new(end)).expect("order");
        let near = |left: &[(u64, u64)], right: &[(u64, u64)]| {
            let list = |list: &[(u64, u64)]| {
                rows(&list.iter().map(|&(s, e)| (s, e, Prot::RW)).collect::<Vec<_>>())
            };
            let (left, right) = (list(left), list(right));
            let within = seen_by_both(&left, &right, at(0x5000, 0x6000));
            compare_within(&left, &right, PAGES, within).is_ok()
        };
        assert!(near(&[(0x1000, 0x5000), (0x7000, 0x9000)], &[(0x3000, 0x5000), (0x7000, 0x8000)]));
        let parts = [(0x3000, 0x4000), (0x4000, 0x6000), (0x6000, 0x7000)];
        assert!(near(&[(0x1000, 0x9000)], &parts));
        assert!(!near(&[(0x1000, 0x9000)], &parts[1..]));
        assert!(!near(&parts[1..], &parts[1..2]));
        assert!(!near(&[(0x1000, 0x5000)], &[]));
        assert!(!near(&[(0x1000, 0x5000)], &[(0x1000, 0x4000)]));
        assert!(!near(&[(0x4000, 0x5000)], &[(0x1000, 0x2000)]));
        assert!(!near(&[(0x7000, 0x8000)], &[(0x8000, 0x9000)]));
        assert!(!near(&[(0x1000, 0x5000), (0x5000, 0x6000)], &[(0x1000, 0x5000)]));
    }

    #[test]
    fn how_entries_are_cut_does_not_count() {
        let whole = rows(&[(0x1000, 0x9000, Prot::RW), (0xa000, 0xb000, Prot::READ)]);
        let parts = rows(&[
            (0x1000, 0x2000, Prot::RW),
            (0x2000, 0x8000, Prot::RW),
            (0x8000, 0x9000, Prot::RW),
            (0xa000, 0xb000, Prot::READ),
        ]);
        assert_eq!(compare_pages(&whole, &parts, PAGES), Ok(()));
        assert_eq!(compare_pages(&parts, &whole, PAGES), Ok(()));
        assert_eq!(compare_pages(&[], &[], PAGES), Ok(()));
    }

    #[test]
    fn the_first_page_that_differs_is_found() {
        let base = rows(&[(0x1000, 0x9000, Prot::RW)]);
        let first = |other: &[(u64, u64, Prot)]| match compare_pages(&base, &rows(other), PAGES) {
            Err(Divergence::Pages { at, .. }) => at.get(),
            other => panic!("{other:?}"),
        };
        assert_eq!(first(&[]), 0x1000);
        assert_eq!(first(&[(0x2000, 0x9000, Prot::RW)]), 0x1000);
        assert_eq!(first(&[(0x1000, 0x8000, Prot::RW)]), 0x8000);
        assert_eq!(first(&[(0x1000, 0xa000, Prot::RW)]), 0x9000);
        assert_eq!(first(&[(0x1000, 0x4000, Prot::RW), (0x5000, 0x9000, Prot::RW)]), 0x4000);
        assert_eq!(first(&[(0x1000, 0x4000, Prot::RW), (0x4000, 0x9000, Prot::READ)]), 0x4000);
        assert_eq!(first(&[(0x1000, 0x9000, Prot::RW), (0xa000, 0xb000, Prot::RW)]), 0xa000);
        assert_eq!(first(&[(0x800, 0x9000, Prot::RW)]), 0x800);
    }

    #[test]
    fn the_end_of_all_addresses_is_a_page_like_any_other() {
        let top = u64::MAX;
        let whole = rows(&[(0, top, Prot::RW)]);
        assert_eq!(compare_pages(&whole, &whole, PAGES), Ok(()));
        let short = rows(&[(0, top - 1, Prot::RW)]);
        let at = Addr::new(top - 1);
        let right = None;
        let left = Some(Box::new(whole[0].clone()));
        assert_eq!(
            compare_pages(&whole, &short, PAGES),
            Err(Divergence::Pages { at, left, right })
        );
    }

    #[test]
    fn offsets_must_go_on_where_there_is_an_object() {
        let object = |list: &[(u64, u64, u64)], id| {
            let plain: Vec<_> = list.iter().map(|&(s, e, _)| (s, e, Prot::RW)).collect();
            let mut rows = rows(&plain);
            for (row, &(_, _, offset)) in rows.iter_mut().zip(list) {
                (row.object, row.offset) = (ObjectId::new(id), offset);
            }
            rows
        };
        let keeps = PAGES.with(|k| (k.object, k.offset) = (true, true));
        let whole = object(&[(0x1000, 0x3000, 0x7000)], 1);
        let parts = object(&[(0x1000, 0x2000, 0x7000), (0x2000, 0x3000, 0x8000)], 1);
        assert_eq!(compare_pages(&whole, &parts, keeps), Ok(()));
        let jump = object(&[(0x1000, 0x2000, 0x7000), (0x2000, 0x3000, 0x7000)], 1);
        assert!(compare_pages(&whole, &jump, keeps).is_err());
        assert!(compare_pages(&whole, &object(&[(0x1000, 0x3000, 0x7000)], 2), keeps).is_err());
        assert_eq!(compare_pages(&whole, &jump, keeps.with(|k| k.offset = false)), Ok(()));
        // Anonymous memory has no offset that counts.
        let [whole, jump] = [object(&[(0x1000, 0x3000, 0)], 0), object(&[(0x1000, 0x3000, 9)], 0)];
        assert_eq!(compare_pages(&whole, &jump, keeps), Ok(()));
    }

    #[test]
    fn flags_count_page_by_page_and_avail_never() {
        let mut stack = rows(&[(0x1000, 0x3000, Prot::RW)]);
        stack[0].flags = EntryFlags::GROWS_DOWN;
        let mut other = stack.clone();
        other[0].avail = Size::new(0x5000);
        let keeps = PAGES.with(|k| (k.flags, k.avail) = (EntryFlags::ALL, true));
        assert_eq!(compare_pages(&stack, &other, keeps), Ok(()));
        other[0].flags = EntryFlags::NONE;
        assert!(compare_pages(&stack, &other, keeps).is_err());
        assert_eq!(compare_pages(&stack, &other, PAGES), Ok(()));
    }

    #[test]
    fn entries_that_overlap_are_a_broken_map() {
        let good = rows(&[(0x1000, 0x3000, Prot::RW)]);
        let bad = rows(&[(0x1000, 0x3000, Prot::RW), (0x2000, 0x3000, Prot::RW)]);
        for (left, right) in [(&good, &bad), (&bad, &good)] {
            assert!(matches!(compare_pages(left, right, PAGES), Err(Divergence::Broken { .. })));
        }
    }
}
