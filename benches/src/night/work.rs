//! What every step of a night has at hand.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use growstack_fuzz::targets::Target;

use super::child::{Child, Ended, tail};
use super::progress::Progress;
use super::record::{Night, Status};
use super::state::State;
use super::stop::Stop;

/// What every step has at hand.
#[derive(Debug)]
pub struct Work<'a> {
    /// The project's folder.
    pub root: PathBuf,
    /// Where cargo builds to.
    pub target: PathBuf,
    /// What nights leave to each other.
    pub state: &'a State,
    /// Whether to stop.
    pub stop: &'a Stop,
    /// The terminal.
    pub progress: &'a Progress,
    /// The night.
    pub night: Night,
    /// How many processes to run at once.
    pub cores: usize,
}

/// How a step ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The status.
    pub status: Status,
    /// What there is to say, in a line.
    pub said: String,
}

impl Outcome {
    /// It was stopped.
    #[must_use]
    pub fn stopped() -> Self {
        Self { status: Status::Waiting, said: "stopped".to_owned() }
    }

    /// Something that it needs failed.
    #[must_use]
    pub fn could_not_run(said: impl Into<String>) -> Self {
        Self { status: Status::CouldNotRun, said: said.into() }
    }

    /// There was nothing to do.
    #[must_use]
    pub fn left_out(said: impl Into<String>) -> Self {
        Self { status: Status::LeftOut, said: said.into() }
    }
}

impl Work<'_> {
    /// The command `growstack`.
    #[must_use]
    pub fn growstack(&self) -> Command {
        let mut command = Command::new(self.target.join("release/growstack"));
        command.current_dir(&self.root);
        command
    }

    /// A program that cargo builds into the folder of the release profile.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }

    /// The program of a fuzz target, as cargo-fuzz builds it.
    #[must_use]
    pub fn target_program(&self, target: Target) -> PathBuf {
        self.target.join(env!("BUILT_ON")).join("release").join(target.name())
    }

    /// A script of the project.
    #[must_use]
    pub fn script(&self, name: &str) -> PathBuf {
        self.root.join("scripts").join(name)
    }

    /// Runs a program until it ends, with a line of progress, and stops it with the night.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn run(&self, name: &str, command: Command, limit: Duration) -> Result<Ended> {
        let log = self.state.log(name);
        let mut child = Child::start(command, &log)?;
        let mut tick = || self.progress.tick(name, "");
        Ok(child.wait(limit, &|| self.stop.asked(), &mut tick)?)
    }

    /// The last words of the program that ran as `name`, in a line.
    #[must_use]
    pub fn last_words(&self, name: &str) -> String {
        let text = tail(&self.state.log(name));
        let lines = text.lines().rev().filter(|line| !line.trim().is_empty());
        lines.take(1).collect()
    }

    /// A seed for the part `part` of the night: other parts, and other nights, have others.
    #[must_use]
    pub fn seed(&self, part: &str, number: usize) -> u32 {
        let mut hasher = DefaultHasher::new();
        (self.night.seed, part, number).hash(&mut hasher);
        let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
        // To libFuzzer, 0 means the clock.
        u32::from_le_bytes([a, b, c, d]).max(1)
    }
}

/// The commit of the working tree in `root`, with `+changed` behind it if that is not as committed;
/// nothing outside of a repository.
#[must_use]
pub fn revision(root: &Path) -> String {
    let git = |words: &[&str]| -> Result<String> {
        let mut command = Command::new("git");
        command.arg("-C").arg(root).args(words);
        // A copy of the project inside of some other repository is of no revision.
        if let Some(above) = root.parent() {
            command.env("GIT_CEILING_DIRECTORIES", above);
        }
        let output = command.output().context("git")?;
        ensure!(output.status.success(), "git failed");
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Ok(commit) = git(&["rev-parse", "HEAD"]) else { return String::new() };
    match git(&["status", "--porcelain"]) {
        Ok(changed) if changed.is_empty() => commit,
        _ => commit + "+changed",
    }
}
