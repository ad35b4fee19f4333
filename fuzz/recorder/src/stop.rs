//! Programs that stand still, and what the kernel says of them meanwhile.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use growstack_fuzz::linux::live::config_of;
use procfs_core::FromRead;
use procfs_core::process::{LimitValue, Limits, Stat};
use rustix::process::{Pid, Signal, kill_process};

use super::snapshot::{Moment, Snapshot};

/// Numbers of calls on x86-64.
const EXECVE: &str = "59";
const EXECVEAT: &str = "322";
const EXIT_GROUP: &str = "231";

/// strace, which can be made to stand still.
pub(super) struct Held {
    pid: Pid,
}

impl Held {
    pub(super) fn new(pid: Pid) -> Self {
        Self { pid }
    }

    /// Stops strace. It is stopped when this returns, unless it has just ended.
    pub(super) fn stop(&self) -> Result<()> {
        kill_process(self.pid, Signal::STOP).context("stopping strace")?;
        let give_up = Instant::now() + Duration::from_secs(5);
        while state(self.pid.as_raw_pid()).is_some_and(|state| state != 'T' && state != 'Z') {
            if Instant::now() > give_up {
                bail!("strace does not stop");
            }
            std::thread::sleep(Duration::from_micros(50));
        }
        Ok(())
    }

    /// Lets strace, and whatever it holds, go on.
    pub(super) fn go_on(&self) {
        // It has gone if this fails.
        let _ = kill_process(self.pid, Signal::CONT);
    }
}

/// The note of a program that strace holds before its first instruction; none if it does not.
pub(super) fn note_of_start(tid: u32) -> Option<String> {
    while_held(tid, &[EXECVE, EXECVEAT], || start(tid))
}

/// The note of a program that strace holds before it ends; none if it does not.
pub(super) fn note_of_end(tid: u32) -> Option<String> {
    while_held(tid, &[EXIT_GROUP], || end(tid))
}

/// The state of a thread, as a letter.
fn state(tid: i32) -> Option<char> {
    let stat = fs::read(format!("/proc/{tid}/stat")).ok()?;
    Stat::from_read(stat.as_slice()).ok().map(|stat| stat.state)
}

/// Is the thread held by strace in one of these calls?
fn is_held(tid: u32, calls: &[&str]) -> bool {
    let within = fs::read_to_string(format!("/proc/{tid}/syscall")).unwrap_or_default();
    let number = within.split(' ').next().unwrap_or_default();
    let held = i32::try_from(tid).ok().and_then(state) == Some('t');
    held && calls.contains(&number)
}

/// What `ask` says, if the thread was held before and after.
fn while_held(tid: u32, calls: &[&str], ask: impl Fn() -> Option<String>) -> Option<String> {
    is_held(tid, calls).then(ask).flatten().filter(|_| is_held(tid, calls))
}

fn start(tid: u32) -> Option<String> {
    let file = |name: &str| fs::read(format!("/proc/{tid}/{name}")).ok();
    let stat = Stat::from_read(file("stat")?.as_slice()).ok()?;
    let limits = Limits::from_read(file("limits")?.as_slice()).ok()?;
    let stack_limit = match limits.max_stack_size.soft_limit {
        LimitValue::Unlimited => u64::MAX,
        LimitValue::Value(bytes) => bytes,
    };
    let moment = Moment::Start { brk: stat.start_brk?, stack_limit };
    let smaps = String::from_utf8_lossy(&file("smaps")?).into_owned();
    let program = super::linux::program(&stat, &smaps);
    // Of a machine for which there are no rules of Linux, there is no configuration.
    let config = program.and_then(|program| config_of(tid, program).ok());
    Some(Snapshot::note(tid, moment, config, &smaps))
}

fn end(tid: u32) -> Option<String> {
    let read = || {
        let smaps = fs::read(format!("/proc/{tid}/smaps")).ok()?;
        Some(Snapshot::note(tid, Moment::End, None, &String::from_utf8_lossy(&smaps)))
    };
    // A thread that strace let into a call before it stood still may still be in it.
    let mut note = read()?;
    for _ in 0..20 {
        std::thread::sleep(Duration::from_micros(200));
        let again = read()?;
        if without_residence(&again) == without_residence(&note) {
            break;
        }
        note = again;
    }
    Some(note)
}

/// The lines of a note that say what is mapped: threads go on touching pages.
fn without_residence(note: &str) -> Vec<&str> {
    note.lines().filter(|line| !line.contains("Rss:")).collect()
}
