//! Traces: operations with the answers that some map gave (`docs/trace.md`, version 1).
//!
//! [`Trace::parse`] reads one, and `Display` writes it. A trace that was read keeps the spelling
//! of its header and of its operation lines, its comments and its blank lines, so that only
//! answers change when answers are filled in. Answers are always written in the one form that
//! programs print.
//!
//! ```
//! use growstack_fuzz::{answer::Answer, op::Op, trace::Trace};
//! let text = "\
//! growstack-trace 1
//! map min=0x1000 max=0x800000000000 page=4096
//! proc maxsaddr=0x7fffdffff000
//! sysctl sgrowsiz=0x20000 stack_guard_page=0
//! limit stack=0x4000000 vmem=inf memlock=inf swap=inf
//! lookup 4096   # nothing is there
//! = FALSE
//! ";
//! let trace = Trace::parse(text.as_bytes())?;
//! assert_eq!(trace.steps[0].line(), Some(6));
//! assert_eq!(trace.steps[0].answer(), Some(Answer::Holds(None)));
//! assert_eq!(trace.to_string(), text);
//! # Ok::<(), growstack_fuzz::trace::ParseError>(())
//! ```

mod error;
mod field;
mod file;
mod head;
mod header;
mod line;
mod ops;
mod reader;
mod result;
mod words;
mod writer;

pub use error::ParseError;
pub(crate) use field::{number, protection};
pub(crate) use file::parse_file;
pub use file::{read_file, read_file_of, read_packed};
pub(crate) use head::{begins, value, version};
pub use line::{parse_answer, parse_dump_line};
pub use result::{DumpLine, RowText};
pub(crate) use words::{Word, Words};

use std::num::NonZero;

use crate::answer::{Answer, Row, Summary};
use crate::kernel::Kernel;
use crate::op::{Config, Form, Op};

/// A trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    config: Config,
    /// The header and the comments before the first operation, as they were read.
    head: Option<String>,
    /// The operations in order.
    pub steps: Vec<Step>,
    /// The lines of comments and blank lines after the last result.
    tail: String,
}

/// One operation of a trace, with what is recorded about it. A trace may have millions, so what few of
/// them have is apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    op: Op,
    recorded: Recorded,
    /// The number of its line, if it was read from a text.
    line: Option<NonZero<u32>>,
    notes: Option<Box<Notes>>,
}

/// What a trace records of the result of an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Recorded {
    Nothing,
    Answer(Answer),
    Dump(Box<Dump>),
}

/// What a dump shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dump {
    /// The entries in the order of the lines.
    pub rows: Vec<Row>,
    /// The closing line.
    pub summary: Summary,
}

/// What was read with an operation and means nothing for it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Notes {
    /// The operation line, if it is not as programs print it.
    text: Option<String>,
    /// The lines of comments and blank lines above it.
    above: String,
    /// Those among the results.
    remarks: Vec<Remark>,
}

/// Comments and blank lines among the results of an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Remark {
    /// How many result lines come before it, the one that it shares a line with included.
    after: usize,
    /// Does it share a line with a result?
    beside: bool,
    /// What stands beside a result, or whole lines.
    text: String,
}

impl Trace {
    /// A trace without operations.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, head: None, steps: Vec::new(), tail: String::new() }
    }

    /// Reads a trace. Time and memory are linear in the length of the text.
    ///
    /// # Errors
    ///
    /// The first line and column at which the text breaks the format.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        reader::parse(text, None)
    }

    /// As [`parse`](Self::parse), of a trace whose header need not name its kernel: it is then one of
    /// `kernel`, and says so where it is written.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse); a header that names another kernel is one.
    pub fn parse_of(text: &[u8], kernel: Kernel) -> Result<Self, ParseError> {
        reader::parse(text, Some(kernel))
    }

    /// What the header says.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The same trace without any answers.
    #[must_use]
    pub fn without_answers(&self) -> Self {
        let mut trace = self.clone();
        for step in &mut trace.steps {
            step.recorded = Recorded::Nothing;
        }
        trace
    }
}

impl Step {
    /// An operation with nothing recorded.
    #[must_use]
    pub fn new(op: Op) -> Self {
        Self { op, recorded: Recorded::Nothing, line: None, notes: None }
    }

    /// The operation.
    #[must_use]
    pub fn op(&self) -> &Op {
        &self.op
    }

    /// The number of its line, from 1, if it was read from a text.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line.map(|line| line.get() as usize)
    }

    /// The answer recorded, if any; a dump has none.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        match self.recorded {
            Recorded::Answer(answer) => Some(answer),
            Recorded::Nothing | Recorded::Dump(_) => None,
        }
    }

    /// The dump recorded, if any.
    #[must_use]
    pub fn dump(&self) -> Option<&Dump> {
        match &self.recorded {
            Recorded::Dump(dump) => Some(dump),
            Recorded::Nothing | Recorded::Answer(_) => None,
        }
    }

    /// Records what a map answered, and how it looked, and drops what was recorded before.
    ///
    /// A dump records `rows` and `summary`; every other operation records `answer`, unless the
    /// format has no result line for it or none of that form.
    pub fn record(&mut self, answer: Answer, rows: &[Row], summary: Summary) {
        let fits = match (self.op.form(), answer) {
            (Form::Dump, _) => {
                let mut rows = rows.to_vec();
                rows.iter_mut().for_each(|row| row.avail = row.shown_avail());
                self.recorded = Recorded::Dump(Box::new(Dump { rows, summary }));
                return;
            }
            (Form::Code, Answer::Code(_))
            | (Form::Found, Answer::Found(_))
            | (Form::Forked, Answer::Forked(_))
            | (Form::Truth, Answer::Truth(_))
            | (Form::Holds, Answer::Holds(_)) => true,
            (Form::Found | Form::Forked, Answer::Code(code)) => {
                code != growstack::KernReturn::Success
            }
            _ => false,
        };
        self.recorded = if fits { Recorded::Answer(answer) } else { Recorded::Nothing };
    }
}
