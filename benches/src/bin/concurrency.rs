//! Prints what faults cost on a map that threads share, and how they scale.

use std::num::NonZero;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use growstack_benches::concurrency::scaling::Run;
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

/// Of so many parts is a measurement of scaling, each with a control beside it.
const PARTS: u32 = 5;

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

    /// Measures a shared map and a private one for each thread, in turn, and in many short runs:
    /// what else goes on in the machine then spoils some of them, and not the median.
    fn runs(&self, mix: Mix) -> Vec<Run> {
        let (shared, private) =
            (Fast::new(self.entries), [(); 2].map(|()| Fast::new(self.entries)));
        let one_run = || {
            let one = self.part_of_rate(&|_| &shared, 1, mix);
            let before = hop();
            let two = self.part_of_rate(&|_| &shared, 2, mix);
            let line = before.max(hop());
            let alone = self.part_of_rate(&|_| &private[0], 1, mix);
            let both = self.part_of_rate(&|thread| &private[thread], 2, mix);
            Run { one, two, alone, both, line }
        };
        (0..PARTS as usize * self.repeat).map(|_| one_run()).collect()
    }

    fn part_of_rate<'a>(&self, map_of: &dyn Fn(usize) -> &'a Fast, n: usize, mix: Mix) -> f64 {
        rate(map_of, self.entries, threads(n), mix, self.time() / PARTS)
    }

    /// Prints how a mix scales. Is the bound missed? Without runs that tell, it is not.
    fn scaling(&self, mix: Mix, least: f64) -> bool {
        println!("\nScaling to two threads, {} of 100 mapped, {least} wanted:\n", mix.0);
        println!("| cores | runs | shared | control | share | a cache line | |");
        println!("|---|--:|--:|--:|--:|--:|---|");
        let (far, near): (Vec<Run>, Vec<Run>) =
            self.runs(mix).into_iter().partition(|run| run.is_far(mix, least));
        let mut missed = false;
        for (is_far, runs) in [(false, near), (true, far)] {
            let Some(run) = Run::median(&runs) else { continue };
            let misses = run.share() < least;
            let verdict = match (run.is_void(), is_far, misses) {
                (true, ..) => "void: the control has not two cores",
                (_, true, _) => "two lines take longer than the bound leaves for a growth",
                (.., true) => "MISSED",
                _ => "met",
            };
            let cores = if is_far { "too far" } else { "near enough" };
            let (n, shared, control) = (runs.len(), run.shared(), run.control());
            print!("| {cores} | {n} | {shared:.2} | {control:.2} | {:.2} ", run.share());
            println!("| {:.0} ns | {verdict} |", run.line);
            missed |= misses && !is_far && !run.is_void();
        }
        missed
    }
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
        missed |= arguments.scaling(Mix(mix), least);
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
