//! `growstack record`.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use super::import::Output;
use super::{Exit, Streams};
use crate::record::live;
use crate::replay::Contender;

/// Run a program under strace, and write what it and its children do to their address spaces as
/// traces, one a process.
///
/// Beside each trace goes what the kernel said of the process before it ended, /proc/PID/maps
/// without names, and the map that the trace comes to is compared with it page by page. Where
/// stacks of threads can be told as stacks that grow, a second trace, NAME-growing.trace, does so.
///
/// Exit code: 0 if every trace agrees with what the kernel said, 1 if one does not or the maps
/// give different answers, 2 if something could not be used. How the program itself ended makes no
/// difference; it is told on the standard error.
#[derive(Debug, Args)]
pub(super) struct Record {
    #[command(flatten)]
    output: Output,

    /// Keep the log of strace, from which `growstack import` makes the traces anew; packed if the
    /// name ends with .zst.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// How long strace holds every program at its start and its end, in milliseconds. More is
    /// needed only where the machine is so busy that the recorder says it was too late.
    #[arg(long, value_name = "MS", default_value_t = 100)]
    hold: u64,

    /// The program and its arguments.
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Record {
    pub(super) fn run(&self, maps: &[Contender], streams: &mut Streams<'_>) -> io::Result<Exit> {
        self.record(maps, streams).or_else(|error| {
            writeln!(streams.err, "growstack: {error:#}")?;
            Ok(Exit::Unusable)
        })
    }

    fn record(&self, maps: &[Contender], streams: &mut Streams<'_>) -> Result<Exit> {
        let mut log = Vec::new();
        let outcome = live::record(&self.command, Duration::from_millis(self.hold), &mut log)?;
        if let Some(path) = &self.log {
            let packed = path.extension().is_some_and(|extension| extension == "zst");
            let bytes = if packed { zstd::encode_all(log.as_slice(), 9)? } else { log.clone() };
            fs::write(path, bytes).with_context(|| path.display().to_string())?;
        }
        if !outcome.status.success() {
            writeln!(streams.err, "growstack: the program ended with {}", outcome.status)?;
        }
        if outcome.missed != 0 {
            writeln!(
                streams.err,
                "growstack: {} times a program went on before the kernel could be asked; a larger \
                 --hold helps",
                outcome.missed
            )?;
        }
        self.output.write(&String::from_utf8_lossy(&log), maps, streams)
    }
}
