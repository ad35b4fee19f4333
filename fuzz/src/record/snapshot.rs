//! What the kernel says of an address space: `/proc/PID/maps`, as the recorder notes it in a log.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use growstack::{Addr, AddrRange, Prot};
use procfs_core::FromBufRead;
use procfs_core::process::{MMPermissions, MMapPath, MemoryMap, MemoryMaps};

/// What a region shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shows {
    /// Pages of zeros, written or not.
    Anonymous,
    /// A file or a segment of shared memory, by its name.
    File(String),
    /// The heap, `[heap]`.
    Heap,
    /// The main thread's stack, `[stack]`.
    Stack,
    /// What the kernel mapped: `[vdso]`, `[vvar]` and the like, by that name.
    Kernel(String),
}

/// A line of `/proc/PID/maps`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// The addresses.
    pub range: AddrRange,
    /// What may be done there.
    pub prot: Prot,
    /// Is it shared with others that map the same?
    pub shared: bool,
    /// Where it starts in what it shows.
    pub offset: u64,
    /// What it shows.
    pub shows: Shows,
    /// How many bytes of it are in memory, if that was asked for.
    pub resident: Option<u64>,
}

/// Reads the text of `/proc/PID/maps` or `/proc/PID/smaps`. A line that holds nothing, as of an
/// address space that is going away, is left out.
///
/// # Errors
///
/// A line that is none of these files'.
pub fn read(text: &str) -> Result<Vec<Region>> {
    // The reader's own messages need the lines to know which one it was.
    let maps = MemoryMaps::from_buf_read(text.as_bytes())
        .map_err(|error| anyhow::anyhow!("{error}"))
        .context("the text of /proc/PID/maps")?;
    Ok(maps.into_iter().filter_map(region).collect())
}

fn region(map: MemoryMap) -> Option<Region> {
    let (start, end) = map.address;
    let range = AddrRange::new(Addr::new(start), Addr::new(end))?;
    let letters = [
        (MMPermissions::READ, Prot::READ),
        (MMPermissions::WRITE, Prot::WRITE),
        (MMPermissions::EXECUTE, Prot::EXECUTE),
    ];
    let held = letters.into_iter().filter(|(letter, _)| map.perms.contains(*letter));
    let shows = match map.pathname {
        MMapPath::Anonymous => Shows::Anonymous,
        MMapPath::Path(path) => Shows::File(path.to_string_lossy().into_owned()),
        MMapPath::Vsys(key) => Shows::File(format!("/SYSV{key:08x}")),
        MMapPath::Heap => Shows::Heap,
        MMapPath::Stack => Shows::Stack,
        MMapPath::TStack(_) => Shows::Anonymous,
        MMapPath::Vdso => Shows::Kernel("vdso".to_owned()),
        MMapPath::Vvar => Shows::Kernel("vvar".to_owned()),
        MMapPath::Vsyscall => Shows::Kernel("vsyscall".to_owned()),
        MMapPath::Rollup => return None,
        // A program may give names to anonymous memory.
        MMapPath::Other(name) if name.starts_with("anon") => Shows::Anonymous,
        MMapPath::Other(name) => Shows::Kernel(name),
    };
    Some(Region {
        range,
        prot: held.fold(Prot::NONE, |prot, (_, flag)| prot | flag),
        shared: map.perms.contains(MMPermissions::SHARED),
        offset: map.offset,
        shows,
        resident: map.extension.map.get("Rss").copied(),
    })
}

/// The regions as lines of `/proc/PID/maps`, without names of files, devices and inodes, which
/// would tell of the machine and not of the map.
#[must_use]
pub fn anonymized(regions: &[Region]) -> String {
    let mut text = String::new();
    for region in regions {
        let (start, end) = (region.range.start().get(), region.range.end().get());
        let (prot, sharing) = (region.prot, if region.shared { 's' } else { 'p' });
        let name = match &region.shows {
            Shows::Anonymous => String::new(),
            Shows::File(_) => "/file".to_owned(),
            Shows::Heap => "[heap]".to_owned(),
            Shows::Stack => "[stack]".to_owned(),
            Shows::Kernel(name) => format!("[{name}]"),
        };
        let offset = region.offset;
        let line = format!("{start:08x}-{end:08x} {prot}{sharing} {offset:08x} 00:00 0 {name}");
        writeln!(text, "{line}").expect("a String takes everything");
    }
    text
}

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

/// Is it the first line of a region, and not one of its properties?
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn is_region(line: &str) -> bool {
    line.split_once('-').is_some_and(|(start, _)| u64::from_str_radix(start, 16).is_ok())
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
Rss:                   8 kB
7ffd00030000-7ffd00034000 r--s 00000000 00:00 0 
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
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
        let [program, stack, shared, vsyscall] = &snapshot.regions[..] else { panic!("four") };
        assert_eq!(program.shows, Shows::File("/usr/bin/a b".to_owned()));
        assert_eq!((program.offset, program.resident), (0x1000, Some(12 << 10)));
        assert_eq!((stack.prot, &stack.shows), (Prot::RW, &Shows::Stack));
        assert!(shared.shared && shared.shows == Shows::Anonymous);
        assert_eq!(vsyscall.range.start(), Addr::new(0xffff_ffff_ff60_0000));
        assert_eq!(vsyscall.prot, Prot::EXECUTE);
    }

    #[test]
    fn names_are_left_out() {
        let text = anonymized(&read(SMAPS).unwrap());
        assert!(!text.contains("usr") && !text.contains("1234"), "{text}");
        let again = read(&text).unwrap();
        assert_eq!(again.len(), 4);
        assert_eq!(anonymized(&again), text);
    }

    #[test]
    fn what_is_no_note() {
        assert!(Snapshot::read("start 7 brk=0x1", "").is_err());
        assert!(Snapshot::read("middle 7", "").is_err());
        assert!(Snapshot::read("end 7", "no region\n").is_err());
    }
}
