//! The command `growstack`.

// `cargo fuzz build` builds every program of the package, instrumented, which does not link
// without libFuzzer. Such a command is of no use, and does nothing.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|_nothing: &[u8]| {});

#[cfg(not(fuzzing))]
use std::{io, process::ExitCode};

#[cfg(not(fuzzing))]
use growstack_fuzz::cli::{Exit, Streams, maps, run};

#[cfg(not(fuzzing))]
fn main() -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut streams = Streams { out: &mut out, err: &mut io::stderr() };
    let result = run(std::env::args_os(), &maps(), &mut streams)
        .and_then(|exit| io::Write::flush(streams.out).map(|()| exit));
    // Whoever closed the pipe has read enough, but has not seen all agree.
    ExitCode::from(result.unwrap_or(Exit::Unusable) as u8)
}
