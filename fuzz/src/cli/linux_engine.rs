//! Random sequences of Linux on the engine, of what it has.

use std::convert::Infallible;
use std::path::Path;

use anyhow::{Result, ensure};

use super::live::{report, write_table, write_tally};
use super::{Exit, Streams};
use crate::driver::Settings;
use crate::linux::engine::{self, EngineSpace};
use crate::linux::random;
use crate::linux::replay::LinuxMap;
use crate::linux::runner::{OneByOne, Runner};
use crate::linux::sequence::Allowed;
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
        let make = |_| -> Result<Box<dyn Runner>, Infallible> {
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
        let map = LinuxMap { name: ENGINE, create: &create };
        report(&map, (seed, found), "--kernel linux", self.cut, streams)?;
        writeln!(streams.out, "divergence, seed {seed}")?;
        Ok(Exit::Diverged)
    }
}

fn create(config: &LinuxConfig) -> Box<dyn LinuxSpace> {
    Box::new(EngineSpace::<16>::new(config))
}
