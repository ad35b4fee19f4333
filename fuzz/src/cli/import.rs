//! `growstack import`.

use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::input::read_packed;
use super::{Exit, Streams};
use crate::record::{Origin, Recording, anonymized, convert};
use crate::replay::{Contender, fill};

/// Make traces of a log that `growstack record --log` has kept.
///
/// Exit code: 0 if every trace agrees with what the kernel said of its process, 1 if one does not
/// or the maps give different answers, 2 if something could not be used.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The log; packed if its name ends with .zst.
    #[arg(value_name = "LOG")]
    log: PathBuf,

    #[command(flatten)]
    output: Output,
}

/// Where traces go and what they are called.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// The folder to write to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,

    /// What the names of the files begin with.
    #[arg(long, value_name = "N", default_value = "recorded")]
    name: String,

    /// Pack the files with zstd.
    #[arg(long)]
    pack: bool,

    /// Leave out processes to which fewer operations than this happened.
    #[arg(long, value_name = "N", default_value_t = 1)]
    least: usize,
}

impl Import {
    pub(super) fn run(&self, maps: &[Contender], streams: &mut Streams<'_>) -> io::Result<Exit> {
        let outcome = read_packed(&self.log)
            .and_then(|log| self.output.write(&String::from_utf8_lossy(&log), maps, streams));
        outcome.or_else(|error| {
            writeln!(streams.err, "growstack: {error:#}")?;
            Ok(Exit::Unusable)
        })
    }
}

impl Output {
    /// Writes the traces of `log`, and tells of each.
    pub(super) fn write(
        &self,
        log: &str,
        maps: &[Contender],
        streams: &mut Streams<'_>,
    ) -> Result<Exit> {
        let mut exit = Exit::Agreed;
        let recordings = convert(log)?;
        ensure!(!recordings.is_empty(), "there is no process in the log that anything happened to");
        fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let width = recordings.len().to_string().len();
        let (mut written, mut left_out) = (0, 0);
        for (index, recording) in recordings.iter().enumerate() {
            if recording.trace.steps.len() < recording.given + 1 + self.least {
                left_out += 1;
                continue;
            }
            let stem =
                format!("{}-{:0width$}-{}", self.name, index + 1, plain_name(&recording.program));
            written += 1;
            exit = exit.max(self.write_one(&stem, recording, maps, streams)?);
        }
        writeln!(
            streams.out,
            "{written} traces in {}, {left_out} smaller ones left out",
            self.out.display()
        )?;
        Ok(exit)
    }

    fn write_one(
        &self,
        stem: &str,
        recording: &Recording,
        maps: &[Contender],
        streams: &mut Streams<'_>,
    ) -> Result<Exit> {
        let Recording { trace, growing, last, differences, refused, .. } = recording;
        let mut exit = Exit::Agreed;
        for (suffix, trace) in [("", Some(trace)), ("-growing", growing.as_ref())] {
            let Some(trace) = trace else { continue };
            match fill(trace, maps) {
                Ok(filled) => self.save(&format!("{stem}{suffix}.trace"), &filled.to_string())?,
                Err(failure) => {
                    exit = Exit::Diverged;
                    self.save(&format!("{stem}{suffix}.trace"), &trace.to_string())?;
                    let (index, between) = (failure.index, failure.sides);
                    let what = failure.divergence.between(between.0, between.1);
                    writeln!(streams.out, "{stem}{suffix}: operation {index}: {what}")?;
                }
            }
        }
        if let Some(last) = last {
            self.save(&format!("{stem}.maps"), &anonymized(last))?;
        }
        writeln!(streams.out, "{stem}: {}", summary(recording))?;
        for refused in refused {
            writeln!(streams.out, "{stem}: done by Linux, refused by the rules: {refused}")?;
        }
        for difference in differences {
            exit = Exit::Diverged;
            writeln!(streams.out, "{stem}: {difference}")?;
        }
        Ok(exit)
    }

    fn save(&self, name: &str, text: &str) -> Result<()> {
        let path = self.out.join(if self.pack { format!("{name}.zst") } else { name.to_owned() });
        let packed = if self.pack { Some(pack(text)?) } else { None };
        let bytes = packed.as_deref().unwrap_or(text.as_bytes());
        fs::write(&path, bytes).with_context(|| path.display().to_string())
    }
}

/// As small as zstd makes it without asking the reader for much memory.
fn pack(text: &str) -> Result<Vec<u8>> {
    Ok(zstd::encode_all(text.as_bytes(), 19)?)
}

fn summary(recording: &Recording) -> String {
    let Recording { origin, ending, trace, given, last, differences, .. } = recording;
    let own = trace.steps.len() - 1 - given;
    let origin = match origin {
        Origin::Program => "",
        Origin::Fork => " of a fork",
    };
    let agreement = match last {
        None => "nothing to compare with".to_owned(),
        Some(last) => {
            let regions = last.len();
            let pages: u64 = differences.iter().map(crate::record::Difference::pages).sum();
            format!("{pages} pages differ from the {regions} regions of /proc/PID/maps")
        }
    };
    format!("{own} operations{origin}, {ending}, {agreement}")
}

/// The name of a program as a part of a file's name.
fn plain_name(program: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+');
    let name: String = program.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    if name.is_empty() { "unknown".to_owned() } else { name }
}
