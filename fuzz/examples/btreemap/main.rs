//! The command `growstack` with a map of one's own instead of the engine:
//!
//! ```sh
//! cargo run --release --example btreemap -- random --budget 10
//! cargo run --release --example btreemap -- replay corpus
//! ```

mod map;

use std::process::ExitCode;

use growstack_fuzz::cli;
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::MapFactory;

fn main() -> ExitCode {
    let mine = MapFactory::of::<map::ListMap>("btreemap");
    cli::main(&[mine, MapFactory::of::<Oracle>("oracle")])
}
