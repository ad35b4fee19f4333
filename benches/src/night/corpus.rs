//! Corpora: brought back at the beginning, made small at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use growstack_fuzz::targets::Target;

use super::child::{Child, Ended};
use super::record::{Corpus, Status};
use super::triage;
use super::work::{Outcome, Work};

/// Making a corpus small may always take so long.
const FLOOR: Duration = Duration::from_secs(60);

/// How many files a folder has; none if it is not there.
#[must_use]
pub fn count(folder: &Path) -> usize {
    let files = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
    fs::read_dir(folder).map_or(0, |all| all.flatten().filter(files).count())
}

/// Puts `fresh` in the place of `folder`. Whenever this is stopped, [`mend`] finds a whole folder.
///
/// # Errors
///
/// When a folder cannot be renamed.
pub fn replace(folder: &Path, fresh: &Path) -> Result<()> {
    let old = beside(folder, "old");
    if folder.exists() {
        fs::rename(folder, &old).with_context(|| folder.display().to_string())?;
    }
    fs::rename(fresh, folder).with_context(|| fresh.display().to_string())?;
    if old.exists() {
        fs::remove_dir_all(&old).with_context(|| old.display().to_string())?;
    }
    Ok(())
}

/// Finishes what a [`replace`] that was stopped left behind, and makes the folder if there is none.
///
/// # Errors
///
/// When folders cannot be renamed, removed or made.
pub fn mend(folder: &Path) -> Result<()> {
    let (old, fresh) = (beside(folder, "old"), beside(folder, "fresh"));
    let mended = || -> std::io::Result<()> {
        if old.exists() {
            if folder.exists() {
                fs::remove_dir_all(&old)?;
            } else {
                fs::rename(&old, folder)?;
            }
        }
        if fresh.exists() {
            fs::remove_dir_all(&fresh)?;
        }
        fs::create_dir_all(folder)
    };
    mended().with_context(|| folder.display().to_string())
}

fn beside(folder: &Path, word: &str) -> PathBuf {
    folder.with_extension(word)
}

/// Brings back the corpora of the last night.
pub(super) fn restore(work: &mut Work<'_>) -> Result<Outcome> {
    let (mut kept, mut crashes) = (0, 0);
    for target in Target::ALL {
        let folder = work.state.corpus(target);
        mend(&folder)?;
        fs::create_dir_all(work.state.crashes(target))?;
        let before = count(&folder);
        kept += before;
        crashes += triage::count(&work.state.crashes(target));
        let corpus = work.night.corpora.entry(target.name().to_owned()).or_default();
        (corpus.before, corpus.after) = (before, before);
    }
    let said = format!("{kept} inputs of earlier nights, {crashes} that showed a fault");
    Ok(Outcome { status: Status::Clean, said })
}

/// Makes every corpus small: what reaches something new, in a fresh folder, takes its place.
pub(super) fn minimise(work: &mut Work<'_>, share: Duration) -> Result<Outcome> {
    let limit = share.max(FLOOR);
    let started = Instant::now();
    let (mut before, mut after, mut left) = (0, 0, Vec::new());
    for target in Target::ALL {
        let folder = work.state.corpus(target);
        let had = count(&folder);
        let program = work.target_program(target);
        if !program.exists() || had == 0 {
            continue;
        }
        let rest = limit.saturating_sub(started.elapsed());
        let fresh = beside(&folder, "fresh");
        let done = merge(work, target, &program, &folder, &fresh, rest)?;
        let has = if done {
            replace(&folder, &fresh)?;
            count(&folder)
        } else {
            mend(&folder)?;
            left.push(target.name());
            had
        };
        (before, after) = (before + had, after + has);
        let corpus = work.night.corpora.entry(target.name().to_owned()).or_default();
        *corpus = Corpus { after: has, minimised: done, ..*corpus };
    }
    if work.stop.asked() {
        return Ok(Outcome { status: Status::Waiting, said: "stopped".to_owned() });
    }
    let mut said = format!("{before} inputs, with the committed ones, made {after}");
    if !left.is_empty() {
        said += &format!("; kept as they were: {}", left.join(", "));
    }
    Ok(Outcome { status: Status::Clean, said })
}

/// Is what `folder` and the committed seeds reach in `fresh`?
fn merge(
    work: &Work<'_>,
    target: Target,
    program: &Path,
    folder: &Path,
    fresh: &Path,
    limit: Duration,
) -> Result<bool> {
    if fresh.exists() {
        fs::remove_dir_all(fresh)?;
    }
    fs::create_dir_all(fresh)?;
    let name = format!("minimise {}", target.name());
    let mut command = Command::new(program);
    command.arg("-merge=1").arg("-timeout=20").arg("-rss_limit_mb=4096");
    // What makes it fail is kept where it was found.
    let scratch = work.state.path("logs");
    command.arg(format!("-artifact_prefix={}/merge-", scratch.display()));
    command.args([fresh, folder]).current_dir(&scratch);
    let seeds = work.root.join("corpus").join(target.name());
    if seeds.is_dir() {
        command.arg(seeds);
    }
    let mut child = Child::start(command, &work.state.log(&format!("minimise-{}", target.name())))?;
    let mut tick = || work.progress.tick(&name, "");
    match child.wait(limit, &|| work.stop.asked(), &mut tick)? {
        Ended::Code(0) if count(fresh) > 0 => Ok(true),
        Ended::Code(0) => bail!("{name}: nothing was left"),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use tempfile::TempDir;

    fn put(folder: &Path, name: &str) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(name), name).unwrap();
    }

    #[test]
    fn a_fresh_folder_takes_the_place_of_the_old() {
        let root = TempDir::new().unwrap();
        let (folder, fresh) = (root.path().join("growth"), root.path().join("growth.fresh"));
        put(&folder, "one");
        put(&folder, "two");
        put(&fresh, "three");
        replace(&folder, &fresh).unwrap();
        assert_eq!(count(&folder), 1);
        assert!(folder.join("three").exists());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn wherever_it_is_stopped_a_whole_folder_is_found() {
        // Before the old one is out of the way, with a fresh one that may be half made.
        let root = TempDir::new().unwrap();
        let folder = root.path().join("growth");
        put(&folder, "one");
        put(&beside(&folder, "fresh"), "half");
        mend(&folder).unwrap();
        assert!(folder.join("one").exists() && !beside(&folder, "fresh").exists());
        // Between the two renames.
        fs::rename(&folder, beside(&folder, "old")).unwrap();
        put(&beside(&folder, "fresh"), "whole");
        mend(&folder).unwrap();
        assert!(folder.join("one").exists());
        // After them.
        put(&beside(&folder, "old"), "old");
        mend(&folder).unwrap();
        assert!(folder.join("one").exists() && !beside(&folder, "old").exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_made() {
        let root = TempDir::new().unwrap();
        let folder = root.path().join("corpus/growth");
        assert_eq!(count(&folder), 0);
        mend(&folder).unwrap();
        assert!(folder.is_dir());
    }
}
