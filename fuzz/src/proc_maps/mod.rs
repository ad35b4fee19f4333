//! `/proc/PID/maps`: what the Linux kernel says of an address space, and how a map differs from it.

mod agree;

use std::fmt::Write as _;

use anyhow::{Result, anyhow};
use growstack::{Addr, AddrRange, Prot};
use procfs_core::FromBufRead;
use procfs_core::process::{MMPermissions, MMapPath, MemoryMap, MemoryMaps};

pub use agree::{Difference, Stretch, differences, stretches};

use crate::replay::MapFactory;
use crate::settings::create;
use crate::trace::Trace;

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
/// A line that is none of these files', with its number.
pub fn read(text: &str) -> Result<Vec<Region>> {
    let mut regions = Vec::new();
    let mut lines = text.lines().zip(1..).peekable();
    while let Some((head, number)) = lines.next() {
        let mut region = format!("{head}\n");
        while let Some((property, _)) = lines.next_if(|(line, _)| !is_region(line)) {
            region += property;
            region.push('\n');
        }
        // The parser's own message is about itself, and names no line.
        let maps = MemoryMaps::from_buf_read(region.as_bytes());
        let maps = maps.map_err(|_| anyhow!("line {number}: `{head}` is not of /proc/PID/maps"))?;
        regions.extend(maps.into_iter().filter_map(region_of));
    }
    Ok(regions)
}

/// Is it the first line of a region, and not one of its properties?
#[must_use]
pub fn is_region(line: &str) -> bool {
    line.split_once('-').is_some_and(|(start, _)| u64::from_str_radix(start, 16).is_ok())
}

fn region_of(map: MemoryMap) -> Option<Region> {
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
/// are of the machine and not of the map.
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

/// The differences between the final map of `trace` and `regions`, which the kernel had there. What
/// the map does not support is passed over: a replay says whether that matters.
#[must_use]
pub fn compare(trace: &Trace, factory: MapFactory, regions: &[Region]) -> Vec<Difference> {
    let (_, mut map) = create(factory, trace.config());
    let mut changes = Vec::new();
    for step in &trace.steps {
        changes.clear();
        map.apply(step.op(), &mut changes);
    }
    let mut rows = Vec::new();
    map.entries(&mut rows);
    let map: Vec<Stretch> = rows.iter().map(|row| (row.range, row.prot)).collect();
    differences(&map, &stretches(regions, trace.config().max))
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
    fn regions_with_properties() {
        let regions = read(SMAPS).unwrap();
        let [program, stack, shared, vsyscall] = &regions[..] else { panic!("four") };
        assert_eq!(program.shows, Shows::File("/usr/bin/a b".to_owned()));
        assert_eq!((program.offset, program.resident), (0x1000, Some(12 << 10)));
        assert_eq!((stack.prot, &stack.shows), (Prot::RW, &Shows::Stack));
        assert!(shared.shared && shared.shows == Shows::Anonymous);
        assert_eq!(vsyscall.range.start(), Addr::new(0xffff_ffff_ff60_0000));
        assert_eq!(vsyscall.prot, Prot::EXECUTE);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let line = "00400000-00401000 rw-p 00000000 00:00 0 \n";
        for (text, expected) in [
            (format!("{line}00500000-005010"), "line 2: `00500000-005010` is not"),
            ("not a map\n".to_owned(), "line 1: `not a map` is not"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn names_are_left_out() {
        let text = anonymized(&read(SMAPS).unwrap());
        assert!(!text.contains("usr") && !text.contains("1234"), "{text}");
        let again = read(&text).unwrap();
        assert_eq!(again.len(), 4);
        assert_eq!(anonymized(&again), text);
    }
}
