//! The options for the running kernel, and random sequences on it.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{Exit, Streams};
use crate::driver::Settings;
use crate::linux::counts::RunCounts;
use crate::linux::live::{Ground, LIVE, Live, Privileges, Refused, Spaces};
use crate::linux::oracle::Branch;
use crate::linux::random::{self, Found, Outcome};
use crate::linux::replay::LinuxMap;
use crate::linux::runner::Runner;
use crate::linux::sequence::Allowed;
use crate::linux::shorten::Shortened;
use crate::tally::Tally;

/// Whether and how the running kernel is the map.
#[derive(Debug, Args)]
pub(super) struct LiveOptions {
    /// Run on the kernel of this machine: on Linux, on x86-64, without any privilege. Children of this
    /// program have the operations run on their own address space.
    #[arg(long)]
    pub(super) live: bool,

    /// Run operations, too, that leave something behind: memory that is charged until the machine is
    /// started again, and locked memory that stays counted in a child.
    #[arg(long, requires = "live")]
    pub(super) harmful: bool,
}

impl LiveOptions {
    /// Probes the machine for sequences in a window that ends at `window`, and says what it stands on.
    pub(super) fn ground(&self, window: u64, streams: &mut Streams<'_>) -> Result<Ground> {
        let program = env::current_exe().context("this program can't be started again")?;
        let ground = Ground::probe_window(&program, window)
            .map_err(|refused| anyhow::anyhow!("no live run on this machine: {refused}"))?;
        write!(streams.out, "{ground}")?;
        if self.harmful {
            writeln!(
                streams.err,
                "growstack: --harmful: what grows without an account stays charged until this \
                 machine is started again"
            )?;
        }
        streams.out.flush()?;
        Ok(ground)
    }
}

/// A random run on the running kernel.
pub(super) struct LiveRun<'a> {
    pub(super) options: &'a LiveOptions,
    pub(super) settings: Settings,
    /// Where the trace of a divergence goes.
    pub(super) cut: Option<&'a Path>,
    /// Where the totals go.
    pub(super) json: Option<&'a Path>,
}

impl LiveRun<'_> {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let Settings { seed, threads, .. } = self.settings;
        writeln!(streams.out, "seed {seed}, map {LIVE}, {threads} threads, linux")?;
        let ground = self.options.ground(Ground::WINDOW, streams)?;
        let allowed =
            Allowed { harm: self.options.harmful, vm_read: ground.reads_itself(), engine: false };
        let make = |number| -> Result<Box<dyn Runner>, Refused> {
            Ok(Box::new(Live::start_with(&ground, Privileges::of(number, &ground))?))
        };
        let outcome = random::run(&self.settings, allowed, &make)?;
        conclude(&outcome, &self.settings, self.json, streams, |found, streams| {
            self.report(found, &ground, streams)
        })
    }

    /// Makes the sequence short on the kernel, and prints it as a trace with the kernel's answers.
    fn report(&self, found: &Found, ground: &Ground, streams: &mut Streams<'_>) -> Result<()> {
        let spaces = Spaces::new(ground.clone());
        let create = |config: &_| spaces.create(config);
        let harmful = if self.options.harmful { " --harmful" } else { "" };
        let again = format!("--kernel linux --live{harmful}");
        let map = LinuxMap { name: LIVE, create: &create };
        report(&map, (self.settings.seed, found), &again, self.cut, streams)
    }
}

/// Writes the totals of a run and its divergence, which `report` prints.
pub(super) fn conclude<'o>(
    outcome: &Outcome,
    settings: &Settings,
    json: Option<&Path>,
    streams: &mut Streams<'o>,
    report: impl FnOnce(&Found, &mut Streams<'o>) -> Result<()>,
) -> Result<Exit> {
    let seed = settings.seed;
    write_table(outcome, streams.out)?;
    let written = write_tally(json, settings, outcome);
    if let Err(error) = &written {
        writeln!(streams.err, "growstack: {error:#}")?;
    }
    let Some(found) = &outcome.found else {
        ensure!(outcome.counts.operations != 0, "nothing was compared");
        writeln!(streams.out, "no divergence, seed {seed}")?;
        return Ok(if written.is_ok() { Exit::Agreed } else { Exit::Unusable });
    };
    report(found, streams)?;
    writeln!(streams.out, "divergence, seed {seed}")?;
    Ok(Exit::Diverged)
}

/// Makes a sequence short on the map where it diverged, and prints it as a trace with that map's
/// answers.
pub(super) fn report(
    map: &LinuxMap<'_>,
    (seed, found): (u64, &Found),
    again: &str,
    cut: Option<&Path>,
    streams: &mut Streams<'_>,
) -> Result<()> {
    let (sequence, all) = (found.sequence, found.ops.len());
    let Shortened { words, trace } = Shortened::of(found, map);
    let (out, steps, name) = (&mut streams.out, trace.steps.len(), map.name);
    writeln!(out, "seed {seed}, sequence {sequence}: {words}")?;
    writeln!(
        out,
        "  a trace that shows it, {steps} of {all} operations, with the answers of {name}:"
    )?;
    let text = trace.to_string();
    text.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    writeln!(
        out,
        "  found after {all} operations; {again} --seed {seed} --first {sequence} --sequences 1 runs it"
    )?;
    if let Some(folder) = cut {
        match save(folder, &format!("seed-{seed}-sequence-{sequence}-{name}"), &text) {
            Ok(path) => writeln!(out, "  the trace is in {}", path.display())?,
            Err(error) => writeln!(streams.err, "growstack: {error:#}")?,
        }
    }
    Ok(())
}

/// Writes the totals of a run, if there is a file for them.
fn write_tally(json: Option<&Path>, settings: &Settings, outcome: &Outcome) -> Result<()> {
    let Some(path) = json else { return Ok(()) };
    let threads = u32::try_from(settings.threads.get()).unwrap_or(u32::MAX);
    let tally = Tally {
        seconds: outcome.elapsed.as_secs_f64() * f64::from(threads),
        findings: outcome.found.is_some().into(),
        ..Tally::of_linux(&outcome.counts)
    };
    fs::write(path, serde_json::to_string_pretty(&tally)? + "\n")
        .with_context(|| path.display().to_string())
}

/// Writes the totals of a run as a table.
fn write_table(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let Outcome { counts, elapsed, .. } = outcome;
    write!(out, "{counts}")?;
    writeln!(
        out,
        "sequences {}, operations {}, compared {}, with all flags {}, VMAs {}, {:.1} s, {} operations/s",
        counts.sequences,
        counts.operations,
        counts.operations,
        counts.whole,
        counts.vmas,
        elapsed.as_secs_f64(),
        u128::from(counts.operations) * 1000 / elapsed.as_millis().max(1),
    )?;
    let missed: Vec<Branch> = counts.missed().collect();
    writeln!(
        out,
        "branches of the rules reached {} of {}, pairs with operations {}, VMAs at most {}",
        RunCounts::branches().count() - missed.len(),
        RunCounts::branches().count(),
        counts.taken().count(),
        counts.most_vmas,
    )?;
    for branch in missed {
        writeln!(out, "  not reached: {} {}", branch.id(), branch.what())?;
    }
    Ok(())
}

/// Writes a trace to a folder.
pub(super) fn save(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(format!("{name}.trace"));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .with_context(|| path.display().to_string())?;
    Ok(path)
}
