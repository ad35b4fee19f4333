//! Compares the drivers of two revisions, for `scripts/bench-compare`, and draws what was compared
//! so far.

use std::fs;
use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, ValueEnum};
use growstack_bench_driver::op::Op;
use growstack_benches::compare::driver::{Driver, Task, sha256};
use growstack_benches::compare::instructions::{self, Counted};
use growstack_benches::compare::markdown::markdown;
use growstack_benches::compare::time::{self, Pace, Timed};
use growstack_benches::compare::{
    Benchmark, Comparison, Record, Revision, Verdict, history, trend,
};
use growstack_benches::host;

/// Compares the drivers of two revisions of the engine.
#[derive(Parser)]
enum Arguments {
    /// Measures two drivers against each other. Exits with 1 on a regression, with 2 if it cannot.
    Measure(Box<Measure>),
    /// Draws a history as a page.
    Trend {
        /// The history.
        history: PathBuf,
        /// The page.
        page: PathBuf,
    },
}

#[derive(Args)]
struct Measure {
    /// The driver built of the base.
    #[arg(long)]
    base: PathBuf,
    /// The driver built of the head.
    #[arg(long)]
    head: PathBuf,
    /// The base's commit.
    #[arg(long)]
    base_commit: String,
    /// The first line of its message.
    #[arg(long, default_value = "")]
    base_subject: String,
    /// The head's commit.
    #[arg(long)]
    head_commit: String,
    /// The first line of its message.
    #[arg(long, default_value = "")]
    head_subject: String,
    /// Something that a reader has to know beside.
    #[arg(long)]
    note: Vec<String>,
    /// A folder for copies of the drivers, which may be overwritten.
    #[arg(long)]
    scratch: PathBuf,
    /// valgrind, by its path, for the first gate.
    #[arg(long, default_value = "/usr/bin/valgrind")]
    valgrind: PathBuf,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
struct What {
    /// What decides.
    #[arg(long, value_enum, default_value_t = Gate::Both)]
    gate: Gate,
    /// Fewer sizes, fewer blocks.
    #[arg(long)]
    quick: bool,
    /// These operations alone.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Op::ALL)]
    only: Vec<Op>,
    /// Sizes of map, in entries.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(4..))]
    entries: Vec<u32>,
}

#[derive(Args)]
struct Output {
    /// Writes the comparison as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes what is printed to a file as well.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Adds the comparison to a file, one a line.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Draws that file as a page.
    #[arg(long, value_name = "FILE", requires = "history")]
    trend: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Gate {
    Instructions,
    Time,
    Both,
}

/// Sizes of map measured: one leaf's parent, the first-level cache left behind, the second.
const SIZES: [u32; 3] = [256, 4096, 65_536];

fn main() -> ExitCode {
    let ran = match Arguments::parse() {
        Arguments::Measure(arguments) => measure(*arguments),
        Arguments::Trend { history, page } => draw(&history, &page).map(|()| ExitCode::SUCCESS),
    };
    ran.unwrap_or_else(|error| {
        eprintln!("compare: {error:#}");
        ExitCode::from(2)
    })
}

fn measure(arguments: Measure) -> anyhow::Result<ExitCode> {
    let Measure { base, head, scratch, valgrind, what, output, note: mut notes, .. } = arguments;
    fs::create_dir_all(&scratch)?;
    let same_bytes = fs::read(&base).context("no base")? == fs::read(&head).context("no head")?;
    let tasks = what.tasks()?;

    let mut counted = Vec::new();
    if what.gate != Gate::Time {
        progress("counting instructions");
        let base = Driver::copy(&base, &scratch, "b")?;
        let head = Driver::copy(&head, &scratch, "h")?;
        counted = instructions::count(&base, &head, &tasks, &valgrind)?;
    }
    let mut timed = Timed::default();
    if what.gate != Gate::Instructions {
        // The children stay on the core, too.
        if !host::pin() {
            notes.push("the runs could not be kept to one core".to_owned());
        }
        let pace = if what.quick { Pace::QUICK } else { Pace::FULL };
        timed = time::compare(&base, &head, &scratch, &tasks, pace, progress)?;
    }
    progress("");

    let benchmarks = assemble(&tasks, counted, timed, &mut notes);
    let revision = |commit, subject, driver: &Path| -> anyhow::Result<Revision> {
        Ok(Revision { commit, subject, driver_sha256: sha256(driver)? })
    };
    let base = revision(arguments.base_commit, arguments.base_subject, &base)?;
    let head = revision(arguments.head_commit, arguments.head_subject, &head)?;
    let comparison = Comparison::new(base, head, same_bytes, benchmarks, notes);
    output.write(&comparison)?;
    Ok(ExitCode::from(u8::from(comparison.verdict == Verdict::Regression)))
}

/// Brings together what both gates saw of each benchmark.
fn assemble(
    tasks: &[Task],
    counted: Vec<Counted>,
    mut timed: Timed,
    notes: &mut Vec<String>,
) -> Vec<Benchmark> {
    for (entries, op) in &timed.unconfirmed {
        notes.push(format!("{op} at {entries} looked different once, and not again"));
    }
    for counted in counted.iter().filter(|counted| !counted.same_answers) {
        let Counted { op, entries, .. } = counted;
        notes
            .push(format!("{op} at {entries}: the revisions answer differently, or were asked so"));
    }
    let mut counted = counted.into_iter();
    let keys = tasks.iter().flat_map(|task| task.ops.iter().map(|op| (task.entries, *op)));
    keys.map(|(entries, op)| {
        let instructions = counted.next().map(|counted| counted.instructions);
        Benchmark::new(op.name(), entries, instructions, timed.times.remove(&(entries, op)))
    })
    .collect()
}

impl What {
    fn tasks(&self) -> anyhow::Result<Vec<Task>> {
        let sizes: &[u32] = match (&self.entries[..], self.quick) {
            ([], true) => &SIZES[..2],
            ([], false) => &SIZES,
            (chosen, _) => chosen,
        };
        let mut ops = self.only.clone();
        // Each map is made once, the one that only the search for space needs as the last.
        ops.sort_unstable_by_key(|op| (*op == Op::Findspace, *op));
        ops.dedup();
        let task = |n: &u32| Ok(Task { entries: usize::try_from(*n)?, ops: ops.clone() });
        sizes.iter().map(task).collect()
    }
}

impl Output {
    fn write(&self, comparison: &Comparison) -> anyhow::Result<()> {
        let text = markdown(comparison);
        stdout().write_all(text.as_bytes())?;
        if let Some(file) = &self.markdown {
            write(file, &text)?;
        }
        if let Some(file) = &self.json {
            write(file, &(serde_json::to_string_pretty(comparison)? + "\n"))?;
        }
        if let Some(file) = &self.history {
            history::append(file, &Record::now(comparison.clone()))?;
            if let Some(page) = &self.trend {
                draw(file, page)?;
            }
        }
        Ok(())
    }
}

fn draw(history: &Path, page: &Path) -> anyhow::Result<()> {
    let (records, spoilt) = history::read(history)?;
    if spoilt > 0 {
        eprintln!("compare: {} has {spoilt} lines that are no records", history.display());
    }
    write(page, &trend::page(&records)?)
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Says on the terminal what goes on, on one line.
fn progress(what: &str) {
    use std::io::IsTerminal as _;
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{what}");
    }
}
