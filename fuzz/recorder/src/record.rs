//! `growstack-recorder record`.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use growstack_fuzz::cli::Exit;
use growstack_recorder::live;

use super::output::Output;

/// Run a program under strace, and write what it and its children do to their address spaces: one
/// trace a process.
///
/// Beside each trace goes /proc/PID/maps of the process before it ended, without names, and the
/// final map of the trace is compared with it page by page. Where threads have stacks, a second
/// trace, NAME-growing.trace, makes them stacks that grow. NAME.linux.trace has the calls themselves,
/// the kernel's answers and its list with flags at the end, and is compared with the rules of Linux.
/// docs/recording.md says which Linux call becomes which operation.
///
/// Exit code: 0 if every trace agrees with the kernel, 1 if one does not or the maps give different
/// answers, 2 if something could not be used: strace is missing, say. How the program itself ended
/// makes no difference; the standard error says it.
#[derive(Debug, Args)]
pub(super) struct Record {
    #[command(flatten)]
    output: Output,

    /// Keep the log of strace, from which `growstack-recorder import` makes the same traces again.
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
    /// Records, and writes the traces.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit> {
        let mut log = Vec::new();
        let outcome = live::record(&self.command, Duration::from_millis(self.hold), &mut log)?;
        if let Some(path) = &self.log {
            fs::write(path, &log).with_context(|| path.display().to_string())?;
        }
        if !outcome.status.success() {
            eprintln!("growstack-recorder: the program ended with {}", outcome.status);
        }
        if outcome.missed != 0 {
            eprintln!(
                "growstack-recorder: {} times a program went on before the kernel could be asked; \
                 a larger --hold helps",
                outcome.missed
            );
        }
        self.output.write(&String::from_utf8_lossy(&log), out)
    }
}
