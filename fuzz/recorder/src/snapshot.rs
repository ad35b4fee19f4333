//! The recorder's notes in a log: what the kernel says of an address space at a stop of a thread.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use growstack_fuzz::linux::LinuxConfig;
use growstack_fuzz::linux::trace::LinuxTrace;
use growstack_fuzz::proc_maps::{Region, is_region, read};

use super::linux::{FLAGS, KEY, Listed, listed};

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
    /// Of a start, what the rules of Linux ask of the machine, if the log has it.
    pub(super) config: Option<Box<LinuxConfig>>,
    /// The VMAs with their flags, if the log has them.
    pub(super) listed: Option<Vec<Listed>>,
}

/// What the recorder's lines in a log begin with; strace's begin with a number.
pub(super) const MARK: &str = "@ ";
/// What its lines begin with that are of `/proc/PID/maps` or `/proc/PID/smaps`.
pub(super) const REGION_MARK: &str = "@ | ";
/// What its lines begin with that say what the rules of Linux ask of the machine.
pub(super) const CONFIG_MARK: &str = "@ # ";

impl Snapshot {
    /// The lines for a log, of the text of `/proc/TID/maps` or `/proc/TID/smaps`.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))] // For the recorder.
    pub(super) fn note(
        tid: u32,
        moment: Moment,
        config: Option<LinuxConfig>,
        text: &str,
    ) -> String {
        let mut lines = match moment {
            Moment::Start { brk, stack_limit } => {
                format!("{MARK}start {tid} brk={brk:#x} stack={stack_limit:#x}\n")
            }
            Moment::End => format!("{MARK}end {tid}\n"),
        };
        if let Some(config) = config {
            for line in LinuxTrace::new(config).to_string().lines() {
                writeln!(lines, "{CONFIG_MARK}{line}").expect("a String takes everything");
            }
        }
        // The rest of what `smaps` says is of no use.
        let property = |line: &&str| ["Rss:", FLAGS, KEY].iter().any(|name| line.starts_with(name));
        let wanted = |line: &&str| property(line) || is_region(line);
        for line in text.lines().filter(wanted) {
            writeln!(lines, "{REGION_MARK}{line}").expect("a String takes everything");
        }
        lines + MARK + ".\n"
    }

    /// Reads the lines of a note, without their marks; `head` is the first, and `config` those that say
    /// what the rules of Linux ask of the machine.
    pub(super) fn read(head: &str, config: &str, body: &str) -> Result<Self> {
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
        let config = match config {
            "" => None,
            text => {
                let trace = LinuxTrace::parse(text.as_bytes()).context("a configuration")?;
                Some(Box::new(trace.config))
            }
        };
        Ok(Self { tid, moment, regions: read(body)?, config, listed: listed(body)? })
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
VmFlags: rd wr mr mw me gd ac
";

    #[test]
    fn a_note_is_read_back() {
        let moment = Moment::Start { brk: 0x55a0_c100_0000, stack_limit: u64::MAX };
        let note = Snapshot::note(7, moment, Some(LinuxConfig::default()), SMAPS);
        let head = note.lines().next().unwrap().strip_prefix(MARK).unwrap();
        let marked = |mark: &str| -> String {
            let lines = note.lines().filter_map(|line| line.strip_prefix(mark));
            lines.map(|line| format!("{line}\n")).collect()
        };
        let snapshot = Snapshot::read(head, &marked(CONFIG_MARK), &marked(REGION_MARK)).unwrap();
        assert_eq!(snapshot.config.as_deref(), Some(&LinuxConfig::default()));
        let listed = snapshot.listed.unwrap();
        assert_eq!(listed[0].vma.flags.to_string(), "rd");
        assert_eq!((snapshot.tid, snapshot.moment), (7, moment));
        assert_eq!(snapshot.regions, read(SMAPS).unwrap());
    }

    #[test]
    fn what_is_no_note() {
        assert!(Snapshot::read("start 7 brk=0x1", "", "").is_err());
        assert!(Snapshot::read("middle 7", "", "").is_err());
        assert!(Snapshot::read("end 7", "", "no region\n").is_err());
    }
}
