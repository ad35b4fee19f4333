//! The child process of a live run, and what it is asked over its pipes.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Privileges;
use crate::exec::group;
use crate::linux::LinuxOp;
use crate::linux::log::{Head, Log};
use crate::linux::runner::{Broken, Every};
use crate::linux::wire::{
    ANSWER, ARGUMENT, HELLO, MOST_OPS, State, VMA, decode_head, decode_vma, encode_op,
};

/// The longest wait for anything that a child does.
const PATIENCE: Duration = Duration::from_secs(60);
/// A pipe that says that it can be written to takes as much without a wait.
const PIECE: usize = 4096;
/// Bytes of answers that are read at once.
const ROOM: usize = 1 << 16;

/// A child that has set itself up.
#[derive(Debug)]
pub(super) struct Child {
    process: process::Child,
    requests: ChildStdin,
    answers: Answers,
    quick: bool,
}

impl Child {
    /// Starts a program that is to be a child whose window ends at `window`.
    pub(super) fn start(
        program: &Path,
        window: u64,
        privileges: Privileges,
    ) -> Result<Self, Broken> {
        let name = program.display();
        let mut command = Command::new(program);
        command.arg(ARGUMENT).arg(window.to_string()).arg(privileges.word());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        group::lead(&mut command);
        let mut process = command
            .spawn()
            .map_err(|error| Broken(format!("`{name}` cannot be started: {error}")))?;
        let (Some(requests), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Broken("its pipes are missing".into()));
        };
        let mut child = Self { process, requests, answers: Answers::new(output), quick: true };
        let hello = child.answers.words::<3>().map_err(|error| child.broken(&error))?;
        let [HELLO, state, errno] = hello else {
            return Err(Broken(format!("`{name}` is no child of this version")));
        };
        let error = io::Error::from_raw_os_error(i32::try_from(errno).unwrap_or(0));
        match State::from_number(state) {
            Some(State::Quick) => Ok(child),
            Some(State::Slow) => {
                child.quick = false;
                Ok(child)
            }
            Some(State::NoHandler) => Err(Broken(format!("faults cannot be handled: {error}"))),
            Some(State::NoProc) => Err(Broken(format!("/proc/self cannot be read: {error}"))),
            Some(State::NoWindow) => {
                Err(Broken(format!("the addresses from 0 to {window:#x} cannot be had: {error}")))
            }
            None => Err(Broken(format!("`{name}` is no child of this version"))),
        }
    }

    /// Its number among the processes.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has `PROCMAP_QUERY`.
    pub(super) const fn is_quick(&self) -> bool {
        self.quick
    }

    /// Runs operations, and adds what is seen of each to `log`; all flags are read after those that are
    /// due, counted in batches of [`MOST_OPS`], and after the last of a batch.
    pub(super) fn run(
        &mut self,
        ops: &[LinuxOp],
        every: Every,
        log: &mut Log,
    ) -> Result<(), Broken> {
        ops.chunks(MOST_OPS)
            .try_for_each(|ops| self.batch(ops, every, log).map_err(|error| self.broken(&error)))
    }

    fn batch(&mut self, ops: &[LinuxOp], every: Every, log: &mut Log) -> io::Result<()> {
        let header = [ops.len() as u64, every.0];
        let words = header.into_iter().chain(ops.iter().flat_map(encode_op));
        let bytes: Vec<u8> = words.flat_map(u64::to_ne_bytes).collect();
        for piece in bytes.chunks(PIECE) {
            wait(&self.requests, PollFlags::OUT)?;
            self.requests.write_all(piece)?;
        }
        let mut room = Vec::new();
        for _ in ops {
            let garbled = || io::Error::from(io::ErrorKind::InvalidData);
            let head = decode_head(self.answers.words::<ANSWER>()?).ok_or_else(garbled)?;
            let Head { answer, vmas, shown } = head;
            room.clear();
            for _ in 0..vmas {
                room.push(decode_vma(self.answers.words::<VMA>()?).ok_or_else(garbled)?);
            }
            log.push(answer, shown, room.iter().copied());
        }
        Ok(())
    }

    /// Why a child gives no answer.
    fn broken(&mut self, error: &io::Error) -> Broken {
        // A pipe that has ended is that of a child that has.
        let ended = match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => self.process.wait().ok(),
            _ => None,
        };
        match ended {
            Some(status) => Broken(format!("the child ended before its answer, {status}")),
            None => Broken(format!("the child gave no answer: {error}")),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        group::kill(&self.process);
        // It may have ended already, and then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Words from a child.
#[derive(Debug)]
struct Answers {
    pipe: ChildStdout,
    room: Box<[u8]>,
    next: usize,
    end: usize,
}

impl Answers {
    fn new(pipe: ChildStdout) -> Self {
        Self { pipe, room: vec![0; ROOM].into(), next: 0, end: 0 }
    }

    fn words<const N: usize>(&mut self) -> io::Result<[u64; N]> {
        let mut words = [0; N];
        for word in &mut words {
            *word = self.word()?;
        }
        Ok(words)
    }

    fn word(&mut self) -> io::Result<u64> {
        loop {
            let left = &self.room[self.next..self.end];
            if let Some((bytes, _)) = left.split_first_chunk() {
                self.next += bytes.len();
                return Ok(u64::from_ne_bytes(*bytes));
            }
            self.room.copy_within(self.next..self.end, 0);
            (self.next, self.end) = (0, self.end - self.next);
            wait(&self.pipe, PollFlags::IN)?;
            match self.pipe.read(&mut self.room[self.end..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => self.end += read,
            }
        }
    }
}

/// Waits until a pipe can be used, or is closed.
fn wait(pipe: &impl AsFd, until: PollFlags) -> io::Result<()> {
    let patience = Timespec::try_from(PATIENCE).map_err(|_| io::ErrorKind::InvalidInput)?;
    match poll(&mut [PollFd::new(pipe, until)], Some(&patience))? {
        0 => Err(io::ErrorKind::TimedOut.into()),
        _ => Ok(()),
    }
}
