//! `growstack plain`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::input::{Item, is_recorded_of_linux, items, read_older, trace_name};
use super::{Exit, Streams};
use crate::replay::plain;

/// Write traces of nothing but insert, remove and protect, with the oracle's answers, that do to pages
/// what other traces do: for maps that have neither objects, flags, limits nor FreeBSD's stacks.
///
/// Exit code: 0, or 2 if something could not be used.
#[derive(Debug, Args)]
pub(super) struct Plain {
    /// Traces, or folders to search for them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Plain {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let (traces, operations) = self.write()?;
        let out = self.out.display();
        writeln!(streams.out, "{traces} traces of {operations} operations in {out}")?;
        Ok(Exit::Agreed)
    }

    fn write(&self) -> Result<(usize, usize)> {
        fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let (mut traces, mut operations) = (0, 0);
        for path in &self.paths {
            for item in items(path, None)? {
                let Item::Trace(path) = item else { continue };
                if is_recorded_of_linux(&path) {
                    continue;
                }
                let plain = plain(&read_older(&path, "plain traces")?);
                let packed =
                    compress_to_vec(plain.to_string().as_bytes(), CompressionLevel::Fastest);
                let target = self.out.join(format!("{}.trace.zst", trace_name(&path)));
                fs::write(&target, packed).with_context(|| target.display().to_string())?;
                traces += 1;
                operations += plain.steps.len();
            }
        }
        Ok((traces, operations))
    }
}
