//! The command `growstack` for `memory_set`, not the engine.

use std::process::ExitCode;

use growstack_fuzz::cli;
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::MapFactory;
use memory_set_tested::MemorySetMap;

fn main() -> ExitCode {
    let mine = MapFactory::of::<MemorySetMap>("memory_set");
    cli::main(&[mine, MapFactory::of::<Oracle>("oracle")])
}
