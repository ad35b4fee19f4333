//! Measures the engine that it was built with; `scripts/bench-compare` builds and runs it.

use std::io::{Write, stdout};
use std::time::Duration;

use clap::Parser;
use growstack_bench_driver::clock::Clock;
use growstack_bench_driver::meter::Count;
use growstack_bench_driver::op::Op;
use growstack_bench_driver::report::{CONTRACT, Measured, Report};
use growstack_bench_driver::scenario::{Asked, Scenario};

/// Measures operations of the engine, and prints a line of JSON.
#[derive(Parser)]
struct Arguments {
    /// Entries of the map.
    #[arg(long, default_value_t = 4096, value_parser = clap::value_parser!(u32).range(4..))]
    entries: u32,
    /// The operations, one after the other.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Op::ALL)]
    ops: Vec<Op>,
    /// Measured blocks of each operation.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    blocks: u32,
    /// Decides what is asked of the map, and nothing else.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Read no clock, and mark what callgrind is to count. For one operation at a time.
    #[arg(long)]
    count: bool,
}

/// Blocks that are not measured, so that the code is in the caches and the map has settled.
const WARM_UP: usize = 4;
/// Long enough for figures that only people read.
const CALIBRATION: Duration = Duration::from_millis(2);

fn main() -> anyhow::Result<()> {
    let Arguments { entries, ops, blocks, seed, count } = Arguments::parse();
    anyhow::ensure!(
        !count || ops.len() == 1,
        "instructions are counted of one operation at a time"
    );
    let (entries, blocks) = (usize::try_from(entries)?, usize::try_from(blocks)?);
    let clock = Clock::calibrate_for(CALIBRATION);
    let mut kept: Option<Scenario> = None;
    let mut results = Vec::new();
    for op in ops {
        let mut scenario = match kept.take().filter(|scenario| scenario.suits(op)) {
            Some(scenario) => scenario,
            None => Scenario::new(op, entries)?,
        };
        let asked = scenario.ask(op, seed);
        for round in 0..WARM_UP {
            scenario.block(&asked, round, &clock);
        }
        results.push(measure(op, &mut scenario, &asked, blocks, (!count).then_some(&clock)));
        kept = Some(scenario);
    }
    let report = Report { contract: CONTRACT, entries, ns_per_tick: clock.ns_per_tick, results };
    writeln!(stdout(), "{}", serde_json::to_string(&report)?)?;
    Ok(())
}

fn measure(
    op: Op,
    scenario: &mut Scenario,
    asked: &Asked,
    blocks: usize,
    clock: Option<&Clock>,
) -> Measured {
    let mut ticks = Vec::with_capacity(blocks);
    let (mut operations, mut answers) = (0, 0_u64);
    for round in 0..blocks {
        let block = match clock {
            Some(clock) => scenario.block(asked, round, clock),
            None => scenario.block(asked, round, &Count),
        };
        operations += block.operations;
        answers = answers.wrapping_add(block.answers);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        ticks.push(block.ticks as f64 / block.operations.max(1) as f64);
    }
    ticks.sort_unstable_by(f64::total_cmp);
    let at = |place: usize| ticks.get(place).copied().unwrap_or(0.0);
    let (least, quartile, median) = (at(0), at(blocks / 4), at(blocks / 2));
    Measured { op, operations, answers, least, quartile, median }
}
