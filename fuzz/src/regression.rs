//! What regression tests call. The targets and `growstack minimize` print such tests.

use crate::driver::ENGINES;
use crate::replay::{ORACLES, cut, replay};
use crate::report::Report;
use crate::targets::{Session, Target};
use crate::trace::Trace;

/// Runs the trace `text` on the oracle and on engines of all widths, which must agree
/// with it and with each other.
///
/// # Panics
///
/// With the report, if they do not; or if `text` is no trace.
pub fn agrees(text: &str) {
    let trace = match Trace::parse(text.as_bytes()) {
        Ok(trace) => trace,
        Err(error) => panic!("no trace: {error}"),
    };
    let maps = [&[ORACLES], &ENGINES[..]].concat();
    let (counts, result) = replay(&trace, &maps);
    let kernel = trace.config().kernel();
    assert!(counts.of_other_kernels < ENGINES.len(), "there is no engine of {kernel}");
    if let Err(failure) = result {
        let cut = cut(&trace, &failure, &maps);
        panic!("{}", Report { origin: "regression", trace: &trace, failure: &failure, cut: &cut });
    }
}

/// Runs `input` as an input of the target of this name.
///
/// # Panics
///
/// With the report, if that shows a fault; or if there is no such target.
pub fn passes(target: &str, input: &[u8]) {
    let target = Target::from_name(target).expect("the name of a target");
    if let Err(finding) = Session::default().run(target, input) {
        panic!("{finding}");
    }
}
