//! What a map shows of itself: entries, gaps, look-ups, memory, and the whole as text.

use growstack::{Addr, Gap, Mapping, PageSize, Prot, Size, StackRequest, VmMap, VmSpace};

fn addr(page: u64) -> Addr {
    Addr::new(page * 0x1000)
}

/// Pages 1 to 32, of which 1, 5 and 6 (apart, for their protection differs) and 31 are mapped.
fn sample() -> VmMap {
    let mut map: VmMap = VmMap::new(addr(1), addr(32));
    for (page, prot) in [(1, Prot::RW), (5, Prot::READ), (6, Prot::RW), (31, Prot::RX)] {
        let mapping = Mapping { max: Prot::ALL, ..Mapping::anonymous(prot) };
        map.insert(addr(page), addr(page + 1), mapping, |_| ()).expect("vacant");
    }
    map
}

fn starts<'a>(
    entries: impl Iterator<Item = growstack::Entry<&'a std::num::NonZeroU64>> + 'a,
) -> Vec<u64> {
    entries.map(|entry| entry.range.start().get() / 0x1000).collect()
}

#[test]
fn entries_come_in_order_from_any_address_on() {
    let map = sample();
    assert_eq!(starts(map.entries()), [1, 5, 6, 31]);
    assert_eq!(starts((&map).into_iter()), [1, 5, 6, 31]);
    assert_eq!(starts(map.entries_from(addr(2))), [5, 6, 31]);
    assert_eq!(starts(map.entries_from(Addr::new(0x5fff))), [5, 6, 31]);
    assert_eq!(starts(map.entries_from(addr(7))), [31]);
    assert_eq!(starts(map.entries_from(addr(32))), []);
}

#[test]
fn gaps_tell_what_is_on_either_side() {
    let map = sample();
    let gaps: Vec<_> =
        map.gaps().map(|gap| (gap.range.start(), gap.range.end(), gap.below, gap.above)).collect();
    assert_eq!(gaps, [(addr(2), addr(5), true, true), (addr(7), addr(31), true, true)]);
    let around = |page| map.gap(addr(page)).map(|gap: Gap| (gap.range.start(), gap.range.end()));
    assert_eq!([around(2), around(4)], [Some((addr(2), addr(5))); 2]);
    assert_eq!([around(0), around(1), around(5), around(6), around(32)], [None; 5]);

    let empty: VmMap = VmMap::new(addr(1), addr(32));
    let whole = empty.gaps().collect::<Vec<_>>();
    assert_eq!(whole.len(), 1);
    assert_eq!((whole[0].range.start(), whole[0].range.end()), (addr(1), addr(32)));
    assert!(!whole[0].below && !whole[0].above);
    assert_eq!(empty.gap(addr(7)), Some(whole[0]));
}

#[test]
fn look_ups_tell_bounds_and_protection() {
    let map = sample();
    assert_eq!((map.len(), map.is_empty()), (4, false));
    assert_eq!((map.min(), map.max(), map.size()), (addr(1), addr(32), Size::pages(4)));
    let mapped = |page| map.mapped(addr(page)).map(|(range, prot)| (range.start(), prot));
    assert_eq!(mapped(5), Some((addr(5), Prot::READ)));
    assert_eq!((mapped(7), map.contains(addr(7))), (None, false));
    assert!(map.contains(addr(31)) && !map.contains(addr(32)));
}

#[test]
fn nodes_and_memory_are_counted() {
    let mut map: VmMap<growstack::Plain, growstack::Freebsd9, 4> =
        VmMap::with_width(addr(0), addr(1 << 20), growstack::Plain::default());
    assert_eq!((map.nodes_in_use(), map.nodes_free(), map.memory(), map.height()), (0, 0, 0, 0));
    for i in 0..5 {
        map.insert(addr(2 * i), addr(2 * i + 1), Mapping::anonymous(Prot::RW), |_| ())
            .expect("room");
    }
    // Two leaves and their parent.
    assert_eq!((map.nodes_in_use(), map.height()), (3, 2));
    map.reserve_nodes(50).expect("memory");
    assert!(map.nodes_free() >= 100, "fifty of each kind: {}", map.nodes_free());
    let nodes = map.nodes_in_use() + map.nodes_free();
    // A leaf of four entries is 192 bytes and more, an inner node 128.
    assert!(
        map.memory() > nodes / 2 * (192 + 128) && map.memory() < nodes * 512,
        "{}",
        map.memory()
    );
    map.set_node_cap(Some(0));
    assert!(map.reserve_nodes(200).is_err());
    map.check_index().expect("sound");
}

#[test]
fn a_map_reads_as_a_table() {
    let mut process = VmSpace::new(sample(), Default::default(), Default::default());
    let (bottom, size) = (addr(8), Size::pages(8));
    process.set_sgrowsiz(PageSize::KIB_4.bytes());
    process.stack(StackRequest::down(bottom, size), |_| ()).expect("room");
    // A line of a literal cannot begin with blanks.
    let expected = "             START                END PRT MAX INH   WIRE FLAG           AVAIL     OFFSET TP
            0x1000             0x2000 rw- rwx copy     0 --------$        0x0        0x0 --
            0x5000             0x6000 r-- rwx copy     0 ---------        0x0        0x0 --
            0x6000             0x7000 rw- rwx copy     0 --------$        0x0        0x0 --
            0xf000            0x10000 rw- rwx copy     0 --D-----$     0x7000        0x0 --
           0x1f000            0x20000 r-x rwx copy     0 ---------        0x0        0x0 --
5 entries, 0x5000 bytes, 0x3000 bytes of swap, 0 pages wired";
    assert_eq!(process.map().to_string(), expected);
}

#[test]
fn settings_read_back() {
    let mut map = sample();
    assert_eq!((map.swap_limit(), map.wire_future()), (Size::MAX, false));
    map.set_swap_limit(Size::pages(9));
    map.set_wire_future(true);
    assert_eq!((map.swap_limit(), map.wire_future()), (Size::pages(9), true));
}
