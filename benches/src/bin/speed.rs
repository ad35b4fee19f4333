//! The figures that documents quote: the engine beside its peers, the latency of single growths, and
//! faults of several threads.

use std::fs;
use std::num::NonZero;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use growstack_benches::clock::Clock;
use growstack_benches::cold;
use growstack_benches::heap::CountingHeap;
use growstack_benches::latency::{self, Record, Sampling};
use growstack_benches::moved;
use growstack_benches::speed::{compare, table};
use growstack_benches::threads;
use serde_json::json;

#[global_allocator]
static HEAP: CountingHeap = CountingHeap;

/// Measures the whole engine and its peers in turn, and prints Markdown tables.
#[derive(Parser)]
struct Arguments {
    /// Fewer batches and samples.
    #[arg(long)]
    quick: bool,
    /// Sizes of map, in entries.
    #[arg(long, value_delimiter = ',', default_values_t = [16, 256, 4096, 65_536, 1_048_576],
          value_parser = clap::value_parser!(u32).range(4..))]
    sizes: Vec<u32>,
    /// Write the medians of every operation to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the quantiles of single growths to this file.
    #[arg(long, value_name = "FILE")]
    latency_json: Option<PathBuf>,
    /// The figures to measure.
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = Part::value_variants())]
    only: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Every map, in batches.
    Peers,
    /// Every map, an operation at a time after an eviction of the caches.
    Cold,
    /// Growths one by one, with the tail of their times.
    Growths,
    /// Faults of several threads.
    Threads,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (rounds, sampling, evictions) =
        if arguments.quick { (25, Sampling::QUICK, 30) } else { (201, Sampling::FULL, 300) };
    let measures = |part| arguments.only.contains(&part);
    // Before this thread is kept to one core, which its threads would share.
    let threads = measures(Part::Threads).then(|| threads::table(arguments.quick));
    if !pin() {
        eprintln!("warning: cannot keep to one core");
    }
    println!("Nanoseconds of an operation, medians; in brackets, times those of growstack.");
    let (mut results, mut growths) = (Vec::new(), Vec::new());
    for &n in &arguments.sizes {
        let (n, clock) = (usize::try_from(n)?, Clock::calibrate());
        if measures(Part::Peers) {
            let (measured, memory) = compare(n, rounds, &clock);
            println!("\n{}\n{}", table(&measured, &memory, n), moved::sentence(n));
            results.extend(measured);
        }
        if measures(Part::Cold) {
            println!("\n{}", cold::table(&cold::measure(n, evictions, &clock), n));
        }
        if measures(Part::Growths) {
            growths.extend(latency::measure(n, sampling, &clock)?);
        }
    }
    if !growths.is_empty() {
        println!("\nLatency of single growths, nanoseconds.\n\n{}", latency::table(&growths));
        println!("The tail beside the machine's own.\n\n{}", latency::tails(&growths));
    }
    if let Some(threads) = threads {
        println!("{threads}");
    }
    if let Some(file) = arguments.json {
        fs::write(file, serde_json::to_string_pretty(&json!({ "results": results }))? + "\n")?;
    }
    if let Some(file) = arguments.latency_json {
        let records: Vec<Record> = growths.iter().map(latency::Distribution::record).collect();
        fs::write(file, serde_json::to_string_pretty(&records)? + "\n")?;
    }
    Ok(())
}

/// Keeps this thread on the last core: the first one has most of the interrupts.
#[cfg(target_os = "linux")]
fn pin() -> bool {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut set = CpuSet::new();
    set.set(cores - 1);
    sched_setaffinity(None, &set).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn pin() -> bool {
    false
}
