//! Compares the engine with its peers and with what was set out to be shown; `scripts/speed` builds
//! and runs it.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use growstack_benches::latency::{self, Sampling, plot};
use growstack_benches::machine::heap::CountingHeap;
use growstack_benches::machine::tsc::Clock;
use growstack_benches::speed::verdict::verdicts;
use growstack_benches::speed::{Act, Pace, Results, compare, table};
use growstack_benches::{SIZES, host};

#[global_allocator]
static HEAP: CountingHeap = CountingHeap;

/// Measures the engine and its peers in turn, and judges the ratios.
#[derive(Parser)]
struct Arguments {
    /// Fewer and shorter blocks.
    #[arg(long)]
    quick: bool,
    /// Write the results to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the bytes of an entry to a file.
    #[arg(long, value_name = "FILE")]
    memory_json: Option<PathBuf>,
    /// Exit with 1 if a requirement is missed.
    #[arg(long)]
    gate: bool,
    /// Sizes of map, in entries, 4 at least.
    #[arg(long, value_delimiter = ',', default_values_t = SIZES,
          value_parser = clap::value_parser!(usize))]
    sizes: Vec<usize>,
    /// Folder for the pictures of the latency distributions.
    #[arg(long, value_name = "FOLDER", default_value = "target/latency")]
    plots: PathBuf,
}

fn main() -> anyhow::Result<ExitCode> {
    let Arguments { quick, json, memory_json, gate, mut sizes, plots } = Arguments::parse();
    sizes.retain(|n| *n >= 4);
    println!("{}", host::line());
    if !host::pin() {
        eprintln!("warning: cannot keep to one core");
    }
    let (pace, sampling) =
        if quick { (Pace::QUICK, Sampling::QUICK) } else { (Pace::FULL, Sampling::FULL) };
    let (mut results, mut memory, mut grows) = (Results::default(), Vec::new(), Vec::new());
    for &n in &sizes {
        eprintln!("measuring {n} entries");
        let clock = Clock::calibrate();
        let (more, bytes) = compare(n, pace, &clock);
        results.results.extend(more.results);
        memory.extend(bytes);
        let more = latency::measure(n, sampling, &clock)?;
        plot::draw(&plots, n, &more)?;
        grows.extend(more);
    }
    println!("\nnanoseconds an operation, medians; in brackets, times those of growstack\n");
    results.results.sort_by_key(|measured| op_order(&measured.op));
    print!("{}", table::table(&results));
    print!("{}", table::memory_table(&memory));
    println!("{}", latency::table::table(&grows));
    if let Some(file) = json {
        fs::write(file, serde_json::to_string_pretty(&results.to_exchange())? + "\n")?;
    }
    if let Some(file) = memory_json {
        fs::write(file, serde_json::to_string_pretty(&memory)? + "\n")?;
    }
    let all = verdicts(&results, &memory, &grows, &sizes, host::is_v3());
    all.iter().for_each(|verdict| println!("{verdict}"));
    let missed = all.iter().filter(|verdict| verdict.met() == Some(false)).count();
    println!("{missed} missed of {}", all.len());
    Ok(ExitCode::from(u8::from(gate && missed > 0)))
}

fn op_order(op: &str) -> usize {
    Act::ALL.iter().position(|act| act.op() == op).unwrap_or(usize::MAX)
}
