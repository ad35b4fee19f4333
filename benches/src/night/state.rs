//! What one night leaves to the next: corpora, what was found, the history.
//!
//! | in the folder | what it is |
//! |---|---|
//! | `corpus/TARGET` | inputs that reach something, of each fuzz target |
//! | `crashes/TARGET` | inputs that showed a fault, until they no longer do |
//! | `crashes/*.trace` | traces that did |
//! | `night.json` | the night under way, or the last one |
//! | `history.jsonl` | a line for each night that came to its end |
//! | `reached.json` | pairs of an operation and a branch that any night reached |
//! | `good` | the commit of the last clean night |
//! | `bench-history.jsonl` | what `scripts/bench-compare` keeps |
//! | `logs/` | what the programs of the night said |

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use growstack_fuzz::targets::Target;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::history::Line;
use super::record::Night;

/// Pairs of an operation and a branch of the rules.
pub type Reached = BTreeMap<String, BTreeSet<String>>;

/// The folder, held against other nights.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    /// Let go of when the process ends, however it does.
    _lock: File,
}

impl State {
    /// Takes hold of the folder `folder`, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// When it is another night's, or cannot be written.
    pub fn open(folder: &Path) -> Result<Self> {
        let name = || folder.display().to_string();
        fs::create_dir_all(folder).with_context(name)?;
        let path = folder.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let lock = lock.with_context(name)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: fs::canonicalize(folder)?, _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!("{}: another night is using it", name()),
            Err(TryLockError::Error(error)) => Err(error).with_context(name),
        }
    }

    /// A file or folder in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The corpus of a target.
    #[must_use]
    pub fn corpus(&self, target: Target) -> PathBuf {
        self.path("corpus").join(target.name())
    }

    /// Inputs of a target that showed a fault.
    #[must_use]
    pub fn crashes(&self, target: Target) -> PathBuf {
        self.path("crashes").join(target.name())
    }

    /// The log of a step.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.path("logs").join(format!("{name}.log"))
    }

    /// The night that was stopped before its end, if the last one was.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn unfinished(&self) -> Result<Option<Night>> {
        let night: Option<Night> = self.read("night.json")?;
        Ok(night.filter(|night| night.ended.is_none()))
    }

    /// Writes down how far the night has come.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn save(&self, night: &Night) -> Result<()> {
        self.write("night.json", night)
    }

    /// The nights before, the oldest first. Lines that cannot be read are passed over: they may be
    /// of another version.
    ///
    /// # Errors
    ///
    /// When there are some, but they cannot be read.
    pub fn history(&self) -> Result<Vec<Line>> {
        let text = self.text("history.jsonl")?.unwrap_or_default();
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Adds a night to those before.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn append(&self, line: &Line) -> Result<()> {
        let path = self.path("history.jsonl");
        let text = serde_json::to_string(line)? + "\n";
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        written.with_context(|| path.display().to_string())
    }

    /// What any night reached.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn reached(&self) -> Result<Reached> {
        Ok(self.read("reached.json")?.unwrap_or_default())
    }

    /// Writes down what any night reached.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn save_reached(&self, reached: &Reached) -> Result<()> {
        self.write("reached.json", reached)
    }

    /// The commit of the last clean night.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn good(&self) -> Result<Option<String>> {
        let good = self.text("good")?.map(|text| text.trim().to_owned());
        Ok(good.filter(|commit| !commit.is_empty()))
    }

    /// Remembers the commit of a clean night.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn save_good(&self, commit: &str) -> Result<()> {
        self.put("good", &format!("{commit}\n"))
    }

    fn text(&self, name: &str) -> Result<Option<String>> {
        let path = self.path(name);
        if !path.exists() {
            return Ok(None);
        }
        fs::read_to_string(&path).map(Some).with_context(|| path.display().to_string())
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let read = |text: String| {
            serde_json::from_str(&text).with_context(|| self.path(name).display().to_string())
        };
        self.text(name)?.map(read).transpose()
    }

    fn write(&self, name: &str, what: &impl Serialize) -> Result<()> {
        self.put(name, &(serde_json::to_string_pretty(what)? + "\n"))
    }

    /// Writes a file so that there is a whole one at any time.
    fn put(&self, name: &str, text: &str) -> Result<()> {
        let (path, fresh) = (self.path(name), self.path(&format!("{name}.new")));
        let written = fs::write(&fresh, text).and_then(|()| fs::rename(&fresh, &path));
        written.with_context(|| path.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::night::record::Status;
    use crate::night::step::Step;
    use tempfile::TempDir;

    #[test]
    fn two_nights_never_share_a_folder() {
        let folder = TempDir::new().unwrap();
        let first = State::open(folder.path()).unwrap();
        let refused = State::open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("another night"), "{refused}");
        drop(first);
        State::open(folder.path()).unwrap();
    }

    #[test]
    fn only_what_was_stopped_is_unfinished() {
        let folder = TempDir::new().unwrap();
        let state = State::open(folder.path()).unwrap();
        assert!(state.unfinished().unwrap().is_none());
        let mut night = Night { seed: 7, ..Night::default() };
        night.steps = Night::steps_of(&[Step::Replay, Step::Triage]);
        night.take(Step::Replay, Status::Clean, 1.5, "all agreed".into());
        state.save(&night).unwrap();
        assert_eq!(state.unfinished().unwrap().unwrap(), night);
        night.ended = Some("now".into());
        state.save(&night).unwrap();
        assert!(state.unfinished().unwrap().is_none());
    }

    #[test]
    fn the_history_grows_and_passes_over_what_it_cannot_read() {
        let folder = TempDir::new().unwrap();
        let state = State::open(folder.path()).unwrap();
        state.append(&Line { revision: "one".into(), ..Line::default() }).unwrap();
        let mut file = OpenOptions::new().append(true).open(state.path("history.jsonl")).unwrap();
        file.write_all(b"{\"of\": \"another version\"}\n").unwrap();
        state.append(&Line { revision: "two".into(), ..Line::default() }).unwrap();
        let revisions: Vec<String> =
            state.history().unwrap().into_iter().map(|line| line.revision).collect();
        assert_eq!(revisions, ["one", "two"]);
    }

    #[test]
    fn a_good_revision_is_remembered() {
        let folder = TempDir::new().unwrap();
        let state = State::open(folder.path()).unwrap();
        assert_eq!(state.good().unwrap(), None);
        state.save_good("abc").unwrap();
        assert_eq!(state.good().unwrap().as_deref(), Some("abc"));
    }
}
