//! The engine by the rules of Linux, against the oracle.

use growstack_fuzz::linux::counts::RunCounts;
use growstack_fuzz::linux::engine::{self, EngineSpace};
use growstack_fuzz::linux::log::Log;
use growstack_fuzz::linux::random::{attempt, bytes};
use growstack_fuzz::linux::runner::{Every, OneByOne, Runner};
use growstack_fuzz::linux::sequence::{Allowed, Sequence};
use growstack_fuzz::linux::{Capabilities, LinuxConfig, LinuxSpace, Overcommit};

const ALLOWED: Allowed = Allowed { harm: true, vm_read: true, engine: true };

/// Runs sequences on the engine with nodes of a width.
fn run<const B: usize>(config: LinuxConfig, seed: u64, sequences: u64, counts: &mut RunCounts) {
    let create =
        |config: &LinuxConfig| -> Box<dyn LinuxSpace> { Box::new(EngineSpace::<B>::new(config)) };
    let mut map = OneByOne { config: engine::config(&config), create };
    let mut log = Log::default();
    for number in 0..sequences {
        let drawn = Sequence::draw(map.config(), &bytes(seed, number), ALLOWED);
        let outcome = attempt(&drawn, &mut map, Every::ONE, &mut log, counts);
        if let Err((at, divergence)) = outcome {
            let ops: Vec<String> = drawn.ops()[..=at].iter().map(|op| format!("{op:?}")).collect();
            panic!("sequence {number}, operation {at}: {divergence}\n{}", ops.join("\n"));
        }
    }
}

fn configs() -> [LinuxConfig; 4] {
    let plain = LinuxConfig::default();
    [
        plain,
        LinuxConfig { capabilities: Capabilities::all(), ..plain },
        LinuxConfig { committable: 600, gap: growstack::Size::pages(4), ..plain },
        LinuxConfig { overcommit: Overcommit::Always, gap: growstack::Size::ZERO, ..plain },
    ]
}

#[test]
fn the_engine_is_as_the_oracle() {
    let mut counts = RunCounts::default();
    for (seed, config) in (1..).zip(configs()) {
        run::<16>(config, seed, 150, &mut counts);
        run::<4>(config, seed + 100, 150, &mut counts);
    }
    assert!(counts.operations > 80_000, "{}", counts.operations);
}

#[test]
#[ignore = "as long as one likes: set SEQUENCES"]
fn the_engine_is_as_the_oracle_for_long() {
    let sequences = std::env::var("SEQUENCES").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let seed = std::env::var("SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let mut counts = RunCounts::default();
    for (seed, config) in (seed..).zip(configs()) {
        run::<16>(config, seed, sequences, &mut counts);
        run::<4>(config, seed + 100, sequences, &mut counts);
    }
    println!("{counts}\n{} operations", counts.operations);
}
