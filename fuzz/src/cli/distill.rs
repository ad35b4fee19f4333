//! `growstack distill`.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::input::{Item, items, target};
use super::{Exit, Streams, own};
use crate::kernel::{Family, Kernel};
use crate::replay::MapFactory;
use crate::targets::{Session, Statistics, Target, Verdict};

/// Copy those inputs of a fuzz target, the small ones first, that reach a pair of an operation and
/// a branch of the rules which those before did not.
///
/// What libFuzzer's own merge keeps covers the program's code, in which two rules may share a
/// line; this covers the rules. Inputs that show a fault are reported and left out.
#[derive(Debug, Args)]
pub(super) struct Distill {
    /// Inputs, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The target: differential, growth, allocation or linux.
    #[arg(long, value_name = "TARGET", value_parser = target)]
    target: Target,

    /// The folder to copy to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Distill {
    pub(super) fn run(&self, maps: &[MapFactory], streams: &mut Streams<'_>) -> Result<Exit> {
        let (kept, of) = self.copy(own(maps), streams)?;
        writeln!(streams.out, "{kept} of {of} inputs in {}", self.out.display())?;
        Ok(Exit::Agreed)
    }

    /// How many were copied, and of how many.
    fn copy(&self, own: Option<MapFactory>, streams: &mut Streams<'_>) -> Result<(usize, usize)> {
        ensure!(
            self.target.takes_operations() || self.target == Target::Linux,
            "inputs of {} have no operations",
            self.target.name()
        );
        fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let mut inputs = self.inputs()?;
        inputs.sort_by_key(|(path, bytes)| (bytes.len(), path.clone()));
        let mut reached: HashSet<(Family, &'static str, &'static str)> = HashSet::new();
        let mut kept = 0;
        for (path, bytes) in &inputs {
            let mut session = own.map_or_else(Session::default, Session::on);
            match session.run(self.target, bytes) {
                Ok(Verdict::Sound) => {}
                Ok(Verdict::Alone | Verdict::Unreadable) => continue,
                Err(finding) => {
                    writeln!(streams.err, "{}: {}", path.display(), finding.report)?;
                    continue;
                }
            }
            let before = reached.len();
            reached.extend(pairs(&session.statistics));
            if reached.len() > before {
                let copy = self.out.join(path.file_name().unwrap_or_default());
                fs::write(&copy, bytes).with_context(|| copy.display().to_string())?;
                kept += 1;
            }
        }
        Ok((kept, inputs.len()))
    }

    fn inputs(&self) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let mut inputs = Vec::new();
        for path in &self.paths {
            for item in items(path, Some(self.target))? {
                if let Item::Input(path, _) = item {
                    let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
                    inputs.push((path, bytes));
                }
            }
        }
        Ok(inputs)
    }
}

/// The pairs of an operation and a branch of the rules that were reached, of each kernel.
fn pairs(statistics: &Statistics) -> impl Iterator<Item = (Family, &'static str, &'static str)> {
    let Statistics { counts, counts_14, linux, .. } = statistics;
    let [nine, fourteen] = [Kernel::Freebsd9, Kernel::Freebsd14].map(Family::FreeBsd);
    let older = counts.taken().map(move |(kind, branch, _)| (nine, kind.name(), branch.id()));
    let newer =
        counts_14.taken().map(move |(kind, branch, _)| (fourteen, kind.name(), branch.id()));
    let linux = linux.taken().map(|(kind, branch, _)| (Family::Linux, kind, branch.id()));
    older.chain(newer).chain(linux)
}
