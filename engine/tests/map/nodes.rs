//! Rule 16.7 where predicting nodes is hardest: operations that merge entries before they
//! split them, and a cap that is lower than what is in use. Nodes are four wide, and each case is
//! tried with many sets of entries around it, so that leaves are full in some of them.

use std::num::NonZeroU64;

use growstack::tree::MAX_HEIGHT;
use growstack::{
    Addr, Change, Entry, Holes, Inherit, Limits, MapFlags, Mapping, Prot, Refusal, Size,
    StackRequest, StackTunables, VmMap, VmSpace, Wiring,
};

type Narrow = VmSpace<growstack::Plain, growstack::Freebsd9, 4>;

const STEP: u64 = 0x4000;
const PLACE: u64 = 0x10_0000;

fn at(offset: u64) -> Addr {
    Addr::new(PLACE + offset)
}

fn process() -> Narrow {
    let tunables =
        StackTunables { sgrowsiz: NonZeroU64::new(STEP).unwrap(), ..StackTunables::default() };
    let map = VmMap::with_width(Addr::new(0), Addr::new(1 << 40), Default::default());
    Narrow::new(map, Limits::default(), tunables)
}

/// Adds entries below `PLACE` and well above it, as many and in such an order as `seed` says, so
/// that leaves are full here and nearly empty there.
fn surround(mut process: Narrow, seed: u64) -> Narrow {
    let mut state = seed;
    for _ in 0..seed % 64 {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let slot = state >> 58;
        let base = if slot < 32 { 0 } else { 0x20_0000 };
        let (start, end) =
            (Addr::new(base + 0x2000 * slot), Addr::new(base + 0x2000 * slot + 0x1000));
        let map = process.map_mut();
        if map.insert(start, end, Mapping::anonymous(Prot::RW), |_| ()).is_err() {
            map.remove(start, end, |_| ()).unwrap();
        }
    }
    process
}

fn entries(process: &Narrow) -> Vec<Entry<std::num::NonZeroU64>> {
    process.map().entries().map(Entry::cloned).collect()
}

fn cap_at_use(process: &mut Narrow, spare: usize) {
    let nodes = process.map().nodes_in_use();
    process.map_mut().set_node_cap(Some(nodes + spare));
}

/// Does `operation` with nodes to be had and with `spare` ones alone, with many sets of entries
/// around it. It has the same outcome, or is refused and changes nothing. Returns how often it was
/// refused.
fn same_or_refused<T: PartialEq + std::fmt::Debug>(
    spare: usize,
    prepare: impl Fn() -> Narrow,
    operation: impl Fn(&mut Narrow, &mut Vec<Change>) -> Result<T, Refusal>,
) -> usize {
    let mut refused = 0;
    for seed in 0..2000 {
        let mut free = surround(prepare(), seed);
        let mut reported = Vec::new();
        let expected = operation(&mut free, &mut reported);

        let mut capped = surround(prepare(), seed);
        let before = entries(&capped);
        cap_at_use(&mut capped, spare);
        let mut changes = Vec::new();
        let got = operation(&mut capped, &mut changes);
        capped.map().check_index().unwrap();
        if got == Err(Refusal::OutOfNodes) {
            assert_eq!((entries(&capped), changes), (before, vec![]), "seed {seed}");
            refused += 1;
        } else {
            assert_eq!((got, changes), (expected, reported), "seed {seed}");
            assert_eq!(entries(&capped), entries(&free), "seed {seed}");
        }
    }
    refused
}

/// Two equal pieces of a stack, and the piece that grows below them: 13.13 keeps them apart.
fn pieces() -> Narrow {
    let mut process = process();
    let (none, down) = (Prot::NONE, MapFlags::GROWS_DOWN);
    process
        .stack(
            StackRequest {
                addrbos: at(0),
                max_ssize: Size::new(4 * STEP),
                prot: none,
                max: Prot::ALL,
                flags: down,
            },
            |_| (),
        )
        .unwrap();
    let _ = process.grow(at(2 * STEP), |_| ()).unwrap();
    let _ = process.grow(at(STEP), |_| ()).unwrap();
    process
}

/// The front split merges the two pieces first, so that the end of the range, which is inside the
/// second, is clipped before the first is found to have no access.
#[test]
fn wire_that_stops_at_an_entry_merged_by_the_front_split() {
    let refused = same_or_refused(0, pieces, |process, changes| {
        let (start, end) = (at(2 * STEP + 0x1000), at(3 * STEP + 0x1000));
        let tell = |change| changes.push(change);
        process.map_mut().wire(start, end, Wiring::User, Holes::Refused, tell)
    });
    assert!(refused > 0);
}

/// The same for the missing wiring of the system.
#[test]
fn unwire_that_stops_at_an_entry_merged_by_the_front_split() {
    let refused = same_or_refused(0, pieces, |process, changes| {
        let (start, end) = (at(2 * STEP + 0x1000), at(3 * STEP + 0x1000));
        let tell = |change| changes.push(change);
        process.map_mut().unwire(start, end, Wiring::System, Holes::Refused, tell)
    });
    assert!(refused > 0);
}

/// Where the range ends with the second piece, or the wiring stops at the first, nothing is clipped
/// at the end, and the boundary between the two pieces moves in place.
#[test]
fn a_merge_by_the_front_split_takes_no_node() {
    let inherited = same_or_refused(0, pieces, |process, _| {
        let (start, end) = (at(2 * STEP + 0x1000), at(4 * STEP));
        process.map_mut().inherit(start, end, Inherit::Share)
    });
    assert_eq!(inherited, 0);
    let with_next = || {
        let mut process = pieces();
        let mapping = Mapping::anonymous(Prot::RW);
        process.map_mut().insert(at(4 * STEP), at(5 * STEP), mapping, |_| ()).unwrap();
        process
    };
    for (start, end) in [(2 * STEP + 0x1000, 4 * STEP + 0x1000), (2 * STEP, 3 * STEP + 0x1000)] {
        let wired = same_or_refused(0, with_next, |process, changes| {
            let tell = |change| changes.push(change);
            process.map_mut().wire(at(start), at(end), Wiring::User, Holes::Refused, tell)
        });
        assert_eq!(wired, 0, "{start:#x} to {end:#x}");
    }
}

/// One node is enough for the clip at the start, but not for both.
#[test]
fn unwire_that_is_short_of_the_second_node_leaves_the_first_end_alone() {
    let prepare = || {
        let mut process = process();
        let map = process.map_mut();
        for (start, prot) in [(0, Prot::RX), (STEP, Prot::RW)] {
            let mapping = Mapping::anonymous(prot);
            map.insert(at(start), at(start + STEP), mapping, |_| ()).unwrap();
        }
        map.wire(at(0), at(STEP), Wiring::System, Holes::Refused, |_| ()).unwrap();
        process
    };
    let refused = same_or_refused(1, prepare, |process, changes| {
        let (start, end) = (at(0x1000), at(STEP + 0x1000));
        let tell = |change| changes.push(change);
        process.map_mut().unwire(start, end, Wiring::System, Holes::Refused, tell)
    });
    assert!(refused > 0);
}

/// 13.13: without a node for the piece, the growth flag does not move to it.
#[test]
fn growth_down_is_refused_or_done_in_full() {
    let refused = same_or_refused(0, pieces, |process, changes| {
        process.grow(at(0), |change| changes.push(change))
    });
    assert!(refused > 0);
}

/// 13.18: a stack that grows up to an equal one merges with it before it is split, so that the
/// node is needed where the upper one is.
#[test]
fn growth_up_to_an_equal_stack_is_wired_or_refused() {
    let prepare = || {
        let mut process = process();
        for bottom in [0, STEP + 0x1000] {
            let (reserve, up) = (Size::new(2 * STEP), MapFlags::GROWS_UP);
            process.stack(StackRequest::new(at(bottom), reserve, up), |_| ()).unwrap();
        }
        process.map_mut().set_wire_future(true);
        process
    };
    let refused = same_or_refused(0, prepare, |process, changes| {
        process.grow(at(STEP), |change| changes.push(change))
    });
    assert!(refused > 0);
}

/// A cap below what is in use refuses more, but not what a removal on the way makes room for.
#[test]
fn a_cap_below_the_nodes_in_use_refuses_nothing_half_way() {
    for seed in 2..2000 {
        let mut process = surround(process(), seed);
        for start in entries(&process).iter().map(|entry| entry.range.start()) {
            process.map_mut().set_node_cap(Some(1));
            let before = entries(&process);
            let mapping = Mapping::anonymous(Prot::RX);
            let mut changes = Vec::new();
            let got = process.map_mut().fixed(start, Size::PAGE, mapping, |c| changes.push(c));
            if got.is_err() {
                assert_eq!(got, Err(Refusal::OutOfNodes));
                assert_eq!((entries(&process), changes), (before, vec![]), "seed {seed}");
            }
        }
        process.map_mut().set_node_cap(Some(0));
        if !process.map().is_empty() {
            process.exec(at(STEP), Size::new(STEP), Prot::RW, |_| ()).unwrap();
        }
    }
}

/// A mapping over nothing that makes the entry below it longer takes no node.
#[test]
fn fixed_over_nothing_takes_no_more_nodes_than_insert() {
    for seed in 0..500 {
        let mut process = surround(process(), seed);
        cap_at_use(&mut process, 0);
        for entry in entries(&process) {
            let mapping = Mapping::anonymous(Prot::RW);
            process.map_mut().fixed(entry.range.end(), Size::new(16), mapping, |_| ()).unwrap();
        }
    }
}

/// What `fixed` puts into a piece whose lower part goes to the piece below comes before what is
/// left of it, and takes a node of its leaf, not of the next one.
#[test]
fn fixed_within_a_piece_that_the_front_split_merges() {
    let four = || {
        let mut process = pieces();
        let _ = process.grow(at(0), |_| ()).unwrap();
        process
    };
    for (piece, prepare) in [(3, pieces as fn() -> Narrow), (2, four), (3, four)] {
        let refused = same_or_refused(0, prepare, |process, changes| {
            let (start, mapping) = (at(piece * STEP + 0x1000), Mapping::anonymous(Prot::RX));
            process.map_mut().fixed(start, Size::PAGE, mapping, |change| changes.push(change))
        });
        assert!(refused > 0);
    }
}

/// To the very end of such a piece: what is left of it goes, and the place is in the next leaf if it
/// was the last of its own.
#[test]
fn fixed_over_the_upper_part_of_a_piece_that_the_front_split_merges() {
    same_or_refused(0, pieces, |process, changes| {
        let (start, mapping) = (at(3 * STEP + 0x1000), Mapping::anonymous(Prot::RX));
        let length = Size::new(STEP - 0x1000);
        process.map_mut().fixed(start, length, mapping, |change| changes.push(change))
    });
}

/// Two entries more, and each may split a node on every level and grow a root, however the nodes are.
#[test]
fn an_operation_takes_two_paths_at_most() {
    assert_eq!(
        VmMap::<growstack::Plain, growstack::Freebsd9, 4>::MAX_NODES_PER_OPERATION,
        2 * MAX_HEIGHT
    );
    assert_eq!(VmMap::<growstack::Plain>::MAX_NODES_PER_OPERATION, 2 * MAX_HEIGHT);
}
