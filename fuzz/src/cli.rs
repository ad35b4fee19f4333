//! The command `growstack`.
//!
//! [`run`] is the whole of it, given its arguments, its maps and where to write, so that tests
//! and other programs can call it with maps of their own.

mod bounded;
mod describe;
mod distill;
mod forks;
mod input;
mod linux_engine;
mod live;
mod maps;
mod minimize;
mod outside;
mod parallel;
mod plain;
mod random;
mod replay;
mod report;
mod seeds;
mod show;
mod stress;

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use crate::replay::MapFactory;

pub use maps::maps;

/// Replay traces of a VM map with growable stacks, and compare maps with each other.
#[derive(Debug, Parser)]
#[command(name = "growstack", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Replay(replay::Replay),
    Random(random::Random),
    Minimize(minimize::Minimize),
    Seeds(seeds::Seeds),
    Distill(distill::Distill),
    Stress(stress::Stress),
    Bounded(bounded::Bounded),
    Describe(describe::Describe),
    Show(show::Show),
    Plain(plain::Plain),
    Report(report::Report),
}

impl Command {
    /// Runs the command. The error says why it is of no use.
    fn run(&self, factories: &[MapFactory], streams: &mut Streams<'_>) -> Result<Exit> {
        // The answer would be about another map than the one under test.
        if matches!(self, Self::Stress(_)) && own(factories).is_some() {
            bail!("stress works on the engine, which is not among the maps of this command");
        }
        match self {
            Self::Replay(replay) => replay.run(factories, streams),
            Self::Random(random) => random.run(factories, streams),
            Self::Minimize(minimize) => minimize.run(factories, streams),
            Self::Seeds(seeds) => seeds.run(streams),
            Self::Distill(distill) => distill.run(factories, streams),
            Self::Stress(stress) => stress.run(streams),
            Self::Bounded(bounded) => bounded.run(factories, streams),
            Self::Describe(describe) => describe.run(streams),
            Self::Show(show) => show.run(streams),
            Self::Plain(plain) => plain.run(streams),
            Self::Report(report) => report.run(streams),
        }
    }
}

/// The map under test, if it is not the engine: the first that is no oracle.
fn own(factories: &[MapFactory]) -> Option<MapFactory> {
    let engine = factories.iter().any(|factory| factory.name.starts_with("engine"));
    let mut others = factories.iter().filter(|factory| factory.name != "oracle");
    others.next().copied().filter(|_| !engine)
}

/// How the command ends; the numbers are its exit codes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Exit {
    /// All agreed.
    Agreed = 0,
    /// Something diverged.
    Diverged = 1,
    /// The input or the arguments are of no use.
    Unusable = 2,
}

/// Where the command writes.
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Complaints.
    pub err: &'a mut dyn Write,
}

/// The command as a whole program, with the maps of `factories`: takes its arguments from the
/// program's, writes to the standard streams.
///
/// A program of your own that is fuzzed with your own map needs no more than this:
///
/// ```no_run
/// use growstack_fuzz::cli;
/// use growstack_fuzz::oracle::Oracle;
/// use growstack_fuzz::replay::MapFactory;
/// # use growstack_fuzz::engine::EngineSpace as MyMap;
/// fn main() -> std::process::ExitCode {
///     let mine = MapFactory::of::<MyMap>("mine");
///     cli::main(&[mine, MapFactory::of::<Oracle>("oracle")])
/// }
/// ```
#[must_use]
pub fn main(factories: &[MapFactory]) -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut streams = Streams { out: &mut out, err: &mut io::stderr() };
    let result = run(std::env::args_os(), factories, &mut streams)
        .and_then(|exit| streams.out.flush().map(|()| exit));
    // The reader that closed the pipe has read enough, but has not seen all agree.
    ExitCode::from(result.unwrap_or(Exit::Unusable) as u8)
}

/// Runs the command line `arguments`, the command's own name first, with the maps of
/// `factories` under test.
///
/// # Errors
///
/// When the reader of standard output has closed it, or standard error cannot be written.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    factories: &[MapFactory],
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command }) => {
            command.run(factories, streams).or_else(|error| complain(&error, streams.err))
        }
        Err(error) if error.use_stderr() => {
            write!(streams.err, "{}", error.render())?;
            Ok(Exit::Unusable)
        }
        Err(help) => {
            write!(streams.out, "{}", help.render())?;
            Ok(Exit::Agreed)
        }
    }
}

/// Says why a command is of no use.
fn complain(error: &anyhow::Error, err: &mut dyn Write) -> io::Result<Exit> {
    // Of standard output; for files, the error has their name.
    let nameless = |io: &&io::Error| io.to_string() == error.to_string();
    let kind = error.downcast_ref().filter(nameless).map(io::Error::kind);
    // The reader has closed the pipe, and read enough.
    if kind == Some(ErrorKind::BrokenPipe) {
        return Err(ErrorKind::BrokenPipe.into());
    }
    writeln!(err, "growstack: {error:#}")?;
    Ok(Exit::Unusable)
}
