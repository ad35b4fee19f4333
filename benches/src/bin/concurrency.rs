//! Prints what faults cost on a map that threads share, and how they scale.

use std::num::NonZero;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use growstack_benches::concurrency::{
    Bare, Contender, Fast, Letter, Locked, Mix, TreeMap, WriteLocked, hop, rate, rate_alone, tail,
};
use growstack_benches::host;

/// Measures faults a second for 1, 2, 4 and 8 threads, in three mixes of mapped faults and growth.
#[derive(Parser)]
struct Arguments {
    /// Milliseconds of each measurement.
    #[arg(long, default_value_t = 500)]
    time: u64,
    /// Measurements of which the median counts.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// Entries of the map.
    #[arg(long, default_value_t = 4096)]
    entries: u64,
    /// Exit with 1 if the scaling that was set out to be shown is missed.
    #[arg(long)]
    gate: bool,
}

/// Below this, the control did not have two cores: nothing can be said.
const FEWEST: f64 = 1.7;

fn threads(n: usize) -> NonZero<usize> {
    NonZero::new(n).unwrap_or(NonZero::<usize>::MIN)
}

impl Arguments {
    fn time(&self) -> Duration {
        Duration::from_millis(self.time)
    }

    fn line<C: Contender + Sync>(&self, name: &str, mix: Mix) {
        print!("| {name} |");
        for n in [1, 2, 4, 8] {
            let map = C::new(self.entries);
            let rate = rate(|_| &map, self.entries, threads(n), mix, self.time());
            print!(" {:.2} |", rate / 1e6);
        }
        println!();
    }

    /// How much longer a fault takes one thread than with the bare engine, taken in turn.
    fn cost<C: Contender>(&self, mix: Mix) -> f64 {
        let (shared, bare) = (C::new(self.entries), Bare::new(self.entries));
        let ratios = (0..self.repeat).map(|_| {
            let bare = rate_alone(&bare, self.entries, mix, self.time());
            bare / rate_alone(&shared, self.entries, mix, self.time())
        });
        let mut ratios: Vec<f64> = ratios.collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Prints the cost of both ways in all mixes. Is a bound missed? They are of mapped faults.
    fn costs(&self) -> bool {
        println!("\nOne thread, times what the bare engine takes:\n");
        println!("| mapped | optimistic | locked |\n|---|--:|--:|");
        let mut missed = false;
        for mix in [100, 95, 50] {
            let (fast, locked) = (self.cost::<Fast>(Mix(mix)), self.cost::<Locked>(Mix(mix)));
            println!("| {mix} of 100 | {fast:.2} | {locked:.2} |");
            missed |= mix == 100 && (fast > 1.3 || locked > 2.0);
        }
        missed
    }

    /// Scaling from one thread to two: of a shared map, and of a private one each, taken in turn.
    fn scaling(&self, mix: Mix) -> Option<(f64, f64)> {
        let (shared, private) =
            (Fast::new(self.entries), [(); 2].map(|()| Fast::new(self.entries)));
        let mut kept = Vec::new();
        for _ in 0..self.repeat {
            let one = rate_of(&|_| &shared, self, 1, mix);
            let before = hop();
            let two = rate_of(&|_| &shared, self, 2, mix);
            let after = hop();
            let alone = rate_of(&|_| &private[0], self, 1, mix);
            let both = rate_of(&|thread| &private[thread], self, 2, mix);
            let control = both / alone;
            let void = if control < FEWEST { " (void: the control has not two cores)" } else { "" };
            let line = format!("a cache line took {before:.0} and {after:.0} ns");
            println!("shared {:.2}, control {control:.2}; {line}{void}", two / one);
            if control >= FEWEST {
                kept.push((two / one, control));
            }
        }
        kept.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        kept.get(kept.len() / 2).copied()
    }
}

fn rate_of<'a>(
    map_of: &dyn Fn(usize) -> &'a Fast,
    arguments: &Arguments,
    n: usize,
    mix: Mix,
) -> f64 {
    rate(map_of, arguments.entries, threads(n), mix, arguments.time())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    println!("{}", host::line());
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    println!("{cores} cores, {} entries", arguments.entries);
    for mix in [100, 95, 50] {
        println!("\nMillion faults a second, {mix} of 100 mapped:\n");
        println!("| map | 1 thread | 2 | 4 | 8 |\n|---|--:|--:|--:|--:|");
        arguments.line::<Fast>("shared, optimistic", Mix(mix));
        arguments.line::<Locked>("shared, locked", Mix(mix));
        arguments.line::<Letter>("shared, letter", Mix(mix));
        arguments.line::<WriteLocked>("write-locked engine", Mix(mix));
        arguments.line::<TreeMap>("RwLock<BTreeMap>", Mix(mix));
    }
    println!("\nNanoseconds of a mapped fault while another thread maps and unmaps:\n");
    println!("| map | median | 99 % | 99.9 % | 99.99 % | longest |\n|---|--:|--:|--:|--:|--:|");
    print_tail::<Fast>("shared, optimistic", &arguments);
    print_tail::<Locked>("shared, locked", &arguments);
    print_tail::<Letter>("shared, letter", &arguments);
    print_tail::<WriteLocked>("write-locked engine", &arguments);
    print_tail::<TreeMap>("RwLock<BTreeMap>", &arguments);
    let mut missed = arguments.costs();
    for (mix, least) in [(100, 0.95), (95, 0.8)] {
        println!("\nScaling to two threads, {mix} of 100 mapped:");
        match arguments.scaling(Mix(mix)) {
            None => println!("void: no run had two cores"),
            Some((shared, control)) => {
                let share = shared / control;
                let verdict = if share >= least { "met" } else { "MISSED" };
                missed |= share < least;
                println!("{share:.2} of the control's, {least} wanted: {verdict}");
            }
        }
    }
    ExitCode::from(u8::from(missed && arguments.gate))
}

fn print_tail<C: Contender + Sync>(name: &str, arguments: &Arguments) {
    let map = C::new(arguments.entries);
    let tail = tail(&map, arguments.entries, 2 * arguments.time());
    println!(
        "| {name} | {} | {} | {} | {} | {} |",
        tail.median, tail.p99, tail.p99_9, tail.p99_99, tail.max
    );
}
