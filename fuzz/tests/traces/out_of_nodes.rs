//! Rule 16.7: an operation that cannot get its index nodes answers `KERN_RESOURCE_SHORTAGE` and
//! leaves the map as it was; one that needs none never fails for memory.
//!
//! Every operation of the golden traces is tried with no node to be had, then with one, with two,
//! until it runs: first by a cap on the nodes, then by an allocator that refuses its
//! n-th allocation.

use std::num::NonZeroU64;

use crate::allocator::{allocations, rationed};
use crate::common::golden_traces;
use arbitrary::Unstructured;
use growstack::{
    Addr, Change, Growth, MapFlags, Mapping, Prot, Refusal, Size, StackRequest, VmMap, VmSpace,
};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary};
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::input::{Flavour, Input, seeded};
use growstack_fuzz::kernel::Kernel;
use growstack_fuzz::op::{Kind, Op};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;

/// Everything that can be seen of a map.
#[derive(PartialEq, Debug)]
struct Look {
    rows: Vec<Row>,
    summary: Summary,
}

fn look<const B: usize>(space: &EngineSpace<B>) -> Look {
    let mut rows = Vec::new();
    space.entries(&mut rows);
    Look { rows, summary: space.summary() }
}

/// How often an operation was refused before it ran.
#[derive(Default, Debug)]
struct Tally {
    operations: u64,
    refused: u64,
    kinds_refused: std::collections::BTreeSet<&'static str>,
    /// Most tries that one operation took.
    most: usize,
    /// Refused although, as it turned out, no more nodes were in use afterwards.
    without_gain: u64,
}

/// Tries `op` with `scarcity(space, n)` for n = 0, 1, 2, ... until it is not refused for memory.
fn insist<const B: usize>(
    space: &mut EngineSpace<B>,
    op: &Op,
    tally: &mut Tally,
    scarcity: impl Fn(&mut EngineSpace<B>, usize, &mut dyn FnMut(&mut EngineSpace<B>)),
) -> Answer {
    let before = look(space);
    let nodes = space.process.map().nodes_in_use();
    let mut changes: Vec<Change> = Vec::with_capacity(4096);
    tally.operations += 1;
    for n in 0.. {
        let mut answer = None;
        scarcity(space, n, &mut |space| answer = Some(space.apply(op, &mut changes)));
        let (answer, cause) = answer.unwrap();
        space.check().unwrap();
        if cause != Cause::Refused(Refusal::OutOfNodes) {
            if n > 0 && space.process.map().nodes_in_use() <= nodes {
                tally.without_gain += 1;
            }
            tally.most = tally.most.max(n);
            return answer;
        }
        assert!(n < VmMap::<growstack_fuzz::objects::Kernel, growstack::Freebsd9, B>::MAX_NODES_PER_OPERATION, "{op:?}");
        assert_eq!(answer, Answer::Code(growstack::KernReturn::ResourceShortage));
        assert_eq!(changes, [], "{op:?} was refused for memory and reported changes");
        assert!(look(space) == before, "{op:?} was refused for memory and changed the map");
        tally.refused += 1;
        tally.kinds_refused.insert(Kind::of(op).name());
    }
    unreachable!()
}

const NEED_NODES: [&str; 11] = [
    "find", "fixed", "grow", "inherit", "insert", "madvise", "protect", "remove", "stack",
    "unwire", "wire",
];

/// Runs every golden trace, insisting on each operation.
fn golden<const B: usize>(
    scarcity: impl Fn(&mut EngineSpace<B>, usize, &mut dyn FnMut(&mut EngineSpace<B>)),
) -> Tally {
    let mut tally = Tally::default();
    for (path, bytes) in golden_traces() {
        let trace = Trace::parse(&bytes).unwrap();
        let mut space = EngineSpace::<B>::create(trace.config());
        for step in &trace.steps {
            let answer = insist(&mut space, step.op(), &mut tally, &scarcity);
            if let Some(recorded) = step.answer() {
                assert_eq!(answer, recorded, "{}: {:?}", path.display(), step.op());
            }
        }
    }
    tally
}

fn by_cap<const B: usize>(
    space: &mut EngineSpace<B>,
    n: usize,
    run: &mut dyn FnMut(&mut EngineSpace<B>),
) {
    let map = space.process.map_mut();
    map.set_node_cap(Some(map.nodes_in_use() + n));
    run(space);
    space.process.map_mut().set_node_cap(None);
}

fn by_allocator<const B: usize>(
    space: &mut EngineSpace<B>,
    n: usize,
    run: &mut dyn FnMut(&mut EngineSpace<B>),
) {
    rationed(n, || run(space));
}

#[test]
fn a_cap_on_nodes_is_refused_in_every_operation_and_changes_nothing() {
    let narrow = golden::<4>(by_cap);
    assert!(narrow.kinds_refused.iter().eq(&NEED_NODES), "{narrow:?}");
    assert!(narrow.most >= 3, "an operation that needs three nodes was met: {narrow:?}");
    // A clip that merges back may need a node and leave none in use; little else may.
    assert!(narrow.without_gain * 20 < narrow.refused, "{narrow:?}");
    let wide = golden::<16>(by_cap);
    assert!(wide.kinds_refused.iter().eq(&NEED_NODES), "{wide:?}");
    println!("{narrow:?}\n{wide:?}");
}

/// Random sequences, beside a map that is never short: what is not refused has the same effect.
#[test]
fn random_sequences_short_of_nodes_are_refused_or_done_in_full() {
    let mut tally = Tally::default();
    for sequence in 0..1000 {
        let bytes = seeded(3, sequence, 150 * Input::BYTES_PER_RECORD);
        let input =
            Input::draw(&mut Unstructured::new(&bytes), Kernel::Freebsd9, Flavour::Whole, 150);
        let config = input.header.config;
        let (mut free, mut short) =
            (EngineSpace::<4>::create(&config), EngineSpace::<4>::create(&config));
        for op in input.trace().steps.iter().map(|step| *step.op()) {
            let (expected, _) = free.apply(&op, &mut Vec::new());
            let answer = insist(&mut short, &op, &mut tally, by_cap);
            assert_eq!(answer, expected, "sequence {sequence}: {op:?}");
            assert!(look(&short) == look(&free), "sequence {sequence}: {op:?}");
        }
    }
    let all: std::collections::BTreeSet<&str> = NEED_NODES.into_iter().chain(["exec"]).collect();
    assert_eq!(tally.kinds_refused, all, "{tally:?}");
}

#[test]
fn an_allocator_that_refuses_is_survived_and_changes_nothing() {
    let narrow = golden::<4>(by_allocator);
    assert!(narrow.refused > 1000, "{narrow:?}");
    assert!(narrow.most >= 2, "more than one allocation in one operation: {narrow:?}");
    let wide = golden::<16>(by_allocator);
    assert!(wide.refused > 400, "{wide:?}");
    println!("{narrow:?}\n{wide:?}");
}

/// With nodes reserved, growth down and up does not allocate, splits of nodes included.
#[test]
fn a_reserved_growth_allocates_nothing() {
    let map: VmMap<growstack::Plain, growstack::Freebsd9, 4> =
        VmMap::with_width(Addr::new(0), Addr::new(1 << 47), Default::default());
    let mut process = VmSpace::new(map, Default::default(), Default::default());
    process.set_sgrowsiz(NonZeroU64::new(0x1000).unwrap());
    let (mut grown, mut splits) = (0, 0);
    for i in 0..2000_u64 {
        let base = Addr::new((i + 1) * 0x10_0000);
        let flags = if i % 4 == 0 { MapFlags::GROWS_UP } else { MapFlags::GROWS_DOWN };
        process.stack(StackRequest::new(base, Size::pages(200), flags), |_| ()).unwrap();
        let most = VmMap::<growstack::Plain, growstack::Freebsd9, 4>::MAX_NODES_PER_OPERATION;
        process.map_mut().reserve_nodes(most).unwrap();
        let (before, nodes) = (allocations(), process.map().nodes_in_use());
        let fault = base.wrapping_add(Size::pages(100));
        let growth = process.grow(fault, |_| ()).unwrap();
        assert_eq!(allocations(), before);
        grown += u64::from(matches!(growth, Growth::Grown { .. }));
        splits += u64::from(process.map().nodes_in_use() > nodes);
    }
    assert_eq!(grown, 2000);
    assert!(splits > 300, "growth down splits nodes now and then: {splits}");
}

/// Rule 16.7 by name: what needs no node is done though none is to be had.
#[test]
fn what_needs_no_node_never_fails_for_memory() {
    let page = |n: u64| Addr::new(n * 0x1000);
    let mut map: VmMap = VmMap::new(page(0), page(1 << 20));
    for i in 0..1000 {
        map.insert(page(4 * i), page(4 * i + 2), Mapping::anonymous(Prot::RW), |_| ()).unwrap();
    }
    map.set_node_cap(Some(0));
    assert!(map.contains(page(4)) && map.gap(page(2)).is_some());
    assert_eq!(map.find_space(page(0), Size::pages(3)), Ok(page(3998)));
    // Whole entries, an end of an entry, and a mapping that only makes its neighbour longer.
    map.remove(page(0), page(400), |_| ()).unwrap();
    map.remove(page(401), page(402), |_| ()).unwrap();
    map.insert(page(406), page(407), Mapping::anonymous(Prot::RW), |_| ()).unwrap();
    // A hole in an entry takes a new one, which may take a node: here the leaf has room, or not.
    let mut refused = 0;
    for i in 200..1000 {
        let hole = map.remove(page(4 * i).wrapping_add(Size::new(16)), page(4 * i + 1), |_| ());
        refused += u32::from(hole == Err(Refusal::OutOfNodes));
    }
    assert!(refused > 0 && refused < 800, "{refused}");
    map.check_index().unwrap();
}
