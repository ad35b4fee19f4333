//! `growstack random`.

use std::fs;
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, value_parser};

use super::input::{family, maps_of};
use super::linux_engine::EngineRun;
use super::live::{LiveOptions, LiveRun};
use super::outside::Outside;
use super::{Exit, Streams};
use crate::driver::{Failure, Outcome, SHARED, Settings, WIDTHS, engine, run};
use crate::freebsd14;
use crate::kernel::{Family, Kernel};
use crate::op::{Config, Op};
use crate::oracle::RuleBranch;
use crate::replay::MapFactory;
use crate::tally::Tally;

/// Numbers of sequences go no further, so that their sums do not wrap.
const MOST_SEQUENCES: u64 = 1 << 62;

/// Run random sequences of operations on a map and on the oracle, and compare everything
/// that can be seen of both after every operation.
///
/// Sequence I of seed S is the same on every run, so a failure's seed and number bring it back.
/// The table at the end says how operations ended and which rules were reached.
///
/// Exit code: 0 if all agreed, 1 if something diverged, 2 if the arguments are of no use or the map
/// supports nothing that could be compared.
#[derive(Debug, Args)]
pub(super) struct Random {
    /// How long to run, counted from the first comparison.
    #[arg(long, value_name = "SECONDS")]
    budget: Option<u64>,

    /// The seed of all choices; by default from the clock.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// How many sequences to run at most; without a budget either, 10000.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=MOST_SEQUENCES))]
    sequences: Option<u64>,

    /// The number of the first sequence.
    #[arg(
        long, value_name = "N", default_value_t = 0,
        value_parser = value_parser!(u64).range(..=MOST_SEQUENCES)
    )]
    first: u64,

    /// The map to run; by default the first one, or exec with --exec. Beside the engine there are
    /// shared and shared-4, the engine for many threads, called by one.
    #[arg(long, value_name = "MAP", conflicts_with = "exec")]
    map: Option<String>,

    /// Run the engine with index nodes of this many entries: 4, or 16 as without this option.
    #[arg(long, value_name = "B", conflicts_with_all = ["map", "exec"])]
    width: Option<usize>,

    /// How many threads to use, up to 1024; by default one for each core.
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// Write the trace that shows a divergence to this folder.
    #[arg(long, value_name = "DIR")]
    cut: Option<PathBuf>,

    /// Write the totals of the run to this file, as JSON for programs.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Whose operations to draw: freebsd-9, as without this option, or freebsd-14, for a map of that
    /// kernel; or linux, for the engine by its rules and with --live for the kernel of this machine.
    #[arg(long, value_name = "KERNEL", value_parser = family, conflicts_with = "width")]
    kernel: Option<Family>,

    #[command(flatten)]
    live: LiveOptions,

    #[command(flatten)]
    outside: Outside,
}

impl Random {
    pub(super) fn run(&self, maps: &[MapFactory], streams: &mut Streams<'_>) -> Result<Exit> {
        // All that is asked for, before a run that may be long.
        match self.kernel.unwrap_or(Family::FreeBsd(Kernel::Freebsd9)) {
            Family::Linux if self.live.live => self.live_run().run(streams),
            Family::Linux => self.engine_run().run(streams),
            Family::FreeBsd(_) if self.live.live => {
                bail!("--live runs sequences of --kernel linux")
            }
            Family::FreeBsd(kernel @ Kernel::Freebsd9) => {
                self.run_by(kernel, self.tested(maps)?, run, streams)
            }
            Family::FreeBsd(kernel @ Kernel::Freebsd14) => {
                self.run_by(kernel, self.tested_14(maps)?, freebsd14::run, streams)
            }
        }
    }

    /// A run on the kernel of this machine.
    fn live_run(&self) -> LiveRun<'_> {
        let (options, settings) = (&self.live, self.settings());
        LiveRun { options, settings, cut: self.cut.as_deref(), json: self.json.as_deref() }
    }

    /// A run of Linux on the engine.
    fn engine_run(&self) -> EngineRun<'_> {
        let (cut, json) = (self.cut.as_deref(), self.json.as_deref());
        EngineRun { settings: self.settings(), cut, json }
    }

    /// Runs sequences of one kernel by its driver.
    fn run_by<B: RuleBranch>(
        &self,
        kernel: Kernel,
        tested: MapFactory,
        run: impl FnOnce(&Settings, MapFactory) -> Outcome<B>,
        streams: &mut Streams<'_>,
    ) -> Result<Exit> {
        let settings = self.settings();
        let Settings { seed, threads, .. } = settings;
        let of = if kernel == Kernel::Freebsd9 { String::new() } else { format!(", {kernel}") };
        writeln!(streams.out, "seed {seed}, map {}, {threads} threads{of}", tested.name)?;
        streams.out.flush()?;
        let outcome = run(&settings, tested);
        write_table(&outcome, streams.out)?;
        write_missing(tested, kernel, streams.out)?;
        let written = self.tally(&settings, &outcome);
        if let Err(error) = &written {
            writeln!(streams.err, "growstack: {error:#}")?;
        }
        let Some(failure) = &outcome.failure else {
            ensure!(
                outcome.counts.operations != 0,
                "nothing was compared: {} supports no operation that was drawn",
                tested.name
            );
            writeln!(streams.out, "no divergence, seed {seed}")?;
            return Ok(if written.is_ok() { Exit::Agreed } else { Exit::Unusable });
        };
        write!(streams.out, "{failure}")?;
        if let Some(folder) = &self.cut {
            match save(folder, failure, tested.name) {
                Ok(path) => writeln!(streams.out, "  the trace is in {}", path.display())?,
                Err(error) => writeln!(streams.err, "growstack: {error:#}")?,
            }
        }
        writeln!(streams.out, "divergence, seed {seed}")?;
        Ok(Exit::Diverged)
    }

    /// Writes the totals, if that is wanted.
    fn tally<B: RuleBranch>(&self, settings: &Settings, outcome: &Outcome<B>) -> Result<()> {
        let Some(path) = &self.json else { return Ok(()) };
        let threads = u32::try_from(settings.threads.get()).unwrap_or(u32::MAX);
        let tally = Tally {
            seconds: outcome.elapsed.as_secs_f64() * f64::from(threads),
            findings: outcome.failure.is_some().into(),
            ..Tally::of(self.kernel.unwrap_or_default(), &outcome.counts)
        };
        fs::write(path, serde_json::to_string_pretty(&tally)? + "\n")
            .with_context(|| path.display().to_string())
    }

    /// The map to run.
    fn tested(&self, maps: &[MapFactory]) -> Result<MapFactory> {
        if let Some(outside) = self.outside.factory()? {
            return Ok(outside);
        }
        if let Some(width) = self.width {
            let [a, b] = WIDTHS;
            ensure!(
                maps.iter().any(|map| map.name == "engine"),
                "there is no engine among the maps"
            );
            return engine(width)
                .with_context(|| format!("the engine is tested with width {a} or {b}"));
        }
        let maps = || maps.iter().chain(beside(maps));
        let named = |map: &&MapFactory| self.map.as_ref().is_none_or(|name| name == map.name);
        maps().find(named).copied().with_context(|| {
            let names: Vec<&str> = maps().map(|map| map.name).collect();
            let name = self.map.as_deref().unwrap_or_default();
            format!("no map is called `{name}`; there are: {}", names.join(", "))
        })
    }

    /// The map of 14.2 to run: by default the first one that is not the oracle.
    fn tested_14(&self, maps: &[MapFactory]) -> Result<MapFactory> {
        match self.outside.factory()? {
            Some(outside) => Ok(outside),
            None => {
                let maps: Vec<MapFactory> = maps.iter().chain(beside(maps)).copied().collect();
                Ok(maps_of(&maps, Kernel::Freebsd14, self.map.as_deref())?[0])
            }
        }
    }

    fn settings(&self) -> Settings {
        let unbounded = self.budget.is_none() && self.sequences.is_none();
        Settings {
            seed: self.seed.unwrap_or_else(seed_of_the_clock),
            first: self.first,
            sequences: if unbounded { Some(10_000) } else { self.sequences },
            budget: self.budget.map(Duration::from_secs),
            threads: self
                .threads
                .and_then(|threads| NonZero::new(threads.into()))
                .or_else(|| thread::available_parallelism().ok())
                .unwrap_or(NonZero::<usize>::MIN),
        }
    }
}

/// The engine for many threads, which stands beside the engine.
fn beside(maps: &[MapFactory]) -> &'static [MapFactory] {
    if maps.iter().any(|map| map.name == "engine") { &SHARED } else { &[] }
}

/// Short enough to be typed again.
fn seed_of_the_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn write_table<B: RuleBranch>(outcome: &Outcome<B>, out: &mut dyn Write) -> io::Result<()> {
    let Outcome { counts, elapsed, .. } = outcome;
    write!(out, "{counts}")?;
    writeln!(
        out,
        "sequences {}, operations {}, compared {}, searches {}, {:.1} s, {} operations/s",
        counts.sequences,
        counts.operations,
        counts.compared,
        counts.searches,
        elapsed.as_secs_f64(),
        u128::from(counts.operations) * 1000 / elapsed.as_millis().max(1),
    )?;
    let missed: Vec<B> = counts.missed().collect();
    writeln!(
        out,
        "branches of the rules reached {} of {}, pairs with operations {}, entries at most {}",
        counts.branches().count() - missed.len(),
        counts.branches().count(),
        counts.pairs(),
        counts.most_entries,
    )?;
    if !counts.has_fork() {
        writeln!(out, "no process forked: section 17 was not tested")?;
    }
    if counts.is_partial() {
        return writeln!(
            out,
            "the map does not support all operations, nor can it reach all branches"
        );
    }
    for branch in missed {
        writeln!(out, "  not reached: {} {}", branch.id(), branch.what())?;
    }
    Ok(())
}

/// Says what of the map is not compared, if anything is not.
fn write_missing(tested: MapFactory, kernel: Kernel, out: &mut dyn Write) -> io::Result<()> {
    let mut map = (tested.create)(&Config::of(kernel));
    // A map over a pipe shows what it has in its first dump.
    map.apply(&Op::Dump, &mut Vec::new());
    let missing: Vec<&str> = map.keeps().missing().collect();
    if missing.is_empty() {
        return Ok(());
    }
    writeln!(out, "not compared, because the map does not keep it: {}", missing.join(", "))
}

/// Writes the trace of `failure` to `folder`.
fn save(folder: &Path, failure: &Failure, map: &str) -> Result<PathBuf> {
    let Failure { seed, sequence, trace, .. } = failure;
    let path = folder.join(format!("seed-{seed}-sequence-{sequence}-{map}.trace"));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, trace.to_string()))
        .with_context(|| path.display().to_string())?;
    Ok(path)
}
