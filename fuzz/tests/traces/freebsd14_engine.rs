//! FreeBSD 14.2 on the engine: the golden traces, and random sequences in lockstep with the oracle.

use crate::common::traces_14;
use growstack::{Freebsd14, Refusal, VmMap};
use growstack_fuzz::answer::{Cause, Row};
use growstack_fuzz::driver::Settings;
use growstack_fuzz::engine::EngineSpace14;
use growstack_fuzz::freebsd14::{run, sequence};
use growstack_fuzz::op::Op;
use growstack_fuzz::replay::{MapFactory, ORACLES, replay};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;

/// The engine with usual and with narrow index nodes; the first answers for the others.
fn maps() -> [MapFactory; 3] {
    [
        MapFactory::of::<EngineSpace14<16>>("engine"),
        MapFactory::of::<EngineSpace14<4>>("engine-4"),
        ORACLES,
    ]
}

#[test]
fn the_engine_answers_as_the_kernel_did() {
    let mut answers = 0;
    let mut failed = Vec::new();
    for (path, bytes) in traces_14() {
        let trace = Trace::parse(&bytes).unwrap();
        let (counts, result) = replay(&trace, &maps());
        if let Err(failure) = result {
            failed.push(format!("{}: {failure:?}", path.display()));
        }
        assert_eq!((counts.of_other_kernels, counts.ended), (0, None));
        answers += counts.answers;
    }
    assert!(
        failed.is_empty(),
        "{} traces\n{}",
        failed.len(),
        failed[..failed.len().min(3)].join("\n")
    );
    assert_eq!(answers, 45_516);
}

const SEQUENCES: u64 = 3000;

/// Runs random sequences in lockstep.
fn agree<const B: usize>(seed: u64) {
    let settings = Settings { seed, sequences: Some(SEQUENCES), ..Settings::default() };
    let outcome = run(&settings, MapFactory::of::<EngineSpace14<B>>("engine"));
    assert!(outcome.failure.is_none(), "{}", outcome.failure.unwrap());
    assert!(outcome.counts.sequences == SEQUENCES && outcome.counts.operations > 100_000);
}

#[test]
fn nodes_of_sixteen_agree_with_the_oracle() {
    agree::<16>(1);
}

#[test]
fn nodes_of_four_agree_with_the_oracle() {
    agree::<4>(2);
}

type Narrow = EngineSpace14<4>;

const MOST: usize = VmMap::<growstack_fuzz::objects::Kernel, Freebsd14, 4>::MAX_NODES_PER_OPERATION;

fn rows(space: &Narrow) -> Vec<Row> {
    let mut rows = Vec::new();
    space.entries(&mut rows);
    rows
}

/// Does `op` with no more than `spare` nodes; if they do not do, nothing has changed, and it is done
/// again without a cap. Says whether they did.
fn apply_short(space: &mut Narrow, op: &Op, spare: usize) -> bool {
    let before = (rows(space), space.summary());
    let map = space.process.map_mut();
    map.set_node_cap(Some(map.nodes_in_use() + spare));
    let mut changes = Vec::new();
    let (_, cause) = space.apply(op, &mut changes);
    space.process.map_mut().set_node_cap(None);
    let refused = cause == Cause::Refused(Refusal::OutOfNodes);
    if refused {
        assert_eq!(((rows(space), space.summary()), changes.len()), (before, 0), "{op}");
        space.apply(op, &mut changes);
    }
    !refused
}

#[test]
fn without_nodes_an_operation_is_refused_or_done_in_full() {
    let (mut refused, mut done) = (0, 0);
    for number in 0..1500 {
        let (config, ops) = sequence(9, number);
        let (mut short, mut plain) = (Narrow::create(&config), Narrow::create(&config));
        for (step, op) in ops.iter().enumerate() {
            let spare = if step % 5 == 4 { MOST } else { step % 5 };
            let enough = apply_short(&mut short, op, spare);
            assert!(enough || spare < MOST, "{op}");
            *if enough { &mut done } else { &mut refused } += 1;
            plain.apply(op, &mut Vec::new());
            assert_eq!(rows(&short), rows(&plain), "sequence {number}: {op}");
            assert_eq!(short.summary(), plain.summary(), "sequence {number}: {op}");
            short.check().unwrap();
        }
    }
    assert!(refused > 500 && done > 10_000, "{refused} refused, {done} done");
}
