//! A map as text, in the form that users of `procstat -v` know.

use core::fmt;

use super::{Kernel, VmMap};
use crate::entry::Entry;
use crate::flags::EntryFlags;
use crate::num::Size;
use crate::objects::Objects;

/// The letters of the flag column. `procstat` has C, N, D, U and W (and S, for superpages, which
/// the map knows nothing of); the small ones and `$` are ours.
const LETTERS: &[(EntryFlags, char)] = &[
    (EntryFlags::COW, 'C'),
    (EntryFlags::NEEDS_COPY, 'N'),
    (EntryFlags::GROWS_DOWN, 'D'),
    (EntryFlags::GROWS_UP, 'U'),
    (EntryFlags::USER_WIRED, 'W'),
    (EntryFlags::NOFAULT, 'f'),
    (EntryFlags::NOSYNC, 's'),
    (EntryFlags::NOCOREDUMP, 'x'),
    (EntryFlags::CHARGED, '$'),
];

impl<O: Objects, K: Kernel, const B: usize> fmt::Display for VmMap<O, K, B> {
    /// One line an entry: start, end, protection, maximum, inheritance, wire count, flags
    /// (C copy on write, N needs copy, D grows down, U grows up, W wired by the user, f no fault,
    /// s no sync, x no core dump, $ charged), bytes left to grow, offset, and type: `--` without an
    /// object, as `procstat` prints it, and `ob` with one. In FreeBSD 14.2 there are also G for a guard, d and
    /// u for a gap that a stack grows down or up into; a gap has its guard bytes in the column of bytes left
    /// to grow, and the protections that it keeps as offset. In Linux there is r for memory without reserve, and
    /// for the bytes left to grow the number of an entry's anonymous memory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>18} {:>18} PRT MAX {:<5} {:>4} {:<9} {:>10} {:>10} TP",
            "START",
            "END",
            "INH",
            "WIRE",
            "FLAG",
            if K::KEEPS_ANON { "ANON" } else { "AVAIL" },
            "OFFSET"
        )?;
        for entry in self.entries() {
            let avail = if K::KEEPS_ANON { entry.avail } else { entry.shown_avail() };
            line(f, &entry, K::LETTERS, avail)?;
        }
        write!(
            f,
            "{} entries, {} bytes, {} bytes of swap, {} pages wired",
            self.len(),
            self.size(),
            self.reserved(),
            self.wired_pages()
        )
    }
}

fn line<O>(
    f: &mut fmt::Formatter<'_>,
    entry: &Entry<O>,
    more: &[(EntryFlags, char)],
    avail: Size,
) -> fmt::Result {
    write!(
        f,
        "{:#18x} {:#18x} {} {} {:<5} {:>4} ",
        entry.range.start(),
        entry.range.end(),
        entry.prot,
        entry.max,
        entry.inherit,
        entry.wired
    )?;
    for (flag, letter) in LETTERS.iter().chain(more) {
        let shown = if entry.flags.contains(*flag) { *letter } else { '-' };
        fmt::Write::write_char(f, shown)?;
    }
    let kind = if entry.object.is_some() { "ob" } else { "--" };
    writeln!(f, " {:#10x} {:#10x} {kind}", avail, entry.offset)
}
