//! The command `growstack`.

use std::process::ExitCode;

use growstack_fuzz::cli;

fn main() -> ExitCode {
    cli::main(&cli::maps())
}
