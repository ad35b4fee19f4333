//! Every peer ends up with the same pages mapped in the same way as the engine: what is compared is
//! the same work.

use growstack_benches::peer::PeerMap;
use growstack_benches::peers::{Brie, EngineTree, Nodit, Ranges, RedBlack, StdBTreeMap};
use growstack_benches::recorded::{Player, Recorded, joined, largest, recorded};
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::space::AddressSpace;

fn same<C: PeerMap>(trace: &Recorded, expected: &[(u64, u64, u64)]) {
    let mut player = Player::<C>::new(&trace.config);
    trace.ops.iter().for_each(|op| player.apply(op));
    let name = std::any::type_name::<C>();
    assert_eq!(player.stretches(), expected, "{name} on {}", trace.name);
}

#[test]
fn recorded_traces_come_to_the_same_on_every_map() {
    let all = recorded();
    assert!(largest(&all).len() >= 8, "workloads are missing");
    for trace in &all {
        let mut map: EngineSpace = EngineSpace::create(&trace.config);
        let mut changes = Vec::new();
        for op in &trace.ops {
            changes.clear();
            map.apply(op, &mut changes);
        }
        let entries = map.process.map().entries();
        let expected = joined(entries.map(|entry| {
            let (start, end) = (entry.range.start().get(), entry.range.end().get());
            (start, end, u64::from(entry.prot.bits()))
        }));
        same::<EngineTree>(trace, &expected);
        same::<StdBTreeMap>(trace, &expected);
        same::<Brie>(trace, &expected);
        same::<RedBlack>(trace, &expected);
        same::<Nodit>(trace, &expected);
        same::<Ranges>(trace, &expected);
    }
}
