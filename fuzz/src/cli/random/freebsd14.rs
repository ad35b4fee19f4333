//! `growstack random --kernel freebsd-14`.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use super::{Exit, Random, Streams};
use crate::freebsd14::{Outcome, run};
use crate::kernel::{Freebsd14, Kernel};
use crate::lockstep::ORACLE;
use crate::op::Config;
use crate::oracle::freebsd14::Branch;
use crate::replay::MapFactory;

impl Random {
    pub(super) fn run_14(&self, maps: &[MapFactory], streams: &mut Streams<'_>) -> Result<Exit> {
        let tested = self.tested_14(maps)?;
        let settings = self.settings();
        let (seed, kernel) = (settings.seed, Kernel::Freebsd14);
        writeln!(streams.out, "seed {seed}, map {}, {kernel}", tested.name)?;
        streams.out.flush()?;
        let outcome = run(&settings, tested);
        let Outcome { sequences, operations, failure, .. } = &outcome;
        let missed: Vec<Branch> = outcome.missed().collect();
        for branch in &missed {
            writeln!(streams.out, "never reached: {} {}", branch.id(), branch.what())?;
        }
        let reached = Branch::COUNT - missed.len();
        writeln!(
            streams.out,
            "sequences {sequences}, operations {operations}, branches of the rules reached \
             {reached} of {}",
            Branch::COUNT
        )?;
        let Some(failure) = failure else {
            ensure!(*operations != 0, "nothing was compared");
            writeln!(streams.out, "no divergence, seed {seed}")?;
            return Ok(Exit::Agreed);
        };
        write!(streams.out, "{failure}")?;
        if let Some(folder) = &self.cut {
            let path = folder.join(format!("seed-{seed}-{}.trace", failure.sequence));
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(&path, failure.trace.to_string()))
                .with_context(|| path.display().to_string())?;
            writeln!(streams.out, "  the trace is in {}", path.display())?;
        }
        writeln!(streams.out, "divergence, seed {seed}")?;
        Ok(Exit::Diverged)
    }

    /// The map to run: the one named, or the first of that kernel that is not the oracle.
    fn tested_14(&self, maps: &[MapFactory]) -> Result<MapFactory> {
        if let Some(outside) = self.outside.factory()? {
            return Ok(outside);
        }
        let freebsd_14 = Some(Freebsd14::new(Config::default().max));
        let config = Config { freebsd_14, ..Config::default() };
        let fits = |map: &&MapFactory| (map.create)(&config).kernel() == Kernel::Freebsd14;
        let wanted = |map: &&MapFactory| match &self.map {
            Some(name) => name == map.name,
            None => map.name != ORACLE,
        };
        if let Some(map) = maps.iter().filter(wanted).find(fits) {
            return Ok(*map);
        }
        match &self.map {
            Some(name) => bail!("no map of freebsd-14 is called `{name}`"),
            None => bail!(
                "there is no engine of freebsd-14 yet; --map oracle runs its oracle beside itself"
            ),
        }
    }
}
