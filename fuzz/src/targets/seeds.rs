//! Starting a fuzzer from the committed seeds without writing to them.
//!
//! `cargo fuzz run T` reads and writes `fuzz/corpus/T`, which is not committed; the seeds are in
//! `corpus/T`. So the seeds that are not there yet are copied when the target starts.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Copies the seeds of the target `name` to those folders among the command line `arguments` that
/// are cargo-fuzz's own for it, `fuzz/corpus/NAME`. Any other folder is left alone.
///
/// # Errors
///
/// When a seed cannot be read or copied.
pub(super) fn plant(name: &str, arguments: impl Iterator<Item = OsString>) -> io::Result<usize> {
    let mut planted = 0;
    for folder in arguments.map(PathBuf::from).filter(|path| path.is_dir()) {
        let folder = folder.canonicalize()?;
        let own = Path::new("fuzz/corpus").join(name);
        let Some(root) = folder.ends_with(&own).then(|| folder.ancestors().nth(3)).flatten() else {
            continue;
        };
        let seeds = root.join("corpus").join(name);
        if !seeds.is_dir() {
            continue;
        }
        for seed in fs::read_dir(seeds)? {
            let seed = seed?;
            let copy = folder.join(seed.file_name());
            if seed.file_type()?.is_file() && !copy.exists() {
                fs::copy(seed.path(), copy)?;
                planted += 1;
            }
        }
    }
    Ok(planted)
}
