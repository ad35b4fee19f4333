//! `growstack stress`.

use std::num::NonZero;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail, ensure};
use clap::{Args, value_parser};

use super::input::kernel;
use super::{Exit, Streams};
use crate::kernel::Kernel;
use crate::stress::{self, MOST_THREADS, Settings};

/// Have threads call one shared process at once, in rounds of up to 12 calls, and look whether some
/// order of the calls of each round explains all their answers.
///
/// Only calls that were under way together with one of another thread count. A seed gives the
/// same plans on every run; how the threads meet it does not give.
///
/// Exit code: 0 if every round was explained, 1 if one was not or the threads wait for each other
/// forever, 2 if the arguments are of no use or no call met one of another thread.
#[derive(Debug, Args)]
pub(super) struct Stress {
    /// How many concurrent calls to make; without a budget either, 1000000.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    operations: Option<u64>,

    /// How long to run.
    #[arg(long, value_name = "SECONDS")]
    budget: Option<u64>,

    /// How many threads call, up to 8.
    #[arg(long, value_name = "K", default_value = "3")]
    threads: NonZero<usize>,

    /// Whose map is called: freebsd-9, as without this option, or freebsd-14.
    #[arg(long, value_name = "KERNEL", value_parser = kernel)]
    kernel: Option<Kernel>,

    /// The seed of all plans; by default from the clock.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// After how long without progress the threads are said to wait without end.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
}

impl Stress {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        ensure!(self.threads.get() <= MOST_THREADS, "at most {MOST_THREADS} threads");
        let settings = self.settings();
        let (seed, threads) = (settings.seed, settings.threads);
        let of = match settings.kernel {
            Kernel::Freebsd9 => String::new(),
            kernel => format!(", {kernel}"),
        };
        writeln!(streams.out, "seed {seed}, {threads} threads, {} cores{of}", cores())?;
        streams.out.flush()?;
        let report = stress::run(&settings);
        let counts = report.counts;
        let share = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
        writeln!(
            streams.out,
            "{} rounds in {:.1} s, {} of them with overlap ({:.1} %)",
            counts.rounds,
            report.took.as_secs_f64(),
            counts.overlapping,
            share(counts.overlapping, counts.rounds),
        )?;
        writeln!(
            streams.out,
            "{} calls, {} of them concurrent ({:.1} %)",
            counts.calls,
            counts.concurrent,
            share(counts.concurrent, counts.calls),
        )?;
        match report.failure {
            None if counts.concurrent == 0 => {
                bail!("no call met one of another thread, nothing was tested")
            }
            None => {
                writeln!(streams.out, "all rounds are linearizable, seed {seed}")?;
                Ok(Exit::Agreed)
            }
            Some(failure) => {
                write!(streams.out, "{failure}")?;
                writeln!(streams.out, "not linearizable, seed {seed}")?;
                Ok(Exit::Diverged)
            }
        }
    }

    fn settings(&self) -> Settings {
        let clock = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            now.as_secs() << 30 | u64::from(now.subsec_nanos())
        };
        let by_default = self.budget.is_none().then_some(1_000_000);
        Settings {
            kernel: self.kernel.unwrap_or_default(),
            seed: self.seed.unwrap_or_else(clock),
            operations: self.operations.or(by_default),
            budget: self.budget.map(Duration::from_secs),
            threads: self.threads,
            patience: Duration::from_secs(self.patience),
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
