//! The command `growstack`.

use std::process::ExitCode;

use growstack_fuzz::cli;

fn main() -> ExitCode {
    growstack_live::child().unwrap_or_else(|| cli::main(&cli::maps()))
}
