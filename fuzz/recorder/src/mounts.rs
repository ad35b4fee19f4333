//! The file systems of the machine: some place mappings for huge pages (rule L77 of Linux).

#[cfg(target_os = "linux")]
use std::fs;

use super::snapshot::MARK;

/// Where a file system is mounted, and of what kind it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mount {
    kind: String,
    point: String,
}

/// The kinds that place mappings for huge pages.
const FOR_HUGE_PAGES: [&str; 6] = ["bcachefs", "btrfs", "ext2", "ext3", "ext4", "xfs"];
/// What a line of a log begins with that says of a mount.
const WORD: &str = "mount ";

/// The lines for a log, of all that is mounted.
#[cfg(target_os = "linux")]
pub(super) fn note() -> String {
    let text = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let line = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (words.next()?, words.next()?);
        Some(format!("{MARK}{WORD}{kind} {point}\n"))
    };
    text.lines().filter_map(line).collect()
}

/// Reads such a line, without the mark of the recorder's lines.
pub(super) fn read(line: &str) -> Option<Mount> {
    let (kind, point) = line.strip_prefix(WORD)?.split_once(' ')?;
    Some(Mount { kind: kind.to_owned(), point: point.to_owned() })
}

/// Is the file on a file system that places mappings for huge pages? One of which nothing is known is.
pub(super) fn is_for_huge_pages(mounts: &[Mount], file: &str) -> bool {
    let holds = |mount: &&Mount| {
        let rest = file.strip_prefix(mount.point.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    // Of two at one place the later one is to be seen.
    let mount = mounts.iter().filter(holds).max_by_key(|mount| mount.point.len());
    mount.is_none_or(|mount| FOR_HUGE_PAGES.contains(&&*mount.kind))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_nearest_mount_counts_and_of_two_the_later() {
        let lines = ["mount ext4 /", "mount ext4 /a", "mount overlay /a", "mount tmpfs /a/b"];
        let mounts: Vec<Mount> = lines.iter().map(|line| read(line).unwrap()).collect();
        for (file, expected) in
            [("/c", true), ("/ab/c", true), ("/a/c", false), ("/a/b/c", false), ("/a/bc", false)]
        {
            assert_eq!(is_for_huge_pages(&mounts, file), expected, "{file}");
        }
        assert!(is_for_huge_pages(&[], "/c"));
        assert_eq!(read("start 7"), None);
    }
}
