//! The command `growstack` for `memory_set`, not the engine.

use std::process::ExitCode;

use growstack_fuzz::cli;
use growstack_fuzz::reference::Reference;
use growstack_fuzz::replay::Contender;
use memory_set_tested::MemorySetMap;

fn main() -> ExitCode {
    let mine = Contender::of::<MemorySetMap>("memory_set");
    cli::main(&[mine, Contender::of::<Reference>("reference")])
}
