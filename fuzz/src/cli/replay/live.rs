//! `growstack replay --live`: traces of Linux on the kernel of this machine.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::linux::Read;
use crate::cli::input::items;
use crate::cli::live::{LiveOptions, save};
use crate::cli::{Exit, Streams};
use crate::linux::LinuxConfig;
use crate::linux::harm::Harm;
use crate::linux::live::{Ground, LIVE, Spaces};
use crate::linux::replay::{LinuxCounts, LinuxMap, cut, fill, replay};
use crate::linux::sequence::Sequence;
use crate::linux::shorten::ORACLES;
use crate::linux::trace::LinuxTrace;

/// What is to be replayed.
pub(super) struct LiveReplay<'a> {
    pub(super) options: &'a LiveOptions,
    pub(super) paths: &'a [PathBuf],
    /// Where short traces of divergences go.
    pub(super) cut: Option<&'a Path>,
    pub(super) verbose: bool,
}

#[derive(Default)]
struct Totals {
    traces: usize,
    counts: LinuxCounts,
    diverged: usize,
    /// Traces of other machines, whose answers are nothing to this one.
    elsewhere: usize,
}

impl LiveReplay<'_> {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let mut totals = Totals::default();
        let mut ground: Option<Ground> = None;
        for path in self.paths {
            for item in items(path, None)? {
                let path = item.path();
                let Read::Linux(trace) = Read::file(path, None)? else {
                    bail!("{}: no trace of linux, which --live is about", path.display());
                };
                let window = trace.config.window;
                ensure!(
                    window.start().get() == 0,
                    "{}: a live window begins at 0, not at {}",
                    path.display(),
                    window.start()
                );
                let fits = |ground: &Ground| ground.config().window == window;
                let ground = match ground.take().filter(fits) {
                    Some(same) => ground.insert(same),
                    None => ground.insert(self.options.ground(window.end().get(), streams)?),
                };
                self.replay_one(path, trace, ground, &mut totals, streams)?;
            }
        }
        totals.write(streams)
    }

    fn replay_one(
        &self,
        path: &Path,
        trace: LinuxTrace,
        ground: &Ground,
        totals: &mut Totals,
        streams: &mut Streams<'_>,
    ) -> Result<()> {
        let (trace, here) = on(trace, ground.config());
        if !self.options.harmful {
            refuse_harm(path, &trace)?;
        }
        totals.traces += 1;
        totals.elsewhere += usize::from(!here);
        let spaces = Spaces::new(ground.clone());
        let create = |config: &LinuxConfig| spaces.create(config);
        let live = [LinuxMap { name: LIVE, create: &create }];
        match replay(&trace, &ORACLES, &live) {
            Ok(counts) => totals.add(counts),
            Err(failure) => {
                totals.diverged += 1;
                let line = trace.steps.get(failure.index).map_or(0, |step| step.line);
                writeln!(streams.out, "{}:{line}: {failure}", path.display())?;
                if let Some(folder) = self.cut {
                    let short = fill(&cut(&trace, &failure, &ORACLES, &live), &live[0]);
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                    let written = save(folder, &format!("{stem}-{LIVE}"), &short.to_string())?;
                    writeln!(streams.out, "  the trace is in {}", written.display())?;
                }
            }
        }
        if self.verbose {
            writeln!(streams.out, "{}: {} operations", path.display(), trace.steps.len())?;
        }
        Ok(())
    }
}

/// The trace as it is on this machine, and whether what it records was recorded on one that is the
/// same in all that the rules ask for. What a process has outside its window is the trace's.
fn on(mut trace: LinuxTrace, here: &LinuxConfig) -> (LinuxTrace, bool) {
    let LinuxConfig { base_pages, base_data, .. } = trace.config;
    let config = LinuxConfig { base_pages, base_data, ..*here };
    // Neither the version nor how much there is to commit is asked for by itself.
    let LinuxConfig { version, committable, .. } = config;
    let same = LinuxConfig { version, committable, ..trace.config } == config;
    if !same {
        for step in &mut trace.steps {
            (step.answer, step.vmas) = (None, None);
        }
    }
    trace.config = config;
    (trace, same)
}

/// Refuses a trace that leaves something behind.
fn refuse_harm(path: &Path, trace: &LinuxTrace) -> Result<()> {
    let mut sequence = Sequence::new(&trace.config);
    for step in &trace.steps {
        if let Some(harm) = Harm::of(&step.op, &sequence.view()) {
            let (name, line, op) = (path.display(), step.line, step.op);
            bail!("{name}:{line}: `{op}` {harm}; --harmful runs it");
        }
        sequence.push(step.op);
    }
    Ok(())
}

impl Totals {
    fn add(&mut self, counts: LinuxCounts) {
        self.counts.operations += counts.operations;
        self.counts.answers += counts.answers;
        self.counts.lists += counts.lists;
        self.counts.passed += counts.passed;
    }

    fn write(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let Self { traces, counts, diverged, elsewhere } = self;
        let LinuxCounts { operations, answers, lists, passed, .. } = counts;
        if *elsewhere != 0 {
            writeln!(
                streams.out,
                "traces recorded on other machines {elsewhere}: their answers are not compared"
            )?;
        }
        if *passed != 0 {
            writeln!(streams.out, "operations that are not supported {passed}")?;
        }
        let compared = answers + lists;
        writeln!(
            streams.out,
            "traces {traces}, operations {operations}, answers compared {compared}, divergences {diverged}"
        )?;
        ensure!(operations + diverged != 0, "nothing was compared");
        Ok(if *diverged == 0 { Exit::Agreed } else { Exit::Diverged })
    }
}
