//! `growstack minimize`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::input::{Item, items, maps_of, target};
use super::{Exit, Streams, own};
use crate::kernel::Kernel;
use crate::replay::MapFactory;
use crate::targets::{Finding, Session, Target};
use crate::trace::read_file;

/// Make a trace or an input that shows a fault short, and print the report, the short trace and a
/// test to paste.
///
/// Whole operations are dropped first, then operands, attributes and the configuration are made
/// plainer. The short trace has no answers: it is for faults in which the engine and the oracle
/// differ. Which target an input is of is found out as in `replay`.
///
/// Exit code: 1 if the file shows a fault, 0 if it shows none, 2 if it could not be used.
#[derive(Debug, Args)]
pub(super) struct Minimize {
    /// A trace, or an input of a fuzz target.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The fuzz target that the input is of.
    #[arg(long, value_name = "TARGET", value_parser = target)]
    target: Option<Target>,

    /// Write the short trace to this file; the short input, if no trace shows the fault.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Draw both maps after the last operation to this file, where two maps differ.
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
}

impl Minimize {
    pub(super) fn run(&self, maps: &[MapFactory], streams: &mut Streams<'_>) -> Result<Exit> {
        let Some(finding) = find(&self.file, self.target, maps)? else {
            writeln!(streams.out, "{}: shows no fault", self.file.display())?;
            return Ok(Exit::Agreed);
        };
        self.save(&finding)?;
        write!(streams.out, "{finding}")?;
        Ok(Exit::Diverged)
    }

    fn save(&self, finding: &Finding) -> Result<()> {
        if let Some(path) = self.picture.as_ref().filter(|_| !finding.picture.is_empty()) {
            fs::write(path, &finding.picture).with_context(|| path.display().to_string())?;
        }
        let Some(path) = &self.out else { return Ok(()) };
        let contents = match (&finding.input, &finding.trace) {
            (Some(input), _) => input.clone(),
            (None, Some(trace)) => trace.to_string().into_bytes(),
            (None, None) => return Ok(()),
        };
        fs::write(path, contents).with_context(|| path.display().to_string())
    }
}

fn find(path: &Path, target: Option<Target>, maps: &[MapFactory]) -> Result<Option<Finding>> {
    let items = items(path, target)?;
    let [item] = items.as_slice() else { bail!("{}: not a single file", path.display()) };
    match item {
        Item::Trace(path) => {
            let trace = read_file(path)?;
            let kernel = trace.config().kernel();
            Ok(match own(maps) {
                _ if kernel != Kernel::Freebsd9 => {
                    let tested =
                        maps_of(maps, kernel, None).with_context(|| path.display().to_string())?;
                    Finding::of_trace_on(&trace, &tested)
                }
                Some(map) => Finding::of_trace_on(&trace, &[map]),
                None => Finding::of_trace(&trace),
            })
        }
        Item::Input(path, target) => {
            let bytes = fs::read(path).with_context(|| path.display().to_string())?;
            Ok(own(maps)
                .map_or_else(Session::default, Session::on)
                .run(*target, &bytes)
                .err()
                .map(|finding| *finding))
        }
    }
}
