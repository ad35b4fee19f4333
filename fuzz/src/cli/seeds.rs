//! `growstack seeds`.

use std::collections::HashSet;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::input::{Item, items, target};
use super::{Exit, Streams};
use crate::input::Input;
use crate::op::Op;
use crate::targets::Target;
use crate::trace::{Trace, read_file};

/// Write inputs of a fuzz target for the operations of traces.
///
/// An input says what its operands are near, so that a fuzzer can change it with sense. On
/// the engine and the oracle it does what the trace does.
#[derive(Debug, Args)]
pub(super) struct Seeds {
    /// Traces, or folders to search for them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The target: differential, growth, allocation or trace.
    #[arg(long, value_name = "TARGET", value_parser = target)]
    target: Target,

    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// How many operations from the start of each trace to take.
    #[arg(long, value_name = "N", default_value_t = 120)]
    length: usize,

    /// Of each trace take no more than this many bytes of text, from where on they hold the most
    /// kinds of operations. Only for the target trace, which does not carry them out.
    #[arg(long, value_name = "N", conflicts_with = "length")]
    bytes: Option<usize>,
}

impl Seeds {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let count = self.write()?;
        writeln!(streams.out, "{count} inputs in {}", self.out.display())?;
        Ok(Exit::Agreed)
    }

    fn write(&self) -> Result<usize> {
        fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let mut count = 0;
        for path in &self.paths {
            for item in items(path, None)? {
                let Item::Trace(path) = item else { continue };
                let seed = self.seed(&read_file(&path)?)?;
                let target = self.out.join(name(&path));
                fs::write(&target, seed).with_context(|| target.display().to_string())?;
                count += 1;
            }
        }
        Ok(count)
    }

    fn seed(&self, trace: &Trace) -> Result<Vec<u8>> {
        if let (Target::Trace, Some(most)) = (self.target, self.bytes) {
            return Ok(window(trace, most).to_string().into_bytes());
        }
        if self.target == Target::Trace {
            let mut short = trace.clone();
            short.steps.truncate(self.length);
            return Ok(short.to_string().into_bytes());
        }
        if !self.target.takes_operations() {
            bail!("an input of {} is no sequence of operations", self.target.name());
        }
        let ops: Vec<Op> = trace.steps.iter().map(|step| *step.op()).take(self.length).collect();
        Ok(Input::of(trace.config(), ops).encode())
    }
}

/// Those of the operations, one after the other, that have the most kinds among them and take no
/// more than `most` bytes with the header. The dumps of a large map are left out.
fn window(trace: &Trace, most: usize) -> Trace {
    let mut short = trace.clone();
    short.steps.retain(|step| step.to_string().len() < most / 4);
    let lengths: Vec<usize> = short.steps.iter().map(|step| step.to_string().len()).collect();
    let room = most.saturating_sub(trace.config().to_string().len());
    let (mut best, mut first, mut used) = ((0, 0..0), 0, 0);
    for end in 1..=lengths.len() {
        used += lengths[end - 1];
        while used > room {
            used -= lengths[first];
            first += 1;
        }
        let kinds: HashSet<_> =
            short.steps[first..end].iter().map(|step| mem::discriminant(step.op())).collect();
        if kinds.len() > best.0 {
            best = (kinds.len(), first..end);
        }
    }
    short.steps = short.steps.drain(best.1).collect();
    short
}

/// Folder and name of the trace, without what says that it is one.
fn name(path: &Path) -> String {
    let part =
        |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
    let folder = part(path.parent().and_then(Path::file_name));
    let file = part(path.file_name());
    let stem = file.trim_end_matches(".zst").trim_end_matches(".trace");
    format!("{folder}-{stem}")
}
