//! `growstack bounded`.

use std::num::NonZero;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::{Args, value_parser};

use super::input::{kernel, maps_of};
use super::{Exit, Streams};
use crate::bounded::{Failure, Growths, MOST, Outcome, PAGES, Scope, prove, prove_growths};
use crate::kernel::Kernel;
use crate::lockstep::quietly;
use crate::replay::MapFactory;

/// Run every sequence of a few operations over a map of six pages on a map and on the oracle, with all
/// operands that differ; or every single growth.
///
/// Sequences that lead to the same map go on alike, and are gone on from once: a line for each length
/// says how many sequences are covered, how many were run and to how many different maps they lead.
/// There are three starts: without limits, with narrow ones, and with all that is mapped wired.
///
/// Exit code: 0 if all agreed, 1 if the maps differ after a sequence, 2 if the arguments are of no use.
#[derive(Debug, Args)]
pub(super) struct Bounded {
    /// Operations of the longest sequences. Each one more takes some fifty times as long.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u8).range(1..=MOST as i64))]
    ops: u8,

    /// All operations on one process, not only those about stacks and what lies next to them.
    #[arg(long)]
    whole: bool,

    /// Not sequences, but single growths in a map of 256 addresses, 16 a page: all faults and steps of
    /// all stacks, each with room up to a neighbour, and all limits of main stacks.
    #[arg(long, conflicts_with_all = ["ops", "whole"])]
    growths: bool,

    /// Of the faults, steps and limits of growths, only every Nth.
    #[arg(long, value_name = "N", default_value = "1", requires = "growths")]
    stride: NonZero<u16>,

    /// Whose rules: freebsd-9, as without this option, or freebsd-14.
    #[arg(long, value_name = "KERNEL", value_parser = kernel)]
    kernel: Option<Kernel>,

    /// The map to run; by default the first one of that kernel that is not the oracle.
    #[arg(long, value_name = "MAP")]
    map: Option<String>,
}

impl Bounded {
    pub(super) fn run(&self, maps: &[MapFactory], streams: &mut Streams<'_>) -> Result<Exit> {
        let kernel = self.kernel.unwrap_or_default();
        let tested = maps_of(maps, kernel, self.map.as_deref())?[0];
        if self.growths {
            self.run_growths(tested, kernel, streams)
        } else {
            self.run_sequences(tested, kernel, streams)
        }
    }

    fn run_sequences(
        &self,
        tested: MapFactory,
        kernel: Kernel,
        streams: &mut Streams<'_>,
    ) -> Result<Exit> {
        let scope = if self.whole { Scope::Whole } else { Scope::Growth };
        let started = Instant::now();
        let outcome = quietly(|| prove(tested, kernel, scope, self.ops.into()));
        let Outcome { operations, levels, failure } = &outcome;
        writeln!(
            streams.out,
            "{kernel}, map {}, {PAGES} pages, {operations} operations",
            tested.name
        )?;
        if let Some(failure) = failure {
            return differ(failure, streams);
        }
        for (length, level) in (1..).zip(levels) {
            writeln!(
                streams.out,
                "length {length}: {} sequences, {} of them run, {} different maps",
                level.sequences, level.run, level.maps
            )?;
        }
        ensure!(levels.iter().any(|level| level.run != 0), "nothing was compared");
        let sequences: u128 = levels.iter().map(|level| level.sequences).sum();
        let seconds = started.elapsed().as_secs_f64();
        writeln!(streams.out, "sequences {sequences}, divergences 0, {seconds:.1} s")?;
        Ok(Exit::Agreed)
    }

    fn run_growths(
        &self,
        tested: MapFactory,
        kernel: Kernel,
        streams: &mut Streams<'_>,
    ) -> Result<Exit> {
        let started = Instant::now();
        let outcome = quietly(|| prove_growths(tested, kernel, self.stride));
        let Growths { compared, grown, failure } = &outcome;
        writeln!(streams.out, "{kernel}, map {}, every growth by itself", tested.name)?;
        if let Some(failure) = failure {
            return differ(failure, streams);
        }
        ensure!(*grown != 0, "no stack grew");
        let seconds = started.elapsed().as_secs_f64();
        writeln!(
            streams.out,
            "growths {compared}, of which {grown} added pages, divergences 0, {seconds:.1} s"
        )?;
        Ok(Exit::Agreed)
    }
}

fn differ(failure: &Failure, streams: &mut Streams<'_>) -> Result<Exit> {
    let (first, other) = failure.sides;
    write!(streams.out, "{}", failure.trace)?;
    writeln!(streams.out, "{first} and {other} differ: {}", failure.divergence)?;
    Ok(Exit::Diverged)
}
