//! Starting a fuzzer from the committed seeds without writing to them.
//!
//! `cargo fuzz run T` reads and writes `fuzz/corpus/T`, which is not committed; the seeds are in
//! `corpus/T`. So they are copied when the target starts and its folder is still empty: a seed that
//! `cargo fuzz cmin` dropped must not come back at the next start.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Copies the seeds of the target `name` to the empty folders among the command line `arguments`
/// that are cargo-fuzz's own for it, `fuzz/corpus/NAME`. Any other folder is left alone.
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
        if !seeds.is_dir() || fs::read_dir(&folder)?.next().is_some() {
            continue;
        }
        for seed in fs::read_dir(seeds)? {
            let seed = seed?;
            if seed.file_type()?.is_file() {
                fs::copy(seed.path(), folder.join(seed.file_name()))?;
                planted += 1;
            }
        }
    }
    Ok(planted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_folder_of_cargo_fuzz_gets_seeds() {
        let root = tempfile::TempDir::new().unwrap();
        let folder = |path: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(&path).unwrap();
            path
        };
        let (own, other) = (folder("fuzz/corpus/growth"), folder("elsewhere/growth"));
        let seeds = folder("corpus/growth");
        fs::write(seeds.join("one"), "seed").unwrap();
        fs::write(seeds.join("two"), "seed").unwrap();
        let arguments = || [&own, &other].map(|path| path.clone().into_os_string()).into_iter();
        assert_eq!(plant("growth", arguments()).unwrap(), 2);
        assert_eq!(fs::read(own.join("two")).unwrap(), b"seed");
        assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
        fs::remove_file(own.join("two")).unwrap();
        assert_eq!(plant("growth", arguments()).unwrap(), 0, "what was dropped stays away");
        assert_eq!(plant("index", arguments()).unwrap(), 0, "the folder of another target");
    }
}
