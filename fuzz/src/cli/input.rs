//! Finding and reading traces and inputs of fuzz targets.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use walkdir::WalkDir;

use crate::kernel::{Family, Kernel};
use crate::lockstep::ORACLE;
use crate::replay::MapFactory;
use crate::targets::Target;
use crate::trace::{Trace, read_file};

/// A file to run.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A trace.
    Trace(PathBuf),
    /// An input of a fuzz target.
    Input(PathBuf, Target),
}

impl Item {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Trace(path) | Self::Input(path, _) => path,
        }
    }

    /// What the file `path` is: a trace by its name; else an input, of `target` if one is given,
    /// or of the target that the folder it is in is named for.
    fn of(path: PathBuf, target: Option<Target>) -> Option<Self> {
        if is_trace(&path) {
            return Some(Self::Trace(path));
        }
        let folder = || Target::from_name(path.parent()?.file_name()?.to_str()?);
        let target = target.or_else(folder)?;
        Some(Self::Input(path, target))
    }
}

/// The traces and inputs that `path` stands for: itself, which is a trace if nothing says
/// otherwise, or all in the folder and those below it, in the order of their names.
pub(super) fn items(path: &Path, target: Option<Target>) -> Result<Vec<Item>> {
    if !fs::metadata(path).with_context(|| path.display().to_string())?.is_dir() {
        let path = path.to_owned();
        return Ok(vec![Item::of(path.clone(), target).unwrap_or(Item::Trace(path))]);
    }
    let mut items = Vec::new();
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
        let entry = entry?;
        // Notes stand beside inputs.
        let note = entry.path().extension().is_some_and(|extension| extension == "md");
        if entry.file_type().is_file() && !note {
            items.extend(Item::of(entry.into_path(), target));
        }
    }
    ensure!(!items.is_empty(), "{}: no trace and no input in this folder", path.display());
    Ok(items)
}

/// Reads the name of a target.
pub(super) fn target(name: &str) -> Result<Target, String> {
    let names = || Target::ALL.map(Target::name).join(", ");
    Target::from_name(name).ok_or_else(|| format!("the targets are {}", names()))
}

/// Reads the name of a kernel.
pub(super) fn kernel(name: &str) -> Result<Kernel, String> {
    let names = || Kernel::ALL.map(Kernel::word).join(", ");
    name.parse().map_err(|_| format!("the kernels are {}", names()))
}

/// Reads the name of a kernel, or `linux`.
pub(super) fn family(name: &str) -> Result<Family, String> {
    name.parse()
        .map_err(|_| format!("the kernels are {}", Family::ALL.map(Family::word).join(", ")))
}

/// The maps of `kernel` but its oracle, or the one of this name.
pub(super) fn maps_of(
    maps: &[MapFactory],
    kernel: Kernel,
    name: Option<&str>,
) -> Result<Vec<MapFactory>> {
    let wanted = |map: &&MapFactory| name.map_or(map.name != ORACLE, |name| name == map.name);
    let found: Vec<_> =
        maps.iter().filter(wanted).filter(|map| map.is_of(kernel)).copied().collect();
    ensure!(
        !found.is_empty(),
        match name {
            Some(name) => format!("no map of {kernel} is called `{name}`"),
            None => format!("there is no map of {kernel} but its oracle"),
        }
    );
    Ok(found)
}

/// Reads a trace of FreeBSD 9.3, for `what` has no form for those of 14.2.
pub(super) fn read_older(path: &Path, what: &str) -> Result<Trace> {
    let trace = read_file(path)?;
    let (name, kernel) = (path.display(), trace.config().kernel());
    ensure!(
        kernel == Kernel::Freebsd9,
        "{name}: a trace of {kernel}, for which there are no {what}"
    );
    Ok(trace)
}

fn is_trace(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".trace") || name.ends_with(".trace.zst")
}

/// Is it, by its name, a recorded trace of Linux, beside which there is one of FreeBSD?
pub(super) fn is_recorded_of_linux(path: &Path) -> bool {
    trace_name(path).ends_with(".linux")
}

/// The name of the file without what says that it is a trace.
pub(super) fn trace_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(".zst").trim_end_matches(".trace").to_owned()
}
