//! Traces of a log, written to a folder.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use growstack_fuzz::cli::{Exit, maps};
use growstack_fuzz::linux::pages::PageDifference;
use growstack_fuzz::proc_maps::{Difference, anonymized};
use growstack_fuzz::replay::fill;
use growstack_recorder::{LinuxRecording, Origin, Recording, convert};

/// Where traces go and what they are called.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// The folder to write to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,

    /// What the names of the files begin with.
    #[arg(long, value_name = "N", default_value = "recorded")]
    name: String,

    /// Leave out processes to which fewer operations than this happened.
    #[arg(long, value_name = "N", default_value_t = 1)]
    least: usize,
}

impl Output {
    /// Writes the traces of `log`, and a line about each to `out`.
    pub(super) fn write(&self, log: &str, out: &mut dyn Write) -> Result<Exit> {
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
            exit = exit.max(self.write_one(&stem, recording, out)?);
        }
        writeln!(
            out,
            "{written} traces in {}, {left_out} smaller ones left out",
            self.out.display()
        )?;
        Ok(exit)
    }

    fn write_one(&self, stem: &str, recording: &Recording, out: &mut dyn Write) -> Result<Exit> {
        let Recording { trace, growing, last, differences, refused, .. } = recording;
        let mut exit = Exit::Agreed;
        for (suffix, trace) in [("", Some(trace)), ("-growing", growing.as_ref())] {
            let Some(trace) = trace else { continue };
            match fill(trace, &maps()) {
                Ok(filled) => self.save(&format!("{stem}{suffix}.trace"), &filled.to_string())?,
                Err(failure) => {
                    exit = Exit::Diverged;
                    self.save(&format!("{stem}{suffix}.trace"), &trace.to_string())?;
                    let (index, between) = (failure.index, failure.sides);
                    let what = failure.divergence.between(between.0, between.1);
                    writeln!(out, "{stem}{suffix}: operation {index}: {what}")?;
                }
            }
        }
        if let Some(last) = last {
            self.save(&format!("{stem}.maps"), &anonymized(last))?;
        }
        writeln!(out, "{stem}: {}", summary(recording))?;
        if let Some(linux) = &recording.linux {
            exit = exit.max(self.write_linux(stem, linux, out)?);
        }
        for refused in refused {
            writeln!(out, "{stem}: done by Linux, refused by the rules: {refused}")?;
        }
        for difference in differences {
            exit = Exit::Diverged;
            writeln!(out, "{stem}: {difference}")?;
        }
        Ok(exit)
    }

    /// The trace of Linux, and what the rules and the kernel do not agree in.
    fn write_linux(&self, stem: &str, linux: &LinuxRecording, out: &mut dyn Write) -> Result<Exit> {
        let LinuxRecording { trace, unseen, differences, problems } = linux;
        self.save(&format!("{stem}.linux.trace"), &trace.to_string())?;
        let answers = trace.steps.iter().filter(|step| step.answer.is_some()).count();
        let unseen: Vec<String> =
            unseen.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let unseen = if unseen.is_empty() { "none".to_owned() } else { unseen.join(", ") };
        let pages: u64 = differences.iter().map(PageDifference::pages).sum();
        writeln!(
            out,
            "{stem}.linux: {answers} answers, unseen: {unseen}, {pages} pages differ by flags or at all"
        )?;
        for problem in problems {
            writeln!(out, "{stem}.linux: {problem}")?;
        }
        for difference in differences {
            writeln!(out, "{stem}.linux: {difference}")?;
        }
        let agrees = problems.is_empty() && differences.is_empty();
        Ok(if agrees { Exit::Agreed } else { Exit::Diverged })
    }

    fn save(&self, name: &str, text: &str) -> Result<()> {
        let path = self.out.join(name);
        fs::write(&path, text).with_context(|| path.display().to_string())
    }
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
            let pages: u64 = differences.iter().map(Difference::pages).sum();
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
