//! The child process: lines in, lines out, and never a wait without an end.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{self, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Command, group};

/// Why there is no answer, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Broken {
    /// It has gone, or does not keep to the protocol.
    Failed(String),
    /// Time ran out.
    Late(String),
}

/// The longest line that a child may write, in bytes; a row of a dump has less than 300.
const LONGEST: u64 = 4096;

/// How long a child that has closed its output may take to end by itself.
const GRACE: Duration = Duration::from_millis(500);

/// A child that has its header.
#[derive(Debug)]
pub(super) struct Child {
    process: process::Child,
    name: String,
    /// To the thread that writes: a child that does not read must not hold up this one.
    input: Sender<String>,
    /// From the thread that reads. Gone when the child's output ends.
    output: Receiver<Result<Vec<u8>, String>>,
    timeout: Duration,
    deadline: Instant,
    last: String,
}

impl Child {
    pub(super) fn start(command: &Command, header: &str) -> Result<Self, Broken> {
        let Command { words, timeout } = command;
        let name = words.join(" ");
        let cannot = |error| Broken::Failed(format!("`{name}` cannot be started: {error}"));
        let (program, arguments) = words.split_first().expect("a command has a first word");
        let mut starter = process::Command::new(program);
        starter.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        group::lead(&mut starter);
        let mut process = starter.spawn().map_err(cannot)?;
        let stdin = process.stdin.take().expect("its input is a pipe");
        let stdout = process.stdout.take().expect("its output is a pipe");
        let (input, texts) = channel();
        let (lines, output) = sync_channel(64);
        thread::spawn(move || write(stdin, &texts));
        thread::spawn(move || read(stdout, &lines));
        let mut child = Self {
            process,
            name,
            input,
            output,
            timeout: *timeout,
            deadline: Instant::now(),
            last: String::new(),
        };
        child.send(header.trim_end().to_owned());
        Ok(child)
    }

    /// Sends a line, and starts the time for the answer.
    pub(super) fn send(&mut self, line: String) {
        self.deadline = Instant::now() + self.timeout;
        self.ask_on(line);
    }

    /// Sends a line in the time that is left.
    pub(super) fn ask_on(&mut self, line: String) {
        // A thread that has ended could not write; what became of the child shows at its output.
        let _ = self.input.send(line.clone() + "\n");
        self.last = line;
    }

    /// The next line of the answer, without its end.
    pub(super) fn line(&mut self) -> Result<String, Broken> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.output.recv_timeout(left) {
            Ok(Ok(line)) => String::from_utf8(line)
                .map_err(|_| self.failed(&format!("wrote no UTF-8 after `{}`", self.last))),
            Ok(Err(reason)) => Err(self.failed(&reason)),
            Err(RecvTimeoutError::Timeout) => {
                let Self { name, last, timeout, .. } = self;
                let seconds = timeout.as_secs_f64();
                Err(Broken::Late(format!("`{name}` gave no answer to `{last}` in {seconds} s")))
            }
            Err(RecvTimeoutError::Disconnected) => {
                let how = self.end();
                Err(self.failed(&format!("ended before its answer to `{}`{how}", self.last)))
            }
        }
    }

    fn failed(&self, what: &str) -> Broken {
        Broken::Failed(format!("`{}` {what}", self.name))
    }

    /// Waits for the end of a child that writes no more. Says how it ended.
    fn end(&mut self) -> String {
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            match self.process.try_wait() {
                Ok(Some(status)) => return format!(", {status}"),
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                Err(error) => return format!(", {error}"),
            }
        }
        ": its output is closed".into()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The child may be a wrapper that has children of its own.
        group::kill(&self.process);
        // It may have ended already, and then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write(mut stdin: ChildStdin, texts: &Receiver<String>) {
    for text in texts {
        if stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

fn read(stdout: ChildStdout, lines: &SyncSender<Result<Vec<u8>, String>>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let result = match (&mut stdout).take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) if line.last() == Some(&b'\n') => {
                line.pop();
                Ok(line)
            }
            // The beginning of a line is no answer.
            Ok(read) if (read as u64) < LONGEST => return,
            Ok(_) => Err(format!("wrote a line of more than {LONGEST} bytes")),
            Err(error) => Err(format!("cannot be read from: {error}")),
        };
        let last = result.is_err();
        if lines.send(result).is_err() || last {
            return;
        }
    }
}
