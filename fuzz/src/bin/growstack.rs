//! The command `growstack`.

use std::io;
use std::process::ExitCode;

use growstack_fuzz::cli::{Exit, Streams, maps, run};

fn main() -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut streams = Streams { out: &mut out, err: &mut io::stderr() };
    let result = run(std::env::args_os(), &maps(), &mut streams)
        .and_then(|exit| io::Write::flush(streams.out).map(|()| exit));
    // Whoever closed the pipe has read enough, but has not seen all agree.
    ExitCode::from(result.unwrap_or(Exit::Unusable) as u8)
}
