//! The nodes that growths down take where their instructions are counted: why the counts of two kernels
//! differ more at some sizes than at others (docs/benchmarks.md).

#![allow(clippy::unwrap_used, missing_docs)]

use growstack::{Addr, Freebsd9, Freebsd14, Growth};
use growstack_benches::engine::Engine;
use growstack_benches::job::SEED;
use growstack_benches::kernel::Tuned;
use growstack_benches::layout::Layout;
use growstack_benches::op::Op;
use growstack_benches::work::Source;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Nodes that the first batch takes, and its growths.
fn taken<K: Tuned>(entries: usize) -> (usize, usize) {
    let layout = Layout::stacks(entries, SEED);
    let mut engine = Engine::<K>::new(&layout).unwrap();
    let batch = Source::new(layout).batch(Op::GrowDown, &mut StdRng::seed_from_u64(SEED));
    let before = engine.process.map().nodes_in_use();
    for (addr, _) in &batch {
        let growth = engine.process.grow(Addr::new(*addr), |_| ()).unwrap();
        assert!(matches!(growth, Growth::Grown { .. }));
    }
    (engine.process.map().nodes_in_use() - before, batch.len())
}

#[test]
fn growths_of_both_kernels_split_other_leaves() {
    for (entries, of_9_3, of_14_2, growths) in
        [(256, 0, 6, 16), (4096, 11, 6, 64), (65_536, 7, 3, 64)]
    {
        assert_eq!(taken::<Freebsd9>(entries), (of_9_3, growths), "9.3, {entries} entries");
        assert_eq!(taken::<Freebsd14>(entries), (of_14_2, growths), "14.2, {entries} entries");
    }
}
