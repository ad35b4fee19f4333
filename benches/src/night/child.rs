//! Programs that a night runs: each leads a process group, so that all that it started ends with it.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(40);
/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);
/// Of what a program said last, so much is told.
const TAIL: usize = 4000;

/// How a program ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// With this exit code.
    Code(i32),
    /// By a signal of this number.
    Signal(i32),
    /// It took too long, and was ended.
    Late,
    /// It was ended because the night is.
    Stopped,
}

impl Ended {
    fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, signal) => Self::Signal(signal.unwrap_or(0)),
        }
    }
}

/// A program that runs. Dropped, it is ended.
#[derive(Debug)]
pub struct Child {
    process: Process,
    /// What it says.
    pub log: PathBuf,
    ended: bool,
}

impl Child {
    /// Starts `command`; what it says goes to the file `log`.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        let to = File::create(log).with_context(|| log.display().to_string())?;
        let process = command
            .stdin(Stdio::null())
            .stdout(to.try_clone()?)
            .stderr(to)
            .process_group(0)
            .spawn()
            .with_context(|| name)?;
        Ok(Self { process, log: log.to_owned(), ended: false })
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    ///
    /// When the system cannot tell.
    pub fn poll(&mut self) -> io::Result<Option<Ended>> {
        let status = self.process.try_wait()?;
        self.ended = status.is_some();
        Ok(status.map(Ended::of))
    }

    /// Waits until it ends, takes longer than `limit`, or `stop` says so. `tick` is called now and
    /// then.
    ///
    /// # Errors
    ///
    /// When the system cannot tell.
    pub fn wait(
        &mut self,
        limit: Duration,
        stop: &dyn Fn() -> bool,
        tick: &mut dyn FnMut(),
    ) -> io::Result<Ended> {
        let started = Instant::now();
        loop {
            if let Some(ended) = self.poll()? {
                return Ok(ended);
            }
            if stop() {
                self.end();
                return Ok(Ended::Stopped);
            }
            if started.elapsed() >= limit {
                self.end();
                return Ok(Ended::Late);
            }
            tick();
            sleep(PAUSE);
        }
    }

    /// Ends it: asks first, and then does not.
    pub fn end(&mut self) {
        if self.ended {
            return;
        }
        self.signal(Signal::SIGTERM);
        let asked = Instant::now();
        while asked.elapsed() < GRACE && !matches!(self.process.try_wait(), Ok(Some(_))) {
            sleep(PAUSE);
        }
        // What it started may not have ended with it.
        self.signal(Signal::SIGKILL);
        let _ = self.process.wait();
        self.ended = true;
    }

    fn signal(&self, signal: Signal) {
        if let Ok(group) = i32::try_from(self.process.id()) {
            // It may be gone already.
            let _ = killpg(Pid::from_raw(group), signal);
        }
    }

    /// The end of what it said.
    #[must_use]
    pub fn tail(&self) -> String {
        tail(&self.log)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end();
    }
}

/// The end of a log.
#[must_use]
pub fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.unwrap_or_default();
    let text = text.trim_end();
    let start = text.len().saturating_sub(TAIL);
    let start = (start..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(start);
    text[start..].to_owned()
}

/// The last line of a log.
#[must_use]
pub fn last_line(log: &Path) -> String {
    tail(log).lines().last().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use tempfile::TempDir;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str, folder: &TempDir) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Child::start(command, &folder.path().join("log")).unwrap()
    }

    #[test]
    fn what_it_says_and_how_it_ends() {
        let folder = TempDir::new().unwrap();
        let mut child = shell("echo one; echo two >&2; exit 3", &folder);
        let ended = child.wait(LONG, &|| false, &mut || ()).unwrap();
        assert_eq!(ended, Ended::Code(3));
        assert_eq!(child.tail(), "one\ntwo");
        assert_eq!(last_line(&child.log), "two");
    }

    #[test]
    fn all_that_it_started_ends_with_it() {
        let folder = TempDir::new().unwrap();
        let mut child = shell("sleep 1000 & echo $!; wait", &folder);
        while child.tail().is_empty() {
            sleep(PAUSE);
        }
        let started: i32 = child.tail().parse().unwrap();
        assert_eq!(child.wait(LONG, &|| true, &mut || ()).unwrap(), Ended::Stopped);
        // A process that nobody has waited for yet is still there, as a zombie.
        let state = || fs::read_to_string(format!("/proc/{started}/stat")).unwrap_or_default();
        let gone = || state().is_empty() || state().contains(") Z ");
        let since = Instant::now();
        while !gone() && since.elapsed() < LONG {
            sleep(PAUSE);
        }
        assert!(gone(), "{}", state());
    }

    #[test]
    fn nothing_takes_longer_than_it_may() {
        let folder = TempDir::new().unwrap();
        let mut child = shell("sleep 1000", &folder);
        let ended = child.wait(Duration::from_millis(1), &|| false, &mut || ()).unwrap();
        assert_eq!(ended, Ended::Late);
    }
}
