//! Random sequences of Linux on the engine, of what it has.

use std::convert::Infallible;
use std::io::Write;
use std::path::Path;

use anyhow::{Result, ensure};

use super::live::{ORACLE_MAP, save, write_table, write_tally};
use super::{Exit, Streams};
use crate::driver::Settings;
use crate::linux::engine::{self, EngineSpace};
use crate::linux::random::{self, Found};
use crate::linux::replay::{LinuxMap, cut, fill, replay};
use crate::linux::runner::{OneByOne, Runner};
use crate::linux::sequence::Allowed;
use crate::linux::trace::LinuxTrace;
use crate::linux::{LinuxConfig, LinuxSpace};

/// What reports call the engine.
const ENGINE: &str = "engine";

/// A random run on the engine.
pub(super) struct EngineRun<'a> {
    pub(super) settings: Settings,
    /// Where the trace of a divergence goes.
    pub(super) cut: Option<&'a Path>,
    /// Where the totals go.
    pub(super) json: Option<&'a Path>,
}

impl EngineRun<'_> {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let Settings { seed, threads, .. } = self.settings;
        writeln!(streams.out, "seed {seed}, map {ENGINE}, {threads} threads, linux")?;
        let allowed = Allowed { harm: true, vm_read: true, engine: true };
        let make = || -> Result<Box<dyn Runner>, Infallible> {
            let config = engine::config(&LinuxConfig::default());
            Ok(Box::new(OneByOne { config, create }))
        };
        let Ok(outcome) = random::run(&self.settings, allowed, &make);
        write_table(&outcome, streams.out)?;
        let written = write_tally(self.json, &self.settings, &outcome);
        if let Err(error) = &written {
            writeln!(streams.err, "growstack: {error:#}")?;
        }
        let Some(found) = &outcome.found else {
            ensure!(outcome.counts.operations != 0, "nothing was compared");
            writeln!(streams.out, "no divergence, seed {seed}")?;
            return Ok(if written.is_ok() { Exit::Agreed } else { Exit::Unusable });
        };
        self.report(found, streams)?;
        writeln!(streams.out, "divergence, seed {seed}")?;
        Ok(Exit::Diverged)
    }

    /// Makes the sequence short, and prints it as a trace with the engine's answers.
    fn report(&self, found: &Found, streams: &mut Streams<'_>) -> Result<()> {
        let (seed, sequence, all) = (self.settings.seed, found.sequence, found.ops.len());
        let engine = [LinuxMap { name: ENGINE, create: &create }];
        let mut trace = LinuxTrace::of(found.config, found.ops.iter().copied());
        let mut words = found.divergence.to_string();
        if let Err(failure) = replay(&trace, &ORACLE_MAP, &engine) {
            trace = cut(&trace, &failure, &ORACLE_MAP, &engine);
            words = failure.to_string();
        }
        let text = fill(&trace, &engine[0]).to_string();
        let (out, steps) = (&mut streams.out, trace.steps.len());
        writeln!(out, "seed {seed}, sequence {sequence}: {words}")?;
        writeln!(out, "  {steps} of {all} operations, as the engine answers:")?;
        text.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
        if let Some(folder) = self.cut {
            match save(folder, &format!("seed-{seed}-sequence-{sequence}-{ENGINE}"), &text) {
                Ok(path) => writeln!(out, "  the trace is in {}", path.display())?,
                Err(error) => writeln!(streams.err, "growstack: {error:#}")?,
            }
        }
        Ok(())
    }
}

fn create(config: &LinuxConfig) -> Box<dyn LinuxSpace> {
    Box::new(EngineSpace::<16>::new(config))
}
