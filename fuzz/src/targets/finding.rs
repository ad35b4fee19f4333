//! What a target found, made short and told.

use std::fmt;
use std::fmt::Write as _;

use super::{Session, Target};
use crate::compare::Divergence;
use crate::driver::{WIDTHS, engine, shortened};
use crate::minimize;
use crate::reference::Reference;
use crate::replay::Contender;
use crate::report::Report;
use crate::trace::Trace;

/// A fault as it was met.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The engine and the reference differ after the last operation of a trace.
    Maps(Box<Difference>),
    /// Anything else, in a sentence.
    Told(String),
}

/// The engine and the reference differ after the last operation of a trace.
#[derive(Debug)]
pub(crate) struct Difference {
    /// What was carried out.
    pub(super) trace: Trace,
    /// In what they differ.
    pub(super) divergence: Divergence,
    /// The width of the index's nodes.
    pub(super) width: usize,
}

impl Fault {
    /// The fault in a sentence.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Maps(found) => found.divergence.between("reference", "engine").to_string(),
            Self::Told(sentence) => sentence.clone(),
        }
    }

    /// Makes the input short, and tells what it shows.
    pub(super) fn told(self, target: Target, bytes: &[u8]) -> Finding {
        let name = format!("{}_{:016x}", target.name(), hash(bytes));
        if let Self::Maps(found) = &self
            && let Some(finding) = by_trace(&name, &found.trace, found.width)
        {
            return finding;
        }
        by_bytes(name, target, bytes)
    }
}

impl Finding {
    /// What `trace` shows on the reference and the engine, with index nodes of any width under
    /// test; `None` if they agree.
    ///
    /// Its answers count only if engine and reference agree with each other: an answer is worth
    /// something after all that came before it, and nothing could be left out.
    #[must_use]
    pub fn of_trace(trace: &Trace) -> Option<Self> {
        let name = format!("trace_{:016x}", hash(trace.to_string().as_bytes()));
        [&trace.without_answers(), trace]
            .into_iter()
            .find_map(|trace| WIDTHS.into_iter().find_map(|width| by_trace(&name, trace, width)))
    }
}

/// The engine and the reference differ on a plain trace: the short one tells all.
fn by_trace(name: &str, trace: &Trace, width: usize) -> Option<Finding> {
    let engine = engine(width).expect("a width under test");
    let maps = [Contender::of::<Reference>("reference"), engine];
    let (short, failure) = shortened(trace, &maps)?;
    let report = Report { origin: name, trace: &short, failure: &failure, cut: &short };
    let (report, picture) = (report.to_string(), report.picture());
    let mut test = String::new();
    writeln!(test, "#[test]\nfn {name}() {{").expect("writing to a string");
    writeln!(test, "    growstack_fuzz::regression::agrees(\n        \"\\").expect("to a string");
    for line in short.to_string().lines() {
        writeln!(test, "{line}").expect("writing to a string");
    }
    writeln!(test, "\",\n    );\n}}").expect("writing to a string");
    Some(Finding { name: name.to_owned(), report, picture, trace: Some(short), input: None, test })
}

/// Only the target itself shows it: the short input and the sentence tell what there is to tell.
fn by_bytes(name: String, target: Target, bytes: &[u8]) -> Finding {
    let short = minimize::input(target, bytes);
    let sentence = match Session::default().try_out(target, &short) {
        Err(fault) => fault.sentence(),
        Ok(_) => "it did not happen again".to_owned(),
    };
    let mut report = format!("{name}: {sentence}\n");
    let trace = crate::input::Input::decode(&short)
        .filter(|_| target.takes_operations())
        .map(|input| input.trace());
    if let Some(trace) = &trace {
        writeln!(report, "  the operations of the input:").expect("writing to a string");
        for line in trace.to_string().lines() {
            writeln!(report, "    {line}").expect("writing to a string");
        }
    }
    let list: Vec<String> = short.iter().map(ToString::to_string).collect();
    let test = format!(
        "#[test]\nfn {name}() {{\n    growstack_fuzz::regression::passes({:?}, &[{}]);\n}}\n",
        target.name(),
        list.join(", "),
    );
    Finding { name, report, picture: String::new(), trace, input: Some(short), test }
}

/// FNV-1a: a name for an input that is the same everywhere.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// A fault, told. `Display` prints the report and the test.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The target and the hash of the input: a name for files and for the test.
    pub name: String,
    /// The operation, both maps around it, and a short trace.
    pub report: String,
    /// Both maps after the last operation as an SVG document; empty where no two maps differ.
    pub picture: String,
    /// The short trace; with [`input`](Self::input), it alone does not show the fault.
    pub trace: Option<Trace>,
    /// The short input, if no trace shows the fault.
    pub input: Option<Vec<u8>>,
    /// A test to paste into `fuzz/tests/regressions.rs`.
    pub test: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, test, .. } = self;
        writeln!(f, "{report}\n  as a test, for fuzz/tests/regressions.rs:\n\n{test}")
    }
}
