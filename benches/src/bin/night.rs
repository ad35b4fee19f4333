//! A night of growstack; `scripts/nightly` builds and runs it.

use std::process::ExitCode;

use clap::Parser;
use growstack_benches::night::options::Options;

fn main() -> ExitCode {
    match growstack_benches::night::run(&Options::parse()) {
        Ok(exit) => ExitCode::from(exit),
        Err(error) => {
            eprintln!("nightly: {error:#}");
            ExitCode::from(2)
        }
    }
}
