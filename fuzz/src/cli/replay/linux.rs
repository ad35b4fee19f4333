//! Traces of Linux among those that `growstack replay` runs.

use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::{Failed, Replayed};
use crate::kernel::Kernel;
use crate::linux::oracle::LinuxOracle;
use crate::linux::replay::{LinuxMap, fill, replay};
use crate::linux::trace::LinuxTrace;
use crate::lockstep::ORACLE;
use crate::replay::{Counts, MapFactory};
use crate::trace::{Trace, parse_file, read_packed};

/// A trace of either family of kernels.
pub(super) enum Read {
    /// Of FreeBSD.
    FreeBsd(Trace),
    /// Of Linux.
    Linux(LinuxTrace),
}

impl Read {
    /// Reads a trace; one whose header need not name its kernel, if `kernel` is given.
    pub(super) fn file(path: &Path, kernel: Option<Kernel>) -> Result<Self> {
        let text = read_packed(path)?;
        match kernel {
            None if LinuxTrace::is_named_by(&text) => {
                parse_file(path, &text, LinuxTrace::parse).map(Self::Linux)
            }
            None => parse_file(path, &text, Trace::parse).map(Self::FreeBsd),
            Some(kernel) => {
                parse_file(path, &text, |text| Trace::parse_of(text, kernel)).map(Self::FreeBsd)
            }
        }
    }
}

const MAP: LinuxMap<'static> =
    LinuxMap { name: ORACLE, create: &|config| Box::new(LinuxOracle::new(*config)) };

/// The map for the trace at `path`: of those of FreeBSD none is one of Linux but the oracle.
fn map(path: &Path, trace: &LinuxTrace, maps: &[MapFactory]) -> Result<LinuxMap<'static>> {
    if maps.iter().any(|map| map.name == ORACLE) {
        return Ok(MAP);
    }
    let (name, version) = (path.display(), trace.config.version);
    bail!("{name}: a trace of linux-{version}, and there is no map of that kernel to run it on");
}

/// Runs a trace on the oracle.
pub(super) fn replay_one(
    path: &Path,
    trace: &LinuxTrace,
    maps: &[MapFactory],
    strict: bool,
) -> Result<Replayed> {
    let mut replayed = Replayed { kernelless: maps.len() > 1, ..Replayed::default() };
    match replay(trace, &map(path, trace, maps)?, &[]) {
        Ok(done) => {
            let (name, passed) = (path.display(), done.passed);
            ensure!(
                !strict || passed == 0,
                "{name}: --strict: {passed} operations are not supported"
            );
            let answers = done.answers + done.lists;
            let operations = done.operations;
            replayed.linux = done;
            replayed.counts = Counts { operations, answers, passed, ..Counts::default() };
        }
        Err(failure) => {
            let line = trace.steps.get(failure.index).map_or(0, |step| step.line);
            let report = format!("{}:{line}: {failure}\n", path.display());
            replayed.failed = Some(Failed { report, cut: None });
        }
    }
    Ok(replayed)
}

/// The trace with the answers of the oracle.
pub(super) fn filled(path: &Path, trace: &LinuxTrace, maps: &[MapFactory]) -> Result<LinuxTrace> {
    Ok(fill(trace, &map(path, trace, maps)?))
}
