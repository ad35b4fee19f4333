//! What was found: shrunk, with a report, a picture and a test.

use std::fmt;

use crate::driver::ENGINES;
use crate::input::Input;
use crate::linux::random::Found;
use crate::replay::{self, MapFactory, ORACLES, replay};
use crate::report::Report;
use crate::shrunk::Shrunk;
use crate::targets::{Fault, Session, Target, linux};
use crate::trace::Trace;

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
    /// A test to paste into `fuzz/tests/traces/regressions.rs`.
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
    pub fn of_trace_on(trace: &Trace, maps: &[MapFactory]) -> Option<Self> {
        let name = format!("trace_{:016x}", hash(trace.to_string().as_bytes()));
        [&trace.without_answers(), trace].into_iter().find_map(|trace| {
            maps.iter().find_map(|&tested| {
                let maps = [ORACLES, tested];
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
        own: Option<MapFactory>,
    ) -> Self {
        let name = format!("{}_{:016x}", target.name(), hash(bytes));
        let (input, failed) = match fault {
            Fault::Maps(found) => *found,
            Fault::Kernel(found) => return Self::of_kernel(name, target, bytes, &found),
            Fault::Other(_) => return Self::by_bytes(name, target, bytes),
        };
        let tested = own.unwrap_or(ENGINES[usize::from(input.header.narrow)]);
        let mut session = own.map_or_else(Session::default, Session::on);
        let mut again = |input: &Input| session.again(target, input).err();
        let (input, shrunk) = Shrunk::of(input, failed, tested, &mut again);
        let report = shrunk.report(&name, tested.name);
        let picture = shrunk.picture();
        if shrunk.replayed.is_some() {
            return Self::with_trace(&name, report, picture, shrunk.trace);
        }
        let input = input.encode();
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

    /// A finding on the kernel of this machine. Its trace is made short, and is part of the report; the
    /// input stays as it is.
    fn of_kernel(name: String, target: Target, bytes: &[u8], found: &Found) -> Self {
        let report = format!("{name}: {}\n", linux::report(found));
        let test = passes(&name, target, bytes);
        Self {
            name,
            report,
            picture: String::new(),
            trace: None,
            input: Some(bytes.to_vec()),
            test,
        }
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
        writeln!(f, "{report}\n  as a test, for fuzz/tests/traces/regressions.rs:\n\n{test}")
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
