//! The command `growstack-recorder`.

mod output;
#[cfg(target_os = "linux")]
mod record;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser};
use growstack_fuzz::cli::Exit;
use growstack_fuzz::trace::read_packed;

use output::Output;

/// Record what Linux programs do to their address spaces, as traces for growstack.
#[derive(Debug, Parser)]
#[command(name = "growstack-recorder", version, max_term_width = 100)]
enum Command {
    #[cfg(target_os = "linux")]
    Record(record::Record),
    Import(Import),
}

/// Make traces of a log that `growstack-recorder record --log` has kept.
///
/// Exit code: 0 if every trace agrees with what the kernel said of its process, 1 if one does not
/// or the maps give different answers, 2 if something could not be used.
#[derive(Debug, Args)]
struct Import {
    /// The log; packed if its name ends with .zst.
    #[arg(value_name = "LOG")]
    log: PathBuf,

    #[command(flatten)]
    output: Output,
}

fn main() -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let outcome = match Command::parse() {
        #[cfg(target_os = "linux")]
        Command::Record(record) => record.run(&mut out),
        Command::Import(import) => import.run(&mut out),
    };
    let exit = outcome.and_then(|exit| Ok(out.flush().map(|()| exit)?)).unwrap_or_else(|error| {
        eprintln!("growstack-recorder: {error:#}");
        Exit::Unusable
    });
    ExitCode::from(exit as u8)
}

impl Import {
    fn run(&self, out: &mut dyn Write) -> Result<Exit> {
        let log = read_packed(&self.log)?;
        self.output.write(&String::from_utf8_lossy(&log), out)
    }
}
