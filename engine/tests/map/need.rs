//! Nodes asked for where they are needed and nowhere else: a leaf of four entries is full, no more
//! nodes are to be had, and an operation is refused if it leaves one entry more, not otherwise.

use std::num::NonZeroU64;

use growstack::{Addr, Entry, Holes, Mapping, Prot, Refusal, Rule, Size, VmMap, Wiring};

type Narrow = VmMap<growstack::Plain, growstack::Freebsd9, 4>;

fn page(number: u64) -> Addr {
    Addr::new(number * 0x1000)
}

/// Pages 10 and 11, then 12 and 13, which touch them and differ; two far above.
fn full(first: Prot) -> Narrow {
    full_of(first, Prot::RW)
}

fn full_of(first: Prot, second: Prot) -> Narrow {
    let mut map = Narrow::with_width(page(1), page(100), Default::default());
    for (start, prot) in [(10, first), (12, second), (50, Prot::RW), (60, Prot::RW)] {
        let mapping = Mapping { max: Prot::ALL, ..Mapping::anonymous(prot) };
        map.insert(page(start), page(start + 2), mapping, |_| ()).unwrap();
    }
    assert_eq!((map.len(), map.nodes_in_use()), (4, 1));
    map.set_node_cap(Some(1));
    map
}

fn entries(map: &Narrow) -> Vec<Entry<NonZeroU64>> {
    map.entries().map(Entry::cloned).collect()
}

/// Expects `operation` to be refused for want of a node, and the map as it was.
#[track_caller]
fn refused(mut map: Narrow, operation: impl FnOnce(&mut Narrow) -> Result<(), Refusal>) {
    let before = (entries(&map), map.wired_pages(), map.size(), map.reserved());
    assert_eq!(operation(&mut map), Err(Refusal::OutOfNodes));
    assert_eq!((entries(&map), map.wired_pages(), map.size(), map.reserved()), before);
    map.check_index().unwrap();
}

fn wire(map: &mut Narrow, start: u64, end: u64) -> Result<(), Refusal> {
    map.wire(page(start), page(end), Wiring::System, Holes::Refused, |_| ())
}

fn unwire(map: &mut Narrow, start: u64, end: u64) -> Result<(), Refusal> {
    map.unwire(page(start), page(end), Wiring::System, Holes::Refused, |_| ())
}

fn fixed(map: &mut Narrow, start: u64, end: u64) -> Result<(), Refusal> {
    let mapping = Mapping { max: Prot::ALL, ..Mapping::anonymous(Prot::READ) };
    map.fixed(page(start), Size::pages(end - start), mapping, |_| ())
}

#[test]
fn wiring_takes_a_node_for_each_end_inside_an_entry() {
    refused(full(Prot::RX), |map| wire(map, 10, 13));
    refused(full(Prot::RX), |map| wire(map, 11, 14));
    wire(&mut full(Prot::RX), 10, 14).unwrap();
    wire(&mut full(Prot::RX), 10, 12).unwrap();
}

/// The entry that the wiring would stop at is clipped before it is looked at.
#[test]
fn wiring_short_of_a_node_for_the_end_counts_nothing() {
    refused(full_of(Prot::RX, Prot::NONE), |map| wire(map, 10, 13));
}

#[test]
fn wiring_that_stops_early_takes_no_node_for_the_end() {
    let stopped = wire(&mut full(Prot::NONE), 10, 13);
    assert!(matches!(stopped, Err(Refusal::NoAccess { .. })), "{stopped:?}");
    let hole = wire(&mut full(Prot::RX), 12, 51);
    assert!(matches!(hole, Err(Refusal::Hole { .. })), "{hole:?}");
}

#[test]
fn unwiring_takes_a_node_for_each_end_inside_an_entry() {
    let wired = || {
        let mut map = full(Prot::RX);
        wire(&mut map, 10, 14).unwrap();
        map
    };
    refused(wired(), |map| unwire(map, 10, 13));
    refused(wired(), |map| unwire(map, 11, 14));
    unwire(&mut wired(), 10, 14).unwrap();
}

#[test]
fn unwiring_that_stops_early_takes_no_node_for_the_end() {
    let stopped = unwire(&mut full(Prot::RX), 10, 13);
    assert!(matches!(stopped, Err(Refusal::NotSystemWired { .. })), "{stopped:?}");
    let mut map = full(Prot::RX);
    wire(&mut map, 12, 14).unwrap();
    let hole = unwire(&mut map, 12, 51).unwrap_err();
    assert!(matches!(hole, Refusal::UnwireHole { .. }) && hole.rule() == Rule::new(10, 1));
}

#[test]
fn fixed_takes_a_node_unless_an_entry_goes() {
    // In the middle of an entry: two more. At its start or its end: one more.
    refused(full(Prot::RX), |map| {
        map.fixed(Addr::new(0xa800), Size::new(0x800), Mapping::anonymous(Prot::READ), |_| ())
    });
    refused(full(Prot::RX), |map| fixed(map, 10, 11));
    refused(full(Prot::RX), |map| fixed(map, 51, 52));
    refused(full(Prot::RX), |map| fixed(map, 51, 53));
    refused(full(Prot::RX), |map| fixed(map, 49, 51));
    refused(full(Prot::RX), |map| fixed(map, 11, 13));
    // A whole entry goes, to its very end or beyond.
    for (start, end) in [(10, 12), (50, 52), (49, 52), (50, 53), (11, 14), (10, 13)] {
        let mut map = full(Prot::RX);
        fixed(&mut map, start, end).unwrap_or_else(|refusal| panic!("{start} to {end}: {refusal}"));
        assert_eq!(map.len(), 4, "{start} to {end}");
        map.check_index().unwrap();
    }
}

#[test]
fn a_removal_takes_a_node_for_a_hole_alone() {
    let remove =
        |map: &mut Narrow, start, end| map.remove(Addr::new(start), Addr::new(end), |_| ());
    refused(full(Prot::RX), |map| remove(map, 0xa800, 0xb000));
    for (start, end) in [(0xa000, 0xb000), (0xa800, 0xc000), (0xa800, 0xd000), (0xb000, 0xb000)] {
        let mut map = full(Prot::RX);
        remove(&mut map, start, end).unwrap_or_else(|e| panic!("{start:#x} to {end:#x}: {e}"));
    }
}
