//! The reader of traces.

use super::chunks::Shape;
use super::{Fault, Verdict};
use crate::lockstep::caught;
use crate::trace::Trace;

/// Text has no header and no records.
pub(super) const SHAPE: Shape = Shape { header: 0, record: 1 };

/// Reads `text`. What can be read must be printed and read back the same, and printed the same
/// again; the answers apart too.
pub(super) fn run(text: &[u8], read: &mut u64) -> Result<Verdict, Fault> {
    let outcome = caught(|| {
        let Ok(trace) = Trace::parse(text) else { return Ok(false) };
        same(&trace)?;
        same(&trace.without_answers())?;
        Ok(true)
    });
    match outcome {
        Ok(Ok(parsed)) => {
            *read += u64::from(parsed);
            Ok(Verdict::Sound)
        }
        Ok(Err(sentence)) => Err(Fault::Other(sentence)),
        Err(message) => Err(Fault::Other(format!("a panic: {message}"))),
    }
}

fn same(trace: &Trace) -> Result<(), String> {
    let printed = trace.to_string();
    let again = Trace::parse(printed.as_bytes())
        .map_err(|error| format!("what was printed cannot be read: {error}\n{printed}"))?;
    let ops = |trace: &Trace| trace.steps.iter().map(|step| *step.op()).collect::<Vec<_>>();
    if again.config() != trace.config() || ops(&again) != ops(trace) {
        return Err(format!("what was printed is read as something else:\n{printed}"));
    }
    let answers = |trace: &Trace| {
        let of = |step: &crate::trace::Step| (step.answer(), step.dump().cloned());
        trace.steps.iter().map(of).collect::<Vec<_>>()
    };
    if answers(&again) != answers(trace) {
        return Err(format!("answers are read back as others:\n{printed}"));
    }
    if again.to_string() != printed {
        return Err(format!("what was read back is printed otherwise:\n{printed}\n{again}"));
    }
    Ok(())
}
