//! What several tests need.
#![allow(clippy::unwrap_used, dead_code)]

pub(crate) mod toy;

use std::path::{Path, PathBuf};

/// The folder of the golden traces.
pub(crate) fn golden_folder() -> PathBuf {
    // The package is `fuzz`, or one below it.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpora = package.ancestors().map(|folder| folder.join("corpus/freebsd-9.3"));
    corpora.find(|folder| folder.exists()).expect("the golden traces")
}

/// Path and bytes of every golden trace, in order.
pub(crate) fn golden_traces() -> Vec<(PathBuf, Vec<u8>)> {
    let files = walkdir::WalkDir::new(golden_folder()).sort_by_file_name();
    let traces: Vec<_> = files
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "trace"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    assert!(traces.len() > 400, "only {} golden traces", traces.len());
    traces
}

/// A header without limits.
pub(crate) const HEADER: &str = "\
growstack-trace 1
map min=0x1000 max=0x800000000000 page=4096
proc maxsaddr=inf
sysctl sgrowsiz=0x1000 stack_guard_page=0
limit stack=inf vmem=inf memlock=inf swap=inf
";
