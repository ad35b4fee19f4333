//! FreeBSD 14.2: the golden traces on the engine.
#![allow(clippy::unwrap_used)]

mod common;

use common::traces_14;
use growstack_fuzz::engine::EngineSpace14;
use growstack_fuzz::replay::{MapFactory, ORACLES, replay};
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
    assert_eq!(answers, 45_504);
}
