//! The running kernel behind a child of this very program.

use std::env;
use std::process::ExitCode;

use growstack_fuzz::linux::live::Ground;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    if let Some(exit) = growstack_live::child() {
        return exit;
    }
    let trials = vec![Trial::test("probe", probe)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn probe() -> Result<(), Failed> {
    let ground = Ground::probe(&env::current_exe()?)?;
    println!("{ground}");
    Ok(())
}
