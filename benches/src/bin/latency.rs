//! Prints the distribution of the latency of single growths, and draws it.

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use growstack_benches::latency::{Sampling, Told, measure, plot, table};
use growstack_benches::machine::heap::CountingHeap;
use growstack_benches::machine::tsc::Clock;
use growstack_benches::{SIZES, host};

#[global_allocator]
static HEAP: CountingHeap = CountingHeap;

/// Measures single growths, to the tail, with warm and with cold caches.
#[derive(Parser)]
struct Arguments {
    /// Fewer samples.
    #[arg(long)]
    quick: bool,
    /// Write the distributions to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder for the pictures.
    #[arg(long, value_name = "FOLDER", default_value = "target/latency")]
    plots: PathBuf,
    /// Sizes of map, in entries, 4 at least.
    #[arg(long, value_delimiter = ',', default_values_t = SIZES,
          value_parser = clap::value_parser!(usize))]
    sizes: Vec<usize>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { quick, json, plots, sizes } = Arguments::parse();
    println!("{}", host::line());
    if !host::pin() {
        eprintln!("warning: cannot keep to one core; samples that change it are dropped");
    }
    let sampling = if quick { Sampling::QUICK } else { Sampling::FULL };
    let mut told = Vec::new();
    for n in sizes.into_iter().filter(|n| *n >= 4) {
        let distributions = measure(n, sampling, &Clock::calibrate())?;
        print!("{}", table::table(&distributions));
        println!("picture: {}\n", plot::draw(&plots, n, &distributions)?.display());
        told.extend(distributions.iter().map(Told::of));
    }
    if let Some(file) = json {
        fs::write(file, serde_json::to_string_pretty(&told)? + "\n")?;
    }
    Ok(())
}
