//! The running kernel behind a child of this very program.

use std::env;
use std::num::NonZero;
use std::process::ExitCode;

use growstack_fuzz::driver::Settings;
use growstack_fuzz::linux::live::{Ground, Live, Refused};
use growstack_fuzz::linux::random;
use growstack_fuzz::linux::runner::Runner;
use growstack_fuzz::linux::sequence::Allowed;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    if let Some(exit) = growstack_live::child() {
        return exit;
    }
    let trials = vec![Trial::test("probe", probe), Trial::test("sequences", sequences)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn probe() -> Result<(), Failed> {
    let ground = Ground::probe(&env::current_exe()?)?;
    println!("{ground}");
    Ok(())
}

fn sequences() -> Result<(), Failed> {
    let ground = Ground::probe(&env::current_exe()?)?;
    let settings = Settings {
        seed: env::var("SEED").map_or(1, |n| n.parse().unwrap()),
        first: 0,
        sequences: Some(env::var("SEQUENCES").map_or(300, |n| n.parse().unwrap())),
        budget: None,
        threads: NonZero::<usize>::MIN,
    };
    let allowed = Allowed { harm: false, vm_read: ground.reads_itself() };
    let make = || -> Result<Box<dyn Runner>, Refused> { Ok(Box::new(Live::start(&ground)?)) };
    let outcome = random::run(&settings, allowed, &make)?;
    println!("{}", outcome.counts);
    println!(
        "{:?} {} ops {} vmas",
        outcome.elapsed, outcome.counts.operations, outcome.counts.vmas
    );
    for m in outcome.counts.missed() {
        println!("missed {m:?}");
    }
    if let Some(found) = outcome.found {
        for op in &found.ops {
            println!("{op:?}");
        }
        return Err(format!("{} {}", found.sequence, found.divergence).into());
    }
    Ok(())
}
