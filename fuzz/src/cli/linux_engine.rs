//! Random sequences of Linux on the engine, of what it has.

use std::convert::Infallible;
use std::path::Path;

use anyhow::Result;

use super::live::{conclude, report};
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
        let map = LinuxMap { name: ENGINE, create: &create };
        conclude(&outcome, &self.settings, self.json, streams, |found, streams| {
            report(&map, (seed, found), "--kernel linux", self.cut, streams)
        })
    }
}

fn create(config: &LinuxConfig) -> Box<dyn LinuxSpace> {
    Box::new(EngineSpace::<16>::new(config))
}
