//! The command `growstack`.

// `cargo fuzz build` builds every program of the package, instrumented, which does not link
// without libFuzzer. Such a command is of no use, and does nothing.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|_nothing: &[u8]| {});

#[cfg(not(fuzzing))]
use std::process::ExitCode;

#[cfg(not(fuzzing))]
use growstack_fuzz::cli;

#[cfg(not(fuzzing))]
fn main() -> ExitCode {
    cli::main(&cli::maps())
}
