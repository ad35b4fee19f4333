//! Maps that are programs of their own, in any language, asked over a pipe.
//!
//! The protocol is in `docs/trace.md`: the program reads a trace without answers from its standard
//! input, and writes the answers to its standard output.

mod child;
pub(crate) mod group;
mod unknown;

use std::time::Duration;

use growstack::Change;

use crate::answer::{Answer, Cause, Row, Summary};
use crate::keeps::Keeps;
use crate::kernel::Kernel;
use crate::op::{Config, Op};
use crate::replay::MapFactory;
use crate::space::AddressSpace;
use crate::trace::parse_answer;
use child::{Broken, Child};
use unknown::{DumpLine, parse_dump_line};

/// The most entries of a dump: without a bound, a child that never ends its dump would fill the memory.
const MOST_ROWS: usize = 1 << 20;

/// How to start a program that is a map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The program, then its arguments.
    words: Vec<String>,
    /// How long it may take for the answer to one operation, the dump after it included.
    timeout: Duration,
}

impl Command {
    /// The program and arguments in `line`, apart at white space; no shell looks at it. `None` if
    /// there is no word in it.
    #[must_use]
    pub fn new(line: &str, timeout: Duration) -> Option<Self> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self { words, timeout })
    }

    /// Maps that are children of this command, one child for each.
    ///
    /// The command stays in memory as long as the program runs, because factories do.
    #[must_use]
    pub fn factory(self, name: &'static str) -> MapFactory {
        let create =
            move |config: &Config| Box::new(Exec::start(&self, config)) as Box<dyn AddressSpace>;
        MapFactory { name, create: Box::leak(Box::new(create)) }
    }
}

/// A map that is a child process.
///
/// Once the child has broken the protocol or gone, every answer is [`Answer::Failed`] or
/// [`Answer::Late`], and [`check`](AddressSpace::check) says what happened.
#[derive(Debug)]
pub struct Exec {
    child: Result<Child, Broken>,
    /// Does it have a `dump`?
    dumps: bool,
    rows: Vec<Row>,
    summary: Summary,
    keeps: Keeps,
    kernel: Kernel,
}

impl Exec {
    /// Starts the child and sends it `config`.
    #[must_use]
    pub fn start(command: &Command, config: &Config) -> Self {
        let child = Child::start(command, &config.to_string());
        Self { kernel: config.kernel(), ..Self::with(child) }
    }

    fn with(child: Result<Child, Broken>) -> Self {
        Self {
            child,
            dumps: true,
            rows: Vec::new(),
            summary: Summary::default(),
            keeps: Keeps::ALL,
            kernel: Kernel::default(),
        }
    }

    /// Has the child run `op`, and looks at its map after it.
    fn ask(&mut self, op: &Op) -> Result<Answer, Broken> {
        let Self { child, dumps, .. } = self;
        let child = child.as_mut().map_err(|broken| broken.clone())?;
        child.send(op.to_string());
        let mut answer = Answer::Silent;
        if *op != Op::Dump {
            let line = child.line()?;
            if is_unsupported(&line) {
                return Ok(Answer::Unsupported);
            }
            answer = parse_answer(op, &line).map_err(|error| garbage(op, &line, error.problem))?;
            if !*dumps {
                return Ok(answer);
            }
            child.ask_on(Op::Dump.to_string());
        }
        self.read_dump()?;
        Ok(answer)
    }

    /// Reads the answer to `dump`. A child that has no `dump` is not asked again.
    fn read_dump(&mut self) -> Result<(), Broken> {
        let Self { child, dumps, rows, summary, keeps, .. } = self;
        let child = child.as_mut().map_err(|broken| broken.clone())?;
        rows.clear();
        loop {
            let line = child.line()?;
            if rows.is_empty() && is_unsupported(&line) {
                (*dumps, *keeps) = (false, Keeps::NOTHING);
                return Ok(());
            }
            match parse_dump_line(&line).map_err(|error| garbage(&Op::Dump, &line, error))? {
                DumpLine::Row(_, _) if rows.len() == MOST_ROWS => {
                    let reason = format!("it wrote a dump of more than {MOST_ROWS} entries");
                    return Err(Broken::Failed(reason));
                }
                DumpLine::Row(row, kept) => {
                    rows.push(row);
                    *keeps = keeps.and(kept);
                }
                DumpLine::Summary(closing, kept) => {
                    *summary = closing;
                    *keeps = keeps.and(kept);
                    return Ok(());
                }
            }
        }
    }
}

fn is_unsupported(line: &str) -> bool {
    line.split_ascii_whitespace().eq(["=", "UNSUPPORTED"])
}

/// What the child wrote is no answer to `op`.
fn garbage(op: &Op, line: &str, problem: impl std::fmt::Display) -> Broken {
    let line: String = line.chars().take(80).collect();
    Broken::Failed(format!("it wrote `{}` after `{op}`: {problem}", line.escape_debug()))
}

impl AddressSpace for Exec {
    /// A map that has failed, because nobody said which program it is: use [`Exec::start`].
    fn create(_: &Config) -> Self {
        Self::with(Err(Broken::Failed("no command was given".into())))
    }

    fn apply(&mut self, op: &Op, _: &mut Vec<Change>) -> (Answer, Cause) {
        let answer = self.ask(op).unwrap_or_else(|broken| {
            let answer = match broken {
                Broken::Failed(_) => Answer::Failed,
                Broken::Late(_) => Answer::Late,
            };
            // The child is gone from here on, whatever state it is in.
            self.child = Err(broken);
            answer
        });
        (answer, Cause::NotGiven)
    }

    fn reports_causes(&self) -> bool {
        false
    }

    /// That of the header: the program has read it, and says itself what it does not support.
    fn kernel(&self) -> Kernel {
        self.kernel
    }

    fn keeps(&self) -> Keeps {
        self.keeps
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        rows.clone_from(&self.rows);
    }

    fn summary(&self) -> Summary {
        self.summary
    }

    fn check(&self) -> Result<(), String> {
        match &self.child {
            Ok(_) => Ok(()),
            Err(Broken::Failed(reason) | Broken::Late(reason)) => Err(reason.clone()),
        }
    }
}
