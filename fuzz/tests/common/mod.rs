//! What several tests need.
#![allow(clippy::unwrap_used, dead_code)]

pub(crate) mod liar;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use growstack_fuzz::cli::{Exit, Streams, run};
use growstack_fuzz::replay::MapFactory;

/// The folder of the golden traces of one process.
pub(crate) fn golden_folder() -> PathBuf {
    corpus_folder("freebsd-9.3")
}

/// The folder of the golden traces with forks.
pub(crate) fn fork_folder() -> PathBuf {
    corpus_folder("freebsd-9.3-fork")
}

fn corpus_folder(name: &str) -> PathBuf {
    // The package is `fuzz`, or one below it.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpora = package.ancestors().map(|folder| folder.join("corpus").join(name));
    corpora.find(|folder| folder.exists()).expect("the golden traces")
}

/// Path and bytes of every golden trace of one process, in order.
pub(crate) fn golden_traces() -> Vec<(PathBuf, Vec<u8>)> {
    traces_in(&golden_folder(), 451)
}

/// Path and bytes of every golden trace with forks, in order.
pub(crate) fn fork_traces() -> Vec<(PathBuf, Vec<u8>)> {
    traces_in(&fork_folder(), 194)
}

/// Path and bytes of every golden trace of FreeBSD 14.2, in order.
pub(crate) fn traces_14() -> Vec<(PathBuf, Vec<u8>)> {
    traces_in(&corpus_folder("freebsd-14.2"), 634)
}

fn traces_in(folder: &Path, count: usize) -> Vec<(PathBuf, Vec<u8>)> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name();
    let traces: Vec<_> = files
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "trace"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    assert_eq!(traces.len(), count, "traces in {}", folder.display());
    traces
}

/// How the command ended with these maps, and what it wrote as results and as complaints.
pub(crate) fn call<W: AsRef<OsStr>>(words: &[W], maps: &[MapFactory]) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: &mut out, err: &mut err };
    let words = [OsStr::new("growstack")].into_iter().chain(words.iter().map(AsRef::as_ref));
    let exit = run(words.map(OsString::from), maps, &mut streams).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (exit, text(out), text(err))
}

/// A header without limits.
pub(crate) const HEADER: &str = "\
growstack-trace 1
map min=0x1000 max=0x800000000000 page=4096
proc maxsaddr=inf
sysctl sgrowsiz=0x1000 stack_guard_page=0
limit stack=inf vmem=inf memlock=inf swap=inf
";
