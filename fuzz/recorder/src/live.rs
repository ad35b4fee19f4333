//! Running a program under strace, and asking the kernel at the right moments.
//!
//! strace holds every program for a while after `execve` and before `exit_group`
//! (`--inject=...:delay_...`). It prints to a pipe, so that the recorder knows at once, stops strace
//! itself, and with it everything that strace holds, and reads `/proc/PID/maps`. That the program
//! was held all the time is made sure of before and after; what could not be read in time is
//! counted as missed.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::process::Pid;

use super::line::{self, Line};
use super::stop::{Held, note_of_end, note_of_start};

/// The calls that change what is mapped, and those that say whose map it is.
const CALLS: &str = "mmap,munmap,mprotect,pkey_mprotect,mremap,brk,madvise,mlock,mlock2,munlock,\
    mlockall,munlockall,shmget,shmat,shmdt,setrlimit,prlimit64,clone,clone3,fork,vfork,execve,execveat,exit_group";

/// What came of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// How the program ended.
    pub status: ExitStatus,
    /// How often the kernel was asked in vain, because a program went on too early.
    pub missed: usize,
}

/// Runs `command` until it and all its children are gone, and writes the log to `log`. Every
/// program is held for `hold` at its start and its end.
///
/// # Errors
///
/// When there is no strace, it can't do what is asked, or the log cannot be written.
pub fn record(command: &[OsString], hold: Duration, log: &mut dyn Write) -> Result<Outcome> {
    if cfg!(not(target_arch = "x86_64")) {
        bail!("programs are recorded on x86-64 only");
    }
    let folder = tempfile::tempdir().context("a folder for the pipe")?;
    let pipe = folder.path().join("strace");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).context("a pipe")?;
    // Else to open it would wait for a strace that perhaps never comes.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).context("the flags of the pipe")?;
    let source = OpenOptions::new().read(true).custom_flags(flags).open(&pipe)?;
    log.write_all(super::mounts::note().as_bytes()).context("the log")?;
    let mut strace = start(command, hold, &pipe)?;
    let mut recorder = Recorder::new(source, pid(&strace)?, log);
    let result = recorder.follow(&mut strace);
    if result.is_err() {
        // A program that strace holds must go on.
        recorder.strace.go_on();
    }
    let status = strace.wait().context("the end of strace")?;
    result?;
    Ok(Outcome { status, missed: recorder.missed })
}

fn pid(child: &Child) -> Result<Pid> {
    let number = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    number.context("the number of strace's process")
}

fn start(command: &[OsString], hold: Duration, pipe: &Path) -> Result<Child> {
    let hold = hold.as_micros();
    let spawned = Command::new("strace")
        .args(["-f", "-q", "-y", "-X", "raw", "-s", "64", "--decode-pids=pidns", "--seccomp-bpf"])
        .arg("-e")
        .arg(format!("trace={CALLS}"))
        .args(["-e", &format!("inject=exit_group:delay_enter={hold}")])
        .args(["-e", &format!("inject=execve,execveat:delay_exit={hold}")])
        .arg("-o")
        .arg(pipe)
        // strace does not hold the program that it starts itself, but what that becomes.
        .args(["sh", "-c", "exec \"$@\"", "sh"])
        .args(command)
        .spawn();
    match spawned {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("strace is not installed. To install it:\n    apt-get install strace")
        }
        other => other.context("strace"),
    }
}

struct Recorder<'a> {
    source: File,
    strace: Held,
    log: &'a mut dyn Write,
    /// What was read behind the last whole line.
    rest: Vec<u8>,
    /// The beginning of a call that the log has as unfinished, though strace may finish its line.
    broken: Option<String>,
    /// The threads that end their processes, for which the kernel was asked.
    ending: HashSet<u32>,
    /// Has the first program been started, which only makes way for the one to record?
    begun: bool,
    missed: usize,
}

impl<'a> Recorder<'a> {
    fn new(source: File, strace: Pid, log: &'a mut dyn Write) -> Self {
        let (strace, rest) = (Held::new(strace), Vec::new());
        let ending = HashSet::new();
        Self { source, strace, log, rest, broken: None, ending, begun: false, missed: 0 }
    }

    fn follow(&mut self, strace: &mut Child) -> Result<()> {
        loop {
            let gone = strace.try_wait()?.is_some();
            let some = self.read()?;
            self.lines()?;
            if gone && !some {
                return Ok(());
            }
            if !some {
                self.wait();
            }
        }
    }

    /// Waits until there is something to read, but not for long: strace may be gone.
    fn wait(&self) {
        let tick = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        let mut sources = [PollFd::new(&self.source, PollFlags::IN)];
        let _ = poll(&mut sources, Some(&tick));
        // A pipe without a writer does not wait.
        if sources[0].revents().contains(PollFlags::HUP) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Reads what is there. Says whether anything was.
    fn read(&mut self) -> Result<bool> {
        let mut buffer = [0; 1 << 16];
        match self.source.read(&mut buffer) {
            // There is no writer: not yet, or not any more.
            Ok(0) => Ok(false),
            Ok(length) => {
                self.rest.extend(&buffer[..length]);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(error).context("what strace prints"),
        }
    }

    /// Puts the whole lines into the log, asking the kernel where a program is held.
    fn lines(&mut self) -> Result<()> {
        while let Some(length) = self.rest.iter().position(|byte| *byte == b'\n') {
            let bytes: Vec<u8> = self.rest.drain(..=length).collect();
            self.line(String::from_utf8_lossy(&bytes).trim_end())?;
        }
        let rest = String::from_utf8_lossy(&self.rest).into_owned();
        self.at_end(&rest)
    }

    fn line(&mut self, text: &str) -> Result<()> {
        let Some(text) = self.note_line(text)? else { return Ok(()) };
        self.at_start(&text)?;
        self.at_end(&text)
    }

    /// Puts a whole line into the log. Returns it as it is there.
    fn note_line(&mut self, text: &str) -> Result<Option<String>> {
        let text = match self.broken.take() {
            Some(start) => continued(text, &start),
            None => Some(text.to_owned()),
        };
        if let Some(text) = &text {
            writeln!(self.log, "{text}")?;
            if let Some((tid, Line::Exited | Line::Killed { .. })) = line::read(text) {
                self.ending.remove(&tid);
            }
        }
        Ok(text)
    }

    /// A new program is held before its first instruction.
    fn at_start(&mut self, line: &str) -> Result<()> {
        let Some(tid) = executed(line) else { return Ok(()) };
        // The program that makes way is held by chance at most.
        if !std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        self.keep(note_of_start(tid))
    }

    /// A program is held before it ends. Its other threads are not, unless strace stands still and
    /// lets nobody out of a call.
    fn at_end(&mut self, line: &str) -> Result<()> {
        let Some(tid) = exiting(line).filter(|tid| self.ending.insert(*tid)) else { return Ok(()) };
        self.strace.stop()?;
        let result = self.while_stopped(tid);
        self.strace.go_on();
        result
    }

    fn while_stopped(&mut self, tid: u32) -> Result<()> {
        while self.read()? {}
        let note = note_of_end(tid);
        // What was begun before strace stood still belongs before the note.
        let mut whole = Vec::new();
        if let Some(last) = self.rest.iter().rposition(|byte| *byte == b'\n') {
            whole.extend(self.rest.drain(..=last));
        }
        let mut lines = Vec::new();
        for line in String::from_utf8_lossy(&whole).lines() {
            lines.extend(self.note_line(line)?);
        }
        let rest = String::from_utf8_lossy(&self.rest).into_owned();
        if !rest.is_empty() && self.broken.is_none() && exiting(&rest).is_none() {
            writeln!(self.log, "{rest} <unfinished ...>")?;
            self.broken = Some(rest);
            self.rest.clear();
        }
        self.keep(note)?;
        // Others may be held by now, too.
        for line in lines {
            self.at_start(&line)?;
            if let Some(other) = exiting(&line).filter(|other| self.ending.insert(*other)) {
                self.keep(note_of_end(other))?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, note: Option<String>) -> Result<()> {
        match note {
            Some(note) => self.log.write_all(note.as_bytes())?,
            None => self.missed += 1,
        }
        Ok(())
    }
}

/// The line that goes on a call whose beginning `start` was printed apart; none if it says no more.
fn continued(text: &str, start: &str) -> Option<String> {
    if text.trim() == "<unfinished ...>" {
        return None;
    }
    let (tid, rest) = start.split_once(' ')?;
    let name = rest.trim_start().split('(').next()?;
    Some(format!("{tid} <... {name} resumed>{text}"))
}

/// The thread that has a new program, by a whole line.
fn executed(text: &str) -> Option<u32> {
    if !text.contains("execve") {
        return None;
    }
    let (tid, line) = line::read(text)?;
    let result = match line {
        Line::Begun { name: "execve" | "execveat", result: Some(result), .. } => result,
        Line::Resumed { result, .. } if text.contains("<... execve") => result,
        _ => return None,
    };
    (result.split(' ').next() == Some("0")).then_some(tid)
}

/// The thread that ends its process, by the beginning of a line.
fn exiting(text: &str) -> Option<u32> {
    let (tid, rest) = text.split_once(' ')?;
    rest.trim_start().starts_with("exit_group(").then(|| tid.parse().ok())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn when_the_kernel_is_asked() {
        assert_eq!(
            executed("7 execve(\"/bin/a\", [\"a\"], 0x7 /* 1 var */) = 0 (DELAYED)"),
            Some(7)
        );
        assert_eq!(executed("7 <... execve resumed>) = 0"), Some(7));
        assert_eq!(executed("7 execve(\"/a\", [], 0x7) = -1 ENOENT (No such file)"), None);
        assert_eq!(executed("7 execve(\"/a\", [], 0x7 <unfinished ...>"), None);
        assert_eq!(exiting("7  exit_group(0"), Some(7));
        assert_eq!(exiting("7 exit_group(0) = ?"), Some(7));
        assert_eq!(exiting("7 <... exit_group resumed>) = ?"), None);
    }

    #[test]
    fn lines_that_were_broken() {
        let start = "12  munmap(0x1000, 4096";
        assert_eq!(continued(" <unfinished ...>", start), None);
        let whole = continued(") = 0", start).unwrap();
        assert_eq!(whole, "12 <... munmap resumed>) = 0");
        let Some((12, Line::Resumed { result: "0", .. })) = line::read(&whole) else {
            panic!("{whole}")
        };
    }
}
