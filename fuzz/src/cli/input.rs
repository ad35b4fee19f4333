//! Finding and reading trace files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use walkdir::WalkDir;

use crate::trace::Trace;

/// The traces that `path` stands for: itself, or all in the folder and those below it, in the
/// order of their names.
pub(super) fn trace_files(path: &Path) -> Result<Vec<PathBuf>> {
    if !fs::metadata(path).with_context(|| path.display().to_string())?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() && is_trace(entry.path()) {
            files.push(entry.into_path());
        }
    }
    ensure!(!files.is_empty(), "{}: no trace in this folder", path.display());
    Ok(files)
}

fn is_trace(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".trace") || name.ends_with(".trace.zst")
}

/// Reads a trace; a name that ends with `.zst` says that the file is compressed.
pub(super) fn read_trace(path: &Path) -> Result<Trace> {
    let name = path.display();
    let bytes = fs::read(path).with_context(|| name.to_string())?;
    let text = if path.extension().is_some_and(|extension| extension == "zst") {
        zstd::decode_all(bytes.as_slice()).with_context(|| name.to_string())?
    } else {
        bytes
    };
    // One prefix, so that the position reads FILE:LINE:COLUMN.
    Trace::parse(&text).map_err(|error| anyhow::anyhow!("{name}:{error}"))
}
