//! The program, where there is something to measure.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser};
use growstack_benches::fault::results::Results;
use growstack_benches::fault::sample::measure;
use growstack_benches::fault::table::table;
use growstack_benches::fault::verdict::Verdict;
use growstack_benches::host;
use growstack_benches::machine::fault::forbid_huge_pages;
use growstack_benches::machine::fault::heap::NotInHandler;
use growstack_benches::machine::fault::trap::Trap;
use growstack_benches::machine::tsc::Clock;

#[global_allocator]
static HEAP: NotInHandler = NotInHandler;

/// Mappings that the process has beside the others, and that the kernel needs for a moment.
const SPARE_MAPPINGS: u64 = 1000;

/// Measures real page faults, from the touch to the return, to the tail.
#[derive(Parser)]
#[command(name = "fault")]
struct Arguments {
    /// Fewer samples.
    #[arg(long)]
    quick: bool,
    /// Rounds of 1023 faults of each kind.
    #[arg(long, value_name = "N", conflicts_with = "quick")]
    rounds: Option<u64>,
    /// Numbers of other mappings.
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [100, 10_000, 60_000])]
    mappings: Vec<u64>,
    /// Writes what was measured, in nanoseconds, to a JSON file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// What `cargo bench` passes; `cargo test` does not.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(flatten)]
    criterion: Criterion,
}

/// What `cargo bench -- ARGUMENTS` passes to all benchmarks, and criterion's alone know. With any of
/// it, the user means those.
#[derive(Args)]
struct Criterion {
    #[arg(hide = true)]
    filter: Option<String>,
    #[arg(long, hide = true)]
    save_baseline: Option<String>,
    #[arg(long, hide = true)]
    baseline: Option<String>,
    #[arg(long, hide = true)]
    baseline_lenient: Option<String>,
    #[arg(long, hide = true)]
    load_baseline: Option<String>,
}

impl Criterion {
    fn is_meant(&self) -> bool {
        let Self { filter, save_baseline, baseline, baseline_lenient, load_baseline } = self;
        [filter, save_baseline, baseline, baseline_lenient, load_baseline]
            .into_iter()
            .any(Option::is_some)
    }
}

pub(crate) fn main() -> anyhow::Result<()> {
    let Arguments { quick, rounds, mut mappings, json, bench, criterion } = Arguments::parse();
    if criterion.is_meant() {
        println!("fault: left out, since these arguments are for criterion's benchmarks");
        return Ok(());
    }
    let rounds = match (bench, quick, rounds) {
        (_, _, Some(rounds)) => rounds,
        (true, false, None) => 200,
        (true, true, None) => 20,
        (false, ..) => {
            mappings.truncate(1);
            1
        }
    };
    let results = run(&mappings, rounds)?;
    let verdicts: Vec<Verdict> = results.sizes.iter().filter_map(Verdict::on).collect();
    for verdict in &verdicts {
        println!("{verdict}");
    }
    let all = !verdicts.is_empty() && verdicts.iter().all(Verdict::holds);
    println!("{}", if all { "both bounds hold at every size" } else { "a bound is MISSED" });
    if let Some(file) = json {
        let text = serde_json::to_string_pretty(&results)?;
        fs::write(&file, text + "\n")
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn run(mappings: &[u64], rounds: u64) -> anyhow::Result<Results> {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.trim().to_owned();
    println!("{}\nLinux {kernel}", host::line());
    if !host::pin() {
        eprintln!("warning: cannot keep to one core; samples that change it are dropped");
    }
    forbid_huge_pages().context("cannot switch huge pages off")?;
    let most = fs::read_to_string("/proc/sys/vm/max_map_count").context("no vm.max_map_count")?;
    let most: u64 = most.trim().parse().context("vm.max_map_count is no number")?;
    let (clock, trap) = (Clock::calibrate(), Trap::enter().context("cannot catch faults")?);
    let mut sizes = Vec::new();
    for others in mappings.iter().copied() {
        if others > most.saturating_sub(SPARE_MAPPINGS) {
            println!("\n{others} other mappings: too many for a vm.max_map_count of {most}");
            continue;
        }
        let size = measure(others, rounds, &clock, &trap)?;
        println!("\n{}", table(&size));
        sizes.push(size);
    }
    Ok(Results { host: host::line(), kernel, ns_per_tick: clock.ns_per_tick, sizes })
}
