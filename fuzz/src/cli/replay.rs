//! `growstack replay`.

mod linux;
mod live;
mod totals;

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::forks;
use super::input::{Item, items, kernel, target};
use super::live::LiveOptions;
use super::outside::Outside;
use super::parallel::in_parallel;
use super::{Exit, Streams};
use crate::kernel::Kernel;
use crate::linux::replay::LinuxCounts;
use crate::proc_maps::{self, Region};
use crate::replay::{Counts, Ended, Failure, MapFactory, cut, fill_counted, replay};
use crate::report::Report;
use crate::show::picture;
use crate::targets::{Session, Target};
use crate::trace::{Trace, read_packed};
use linux::Read;
use live::LiveReplay;
use totals::Totals;

/// Run traces on the engine and on the oracle, and compare both with the answers that
/// the traces record and with each other.
///
/// The last line is `traces T, operations N, answers compared A, divergences D`. An operation
/// counts once, on however many maps it runs, and so does a recorded answer or dump. Of
/// each trace only the first divergence is reported.
///
/// An operation that a map does not support is passed over if that changes nothing; a line before the
/// last counts those. Comparing stops where it does change something, or at the header if a setting
/// there is not supported. Then less was compared than asked, which is no success; --verbose says
/// where, and --partial accepts it.
///
/// A trace with forks is compared on those maps that have fork, if any has; a line before the last
/// counts the traces for which others were left out. With --strict none is.
///
/// A trace of freebsd-14, as its header says, is run on the maps that are of that kernel; a line before
/// the last counts the traces for which others were left out.
///
/// A trace of a Linux, as its header says, is run on the oracle of Linux alone; with --live on the
/// kernel of this machine, too, and then by the rules of that one.
///
/// A search of freebsd-14 may be recorded as refused where the rules find room above the last entry:
/// the real kernel at times overlooks that, and when is a matter of the shape of its tree (rule D7.3).
/// It is no divergence; a find that was refused so is left out, and a line before the last counts them.
/// Where a find overlooks the room at the cluster address and maps lower down, comparing stops.
///
/// A trace of Linux whose header says `bounds=off` is of a recorded program, and its list at the end is
/// compared page by page and flag by flag. A line before the last says how many pages those were, and how
/// many stores there are of which no answer is recorded: the recorder has put them where the kernel's list
/// shows that a stack had grown, or that memory had been written.
///
/// A file of the same name with .maps for .trace is what the kernel said of a process that was
/// recorded, and the map at the end of the trace is compared with it page by page. A line before
/// the last says how many there were.
///
/// Inputs of fuzz targets, such as what a fuzzer keeps of a crash, are run, too: any file
/// that is not called *.trace or *.trace.zst and lies in a folder named for its target, as
/// corpus/growth and fuzz/artifacts/growth are, or any at all with --target. A line before the
/// last lists them. They are for the engine, and left out where it is not among the maps.
///
/// Exit code: 0 if all agreed, 1 if something diverged, 2 if some input could not be used, if less
/// was compared than asked, or if nothing was: a line says what and why.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Traces and inputs, or folders to search for them. A trace or .maps file with .zst at the end
    /// of its name is unpacked, to at most 256 MiB.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Use this map alone: engine, oracle, engine-4, which is the engine with nodes of four
    /// entries, or exec with --exec. Inputs of fuzz targets are left out.
    #[arg(long, value_name = "MAP")]
    only: Option<String>,

    /// Files that are no traces are inputs of this fuzz target: differential, growth, index, trace
    /// or allocation.
    #[arg(long, value_name = "TARGET", value_parser = target)]
    target: Option<Target>,

    /// What the traces are of whose header does not say: freebsd-9 or freebsd-14. One that says
    /// something else is an error.
    #[arg(long, value_name = "KERNEL", value_parser = kernel)]
    kernel: Option<Kernel>,

    /// Print the one trace given, with the answers that the maps give instead of its own.
    ///
    /// Where they give different answers, the report goes to the standard error and no trace is
    /// printed.
    #[arg(long)]
    fill: bool,

    /// Write the shortest trace found for each divergence to this folder, and a picture of it as
    /// `growstack show` draws it.
    #[arg(long, value_name = "DIR", conflicts_with = "fill")]
    cut: Option<PathBuf>,

    /// Fail on every operation that a map does not support, even where that changes nothing.
    #[arg(long, conflicts_with = "partial")]
    strict: bool,

    /// Accept traces that were not compared to their end, as long as something was.
    #[arg(long)]
    partial: bool,

    /// Print a line for each trace, with the place from where on it is left out, if it is.
    #[arg(long, short)]
    verbose: bool,

    #[command(flatten)]
    outside: Outside,

    #[command(flatten)]
    live: LiveOptions,
}

/// A trace or an input that ran.
#[derive(Default)]
struct Replayed {
    counts: Counts,
    failed: Option<Failed>,
    /// What was left out, in words.
    left_out: Option<String>,
    /// Was there a word of the kernel to compare the map with?
    recorded: bool,
    /// What was compared of a trace of Linux.
    linux: LinuxCounts,
    /// Were maps left out, because the trace forks and they do not?
    forkless: bool,
    /// Were maps left out, because they are of another kernel than the trace?
    kernelless: bool,
    /// Were several maps compared with each other?
    together: bool,
}

/// From where on `trace` was left out, and why.
fn left_out(trace: &Trace, ended: Ended) -> String {
    let Ended { index, map, declined, overlooked } = ended;
    let what = match declined {
        Some(op) => format!("`{op}`"),
        None => "bounds inside a page".to_owned(),
    };
    let Some(step) = index.and_then(|index| trace.steps.get(index)) else {
        return format!("all left out, because {map} does not support {what} of its header");
    };
    let line = step.line().unwrap_or_default();
    if overlooked {
        return format!(
            "left out from line {line} on, because the kernel overlooked room there (D7.3) and mapped \
             lower down"
        );
    }
    let reached = match declined {
        Some(op) if op == *step.op() => "",
        _ => ", which matters there",
    };
    format!("left out from line {line} on, because {map} does not support {what}{reached}")
}

/// A trace that diverged, or an input that shows a fault.
struct Failed {
    report: String,
    cut: Option<Trace>,
}

impl Failed {
    fn new(path: &Path, trace: &Trace, failure: &Failure, maps: &[MapFactory]) -> Self {
        let cut = cut(trace, failure, maps);
        let origin = &path.display().to_string();
        let report = Report { origin, trace, failure, cut: &cut }.to_string();
        Self { report, cut: Some(cut) }
    }
}

impl Replay {
    pub(super) fn run(&self, maps: &[MapFactory], streams: &mut Streams<'_>) -> Result<Exit> {
        if self.live.live {
            let (options, cut) = (&self.live, self.cut.as_deref());
            return LiveReplay { options, paths: &self.paths, cut, verbose: self.verbose }
                .run(streams);
        }
        let maps = self.maps(maps)?;
        let (files, unused) = self.files(&maps)?;
        if self.fill {
            return self.fill_one(&files, &maps, streams);
        }
        self.replay_all(&files, unused, &maps, streams)
    }

    fn maps(&self, maps: &[MapFactory]) -> Result<Vec<MapFactory>> {
        let mut maps = maps.to_vec();
        maps.extend(self.outside.factory()?);
        let wanted = |map: &&MapFactory| self.only.as_ref().is_none_or(|only| only == map.name);
        let chosen: Vec<MapFactory> = maps.iter().filter(wanted).copied().collect();
        if chosen.is_empty() {
            let names: Vec<&str> = maps.iter().map(|map| map.name).collect();
            let only = self.only.as_deref().unwrap_or_default();
            bail!("no map is called `{only}`; there are: {}", names.join(", "));
        }
        Ok(chosen)
    }

    /// What to run, and how many inputs of fuzz targets are left out.
    fn files(&self, maps: &[MapFactory]) -> Result<(Vec<Item>, usize)> {
        let mut files = Vec::new();
        for path in &self.paths {
            files.extend(items(path, self.target)?);
        }
        let inputs = self.only.is_none() && maps.iter().any(|map| map.name == "engine");
        let all = files.len();
        files.retain(|file| inputs || matches!(file, Item::Trace(_)));
        let unused = all - files.len();
        Ok((files, unused))
    }

    fn replay_all(
        &self,
        files: &[Item],
        unused: usize,
        maps: &[MapFactory],
        streams: &mut Streams<'_>,
    ) -> Result<Exit> {
        let mut exit = Exit::Agreed;
        let (mut traces, mut inputs) = (Totals::default(), Totals::default());
        for (item, result) in
            files.iter().zip(in_parallel(files, |item| self.replay_one(item, maps)))
        {
            let replayed = match result {
                Ok(replayed) => replayed,
                Err(error) => {
                    writeln!(streams.err, "growstack: {error:#}")?;
                    exit = Exit::Unusable;
                    continue;
                }
            };
            match item {
                Item::Trace(_) => traces.add(item.path(), &replayed),
                Item::Input(..) => inputs.add(item.path(), &replayed),
            }
            let Replayed { counts, failed, left_out, .. } = replayed;
            let path = item.path();
            if self.verbose {
                let word = if failed.is_some() { "diverges" } else { "agrees" };
                let Counts { operations, answers, passed, overlooked, .. } = counts;
                let over = match passed {
                    0 => String::new(),
                    passed => format!(", {passed} passed over"),
                };
                let over = match overlooked {
                    0 => over,
                    overlooked => format!("{over}, {overlooked} by the tree's shape (D7.3)"),
                };
                let name = path.display();
                let rest = left_out.map_or_else(String::new, |rest| format!("; {rest}"));
                writeln!(
                    streams.out,
                    "{name}: {operations} operations, {answers} answers{over}, {word}{rest}"
                )?;
            }
            if let Some(Failed { report, cut }) = failed {
                exit = exit.max(Exit::Diverged);
                write!(streams.out, "{report}")?;
                if let Err(error) = cut.map_or(Ok(()), |cut| self.save(path, &cut)) {
                    writeln!(streams.err, "growstack: {error:#}")?;
                    exit = Exit::Unusable;
                }
            }
        }
        let Totals { files, counts: Counts { operations, .. }, failed, .. } = &inputs;
        if *files != 0 {
            writeln!(streams.out, "inputs {files}, operations {operations}, faults {failed}")?;
        }
        if unused != 0 {
            writeln!(
                streams.out,
                "inputs of fuzz targets left out, they are for the engine: {unused}"
            )?;
        }
        traces.write(streams.out)?;
        match self.lacking(&traces, &inputs) {
            Some(lacking) if exit == Exit::Agreed => bail!(lacking),
            _ => Ok(exit),
        }
    }

    /// What was not compared and should have been.
    fn lacking(&self, traces: &Totals, inputs: &Totals) -> Option<String> {
        let Counts { operations, answers, passed, .. } = traces.counts;
        let compared = answers != 0 || traces.recorded != 0 || traces.together != 0;
        if let Some(first) = traces.first_ended.as_ref().filter(|_| !self.partial || !compared) {
            let (ended, files) = (traces.ended, traces.files);
            return Some(format!("{ended} of {files} traces not compared to their end: {first}"));
        }
        if !compared && inputs.counts.operations == 0 {
            return Some(match operations {
                0 => "nothing was compared: there is no operation that the maps support".to_owned(),
                _ => "nothing was compared: one map alone, and no answer is recorded".to_owned(),
            });
        }
        let strict = self.strict && passed != 0;
        strict.then(|| format!("--strict: {passed} operations are not supported"))
    }

    fn fill_one(
        &self,
        files: &[Item],
        maps: &[MapFactory],
        streams: &mut Streams<'_>,
    ) -> Result<Exit> {
        let [Item::Trace(path)] = files else {
            bail!("--fill takes one trace, not {}", files.len())
        };
        let trace = match Read::file(path, self.kernel)? {
            Read::FreeBsd(trace) => trace,
            Read::Linux(trace) => {
                write!(streams.out, "{}", linux::filled(path, &trace, maps)?)?;
                return Ok(Exit::Agreed);
            }
        };
        match fill_counted(&trace, maps) {
            Ok((filled, counts)) => {
                write!(streams.out, "{filled}")?;
                let Some(ended) = counts.ended else { return Ok(Exit::Agreed) };
                bail!("{}: no answers: {}", path.display(), left_out(&trace, ended))
            }
            Err(failure) => {
                write!(streams.err, "{}", Failed::new(path, &trace, &failure, maps).report)?;
                Ok(Exit::Diverged)
            }
        }
    }

    fn replay_one(&self, item: &Item, maps: &[MapFactory]) -> Result<Replayed> {
        let path = match item {
            Item::Trace(path) => path,
            Item::Input(path, target) => return replay_input(path, *target),
        };
        let trace = match Read::file(path, self.kernel)? {
            Read::FreeBsd(trace) => trace,
            Read::Linux(trace) => return linux::replay_one(path, &trace, maps, self.strict),
        };
        let able = if self.strict { maps.to_vec() } else { forks::able(&trace, maps) };
        let (counts, result) = replay(&trace, &able);
        let run = able.len() - counts.of_other_kernels;
        if run == 0 && counts.ended.is_none() {
            let (name, kernel) = (path.display(), trace.config().kernel());
            bail!("{name}: a trace of {kernel}, and there is no map of that kernel to run it on");
        }
        let mut failed = result.err().map(|failure| Failed::new(path, &trace, &failure, &able));
        let left_out = counts.ended.map(|ended| left_out(&trace, ended));
        let regions = recorded_maps(path)?.filter(|_| left_out.is_none());
        if let (None, Some(regions)) = (&failed, &regions) {
            failed = disagreement(path, &trace, &able, regions);
        }
        Ok(Replayed {
            failed,
            left_out,
            recorded: regions.is_some(),
            linux: LinuxCounts::default(),
            forkless: able.len() < maps.len(),
            kernelless: counts.of_other_kernels != 0,
            together: run > 1,
            counts,
        })
    }

    /// Writes the cut of the trace at `path`, if that is wanted.
    fn save(&self, path: &Path, cut: &Trace) -> Result<()> {
        let Some(folder) = &self.cut else { return Ok(()) };
        // Folders of a corpus use the same names, so the whole path goes into the new one.
        let parts: Vec<_> = path
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_string_lossy()),
                _ => None,
            })
            .collect();
        let name = parts.join("-");
        let name = name.strip_suffix(".zst").unwrap_or(&name);
        // The operations of an input are a trace, too.
        let target = folder.join(format!("{}.trace", name.strip_suffix(".trace").unwrap_or(name)));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&target, cut.to_string()))
            .and_then(|()| fs::write(target.with_extension("svg"), picture(name, cut)))
            .with_context(|| target.display().to_string())
    }
}

fn replay_input(path: &Path, target: Target) -> Result<Replayed> {
    let name = path.display().to_string();
    let bytes = fs::read(path).with_context(|| name.clone())?;
    let mut session = Session::default();
    let failed = session
        .run(target, &bytes)
        .err()
        .map(|finding| Failed { report: format!("{name}:\n{finding}"), cut: finding.trace });
    let done = session.statistics.operations() + session.statistics.edits;
    let operations = usize::try_from(done).unwrap_or(usize::MAX);
    let counts = Counts { operations, ..Counts::default() };
    Ok(Replayed { counts, failed, ..Replayed::default() })
}

/// What the kernel said at the end of the process that the trace at `path` was recorded of, if that
/// was kept beside it.
fn recorded_maps(path: &Path) -> Result<Option<Vec<Region>>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".zst").unwrap_or(&name);
    let Some(stem) = stem.strip_suffix(".trace") else { return Ok(None) };
    let files = [".maps", ".maps.zst"].map(|kind| path.with_file_name(format!("{stem}{kind}")));
    let Some(file) = files.into_iter().find(|file| file.is_file()) else { return Ok(None) };
    let text = read_packed(&file)?;
    let regions = proc_maps::read(&String::from_utf8_lossy(&text));
    regions.map(Some).with_context(|| file.display().to_string())
}

/// Where the maps differ from what the kernel said.
fn disagreement(
    path: &Path,
    trace: &Trace,
    maps: &[MapFactory],
    regions: &[Region],
) -> Option<Failed> {
    let mut report = String::new();
    for factory in maps {
        for difference in proc_maps::compare(trace, *factory, regions) {
            report += &format!("{}, {}: {difference}\n", path.display(), factory.name);
        }
    }
    (!report.is_empty()).then_some(Failed { report, cut: None })
}
