//! The recorder's notes in a log: what the kernel says of an address space at a stop of a thread.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use growstack_fuzz::proc_maps::{Region, is_region, read};

/// When the kernel was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Moment {
    /// The thread has a new program, which has not begun.
    Start {
        /// Where the heap will begin.
        brk: u64,
        /// `RLIMIT_STACK`.
        stack_limit: u64,
    },
    /// The thread is about to end the process.
    End,
}

/// What the kernel said at a stop of thread `tid`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Snapshot {
    pub(super) tid: u32,
    pub(super) moment: Moment,
    pub(super) regions: Vec<Region>,
}

/// What the recorder's lines in a log begin with; strace's begin with a number.
pub(super) const MARK: &str = "@ ";

impl Snapshot {
    /// The lines for a log, of the text of `/proc/TID/maps` or `/proc/TID/smaps`.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))] // For the recorder.
    pub(super) fn note(tid: u32, moment: Moment, text: &str) -> String {
        let mut lines = match moment {
            Moment::Start { brk, stack_limit } => {
                format!("{MARK}start {tid} brk={brk:#x} stack={stack_limit:#x}\n")
            }
            Moment::End => format!("{MARK}end {tid}\n"),
        };
        // Of what `smaps` says, only the resident bytes are of use.
        let wanted = |line: &&str| line.starts_with("Rss:") || is_region(line);
        for line in text.lines().filter(wanted) {
            writeln!(lines, "{MARK}| {line}").expect("a String takes everything");
        }
        lines + MARK + ".\n"
    }

    /// Reads the lines of a note, without their marks; `head` is the first.
    pub(super) fn read(head: &str, body: &str) -> Result<Self> {
        let words: Vec<&str> = head.split(' ').collect();
        let value = |word: &str, key: &str| {
            word.strip_prefix(key).and_then(|value| super::line::number(value.strip_prefix('=')?))
        };
        let (tid, moment) = match words[..] {
            ["start", tid, brk, stack] => {
                let numbers = value(brk, "brk").zip(value(stack, "stack"));
                let (brk, stack_limit) = numbers.context("a note of a start lacks numbers")?;
                (tid, Moment::Start { brk, stack_limit })
            }
            ["end", tid] => (tid, Moment::End),
            _ => anyhow::bail!("`{MARK}{head}` is no note of the recorder"),
        };
        let tid = tid.parse().context("the number of the thread in a note")?;
        Ok(Self { tid, moment, regions: read(body)? })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SMAPS: &str = "\
55a0c0000000-55a0c0021000 r--p 00001000 fe:01 1234                       /usr/bin/a b
Rss:                  12 kB
VmFlags: rd mr mw me
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
";

    #[test]
    fn a_note_is_read_back() {
        let moment = Moment::Start { brk: 0x55a0_c100_0000, stack_limit: u64::MAX };
        let note = Snapshot::note(7, moment, SMAPS);
        let mut lines = note.lines().map(|line| line.strip_prefix(MARK).unwrap());
        let head = lines.next().unwrap();
        let body: String =
            lines.filter_map(|line| Some(format!("{}\n", line.strip_prefix("| ")?))).collect();
        let snapshot = Snapshot::read(head, &body).unwrap();
        assert_eq!((snapshot.tid, snapshot.moment), (7, moment));
        assert_eq!(snapshot.regions, read(SMAPS).unwrap());
    }

    #[test]
    fn what_is_no_note() {
        assert!(Snapshot::read("start 7 brk=0x1", "").is_err());
        assert!(Snapshot::read("middle 7", "").is_err());
        assert!(Snapshot::read("end 7", "no region\n").is_err());
    }
}
