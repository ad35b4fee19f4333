//! `growstack show`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::{Exit, Streams};
use crate::show::picture;
use crate::trace::read_file;

/// Draw the map over time as an SVG picture, which a browser shows: addresses to the right,
/// operations downwards, stacks with the room that they have left, guards of freebsd-14, growth and
/// refusals. Whatever is drawn shows its numbers when the pointer is on it.
///
/// Exit code: 0, or 2 if something could not be used.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The trace; packed if its name ends with .zst.
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Write the picture to this file, not to the standard output.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Show {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let trace = read_file(&self.trace)?;
        let title = self.trace.file_name().unwrap_or_default().to_string_lossy();
        let svg = picture(&title, &trace);
        match &self.out {
            Some(path) => fs::write(path, svg).with_context(|| path.display().to_string())?,
            None => writeln!(streams.out, "{svg}")?,
        }
        Ok(Exit::Agreed)
    }
}
