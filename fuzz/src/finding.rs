//! What was found: shrunk, with a report, a picture and a test.

use std::fmt;
use std::fmt::Write as _;

use crate::compare::Divergence;
use crate::driver::ENGINES;
use crate::input::Input;
use crate::lockstep::{Failed, ORACLE};
use crate::reference::Reference;
use crate::replay::{self, Contender, replay};
use crate::report::Report;
use crate::shrink;
use crate::targets::{Fault, Session, Target};
use crate::trace::Trace;

/// A divergence of one map from the oracle, shrunk.
pub(crate) struct Shrunk {
    /// The shortest input that shows it.
    pub(crate) input: Input,
    /// Its operations, with plain numbers.
    pub(crate) trace: Trace,
    divergence: Divergence,
    /// What replay shows of the trace; `None` if the trace alone does not show it.
    replayed: Option<Box<replay::Failure>>,
    /// Did the same operations fail the second time?
    came_back: bool,
}

impl Shrunk {
    /// Shrinks an input of `tested` that failed; `again` runs one.
    pub(crate) fn of(
        input: Input,
        failed: Failed,
        tested: Contender,
        again: &mut dyn FnMut(&Input) -> Option<Box<Failed>>,
    ) -> Self {
        // A map that was too slow costs that time at each try.
        let late = matches!(failed.divergence, Divergence::Late { .. });
        let first = failed.divergence.clone();
        let mut again =
            |input: &Input| again(input).filter(|failed| failed.divergence.is_like(&first));
        let mut came_back = !late;
        let (input, failed) = if late {
            (input, failed)
        } else {
            // With all that ran as operations, a search that was only a probe among them.
            let mut explicit = Input::of(&failed.config, failed.ops.iter().copied());
            explicit.header.narrow = input.header.narrow;
            let start = if again(&explicit).is_some() { explicit } else { input };
            let short = shrink::input(start, |input| again(input).is_some());
            let again = again(&short);
            came_back = again.is_some();
            (short, again.map_or(failed, |failed| *failed))
        };
        let trace = failed.trace();
        let maps = [Contender::of::<Reference>(ORACLE), tested];
        let replayed = if late { None } else { replay(&trace, &maps).1.err() };
        Self { input, trace, divergence: failed.divergence, replayed, came_back }
    }

    /// What differs.
    pub(crate) fn divergence(&self) -> &Divergence {
        self.replayed.as_ref().map_or(&self.divergence, |failure| &failure.divergence)
    }

    /// The report for a reader.
    pub(crate) fn report(&self, origin: &str, tested: &str) -> String {
        let trace = &self.trace;
        if let Some(failure) = &self.replayed {
            return Report { origin, trace, failure, cut: trace }.to_string();
        }
        let mut report = format!("{origin}: {}\n", self.divergence.between(ORACLE, tested));
        if !self.came_back {
            report.push_str(
                "  it did not happen again: the same operations passed the second time\n",
            );
        }
        report.push_str("  its operations:\n");
        trace.to_string().lines().for_each(|line| _ = writeln!(report, "    {line}"));
        report
    }

    fn picture(&self) -> String {
        let report = |failure| Report { origin: "", trace: &self.trace, failure, cut: &self.trace };
        self.replayed.as_ref().map_or_else(String::new, |failure| report(failure).picture())
    }
}

/// A finding of a fuzz target. `Display` prints the report and the test.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The target and the hash of the input: a name for files and for the test.
    pub name: String,
    /// The operation, both maps around it, and a short trace.
    pub report: String,
    /// Both maps after the last operation as an SVG document; empty where no two maps differ.
    pub picture: String,
    /// The short trace; with [`input`](Self::input), it alone does not show the finding.
    pub trace: Option<Trace>,
    /// The short input, if no trace shows the finding.
    pub input: Option<Vec<u8>>,
    /// A test to paste into `fuzz/tests/regressions.rs`.
    pub test: String,
}

impl Finding {
    /// What `trace` shows on the oracle and the engine, with index nodes of any width under test;
    /// `None` if they agree.
    ///
    /// Its answers count only if engine and oracle agree with each other: an answer is worth
    /// something after all that came before it, and nothing could be left out.
    #[must_use]
    pub fn of_trace(trace: &Trace) -> Option<Self> {
        Self::of_trace_on(trace, &ENGINES)
    }

    /// What `trace` shows on the oracle and one of `maps`.
    #[must_use]
    pub fn of_trace_on(trace: &Trace, maps: &[Contender]) -> Option<Self> {
        let name = format!("trace_{:016x}", hash(trace.to_string().as_bytes()));
        [&trace.without_answers(), trace].into_iter().find_map(|trace| {
            maps.iter().find_map(|&tested| {
                let maps = [Contender::of::<Reference>(ORACLE), tested];
                let failure = replay(trace, &maps).1.err()?;
                let short = replay::cut(trace, &failure, &maps);
                let failure = replay(&short, &maps).1.err()?;
                let report =
                    Report { origin: &name, trace: &short, failure: &failure, cut: &short };
                let (text, picture) = (report.to_string(), report.picture());
                Some(Self::with_trace(&name, text, picture, short))
            })
        })
    }

    /// Shrinks an input of a target and reports what it shows.
    pub(crate) fn of_input(
        target: Target,
        bytes: &[u8],
        fault: Fault,
        own: Option<Contender>,
    ) -> Self {
        let name = format!("{}_{:016x}", target.name(), hash(bytes));
        let (input, failed) = match fault {
            Fault::Maps(found) => *found,
            Fault::Other(_) => return Self::by_bytes(name, target, bytes),
        };
        let tested = own.unwrap_or(ENGINES[usize::from(input.header.narrow)]);
        let mut session = own.map_or_else(Session::default, Session::on);
        let mut again = |input: &Input| session.again(target, input).err();
        let shrunk = Shrunk::of(input, failed, tested, &mut again);
        let report = shrunk.report(&name, tested.name);
        let picture = shrunk.picture();
        if shrunk.replayed.is_some() {
            return Self::with_trace(&name, report, picture, shrunk.trace);
        }
        let input = shrunk.input.encode();
        let test = passes(&name, target, &input);
        Self { name, report, picture, trace: Some(shrunk.trace), input: Some(input), test }
    }

    /// A finding that its trace shows.
    fn with_trace(name: &str, report: String, picture: String, trace: Trace) -> Self {
        let test = format!(
            "#[test]\nfn {name}() {{\n    growstack_fuzz::regression::agrees(\n        \"\\\n\
             {trace}\",\n    );\n}}\n",
        );
        Self { name: name.to_owned(), report, picture, trace: Some(trace), input: None, test }
    }

    /// A finding of a target whose inputs are no operations on maps.
    fn by_bytes(name: String, target: Target, bytes: &[u8]) -> Self {
        let short =
            target.shrink(bytes, |bytes| Session::default().try_out(target, bytes).is_err());
        let report = match Session::default().try_out(target, &short) {
            Err(Fault::Other(sentence)) => format!("{name}: {sentence}\n"),
            _ => format!("{name}: it did not happen again\n"),
        };
        let test = passes(&name, target, &short);
        Self { name, report, picture: String::new(), trace: None, input: Some(short), test }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, test, .. } = self;
        writeln!(f, "{report}\n  as a test, for fuzz/tests/regressions.rs:\n\n{test}")
    }
}

fn passes(name: &str, target: Target, input: &[u8]) -> String {
    let list: Vec<String> = input.iter().map(ToString::to_string).collect();
    format!(
        "#[test]\nfn {name}() {{\n    growstack_fuzz::regression::passes({:?}, &[{}]);\n}}\n",
        target.name(),
        list.join(", "),
    )
}

/// FNV-1a: a name for an input that is the same everywhere.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
