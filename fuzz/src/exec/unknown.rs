//! Lines of a dump in which `?` stands for what a map does not keep.

use growstack::EntryFlags;

use crate::answer::{Row, Summary};
use crate::keeps::Keeps;
use crate::trace::{self, parse_dump_line as parse};

/// A line of a dump, and what of it counts.
#[derive(Debug)]
pub(super) enum DumpLine {
    /// An entry.
    Row(Row, Keeps),
    /// The closing line.
    Summary(Summary, Keeps),
}

/// Marks something as not kept.
type LeaveOut = fn(&mut Keeps);

/// The columns of an entry from PROT on, each with a word to read in the place of `?`, and how to
/// leave it out.
const COLUMNS: [(&str, LeaveOut); 8] = [
    ("---", |keeps| keeps.prot = false),
    ("---", |keeps| keeps.max = false),
    ("copy", |keeps| keeps.inherit = false),
    ("0", |keeps| keeps.wired = false),
    // Whether AVAIL means something hangs on the growth flags.
    ("-", |keeps| (keeps.flags, keeps.access, keeps.avail) = (EntryFlags::NONE, false, false)),
    ("-", |keeps| keeps.object = false),
    ("0", |keeps| keeps.offset = false),
    ("0", |keeps| keeps.avail = false),
];

/// The number of AVAIL and of FLAGS among [`COLUMNS`].
const FLAGS: usize = 4;
const AVAIL: usize = 7;

/// The counters of the closing line, in the same way.
const COUNTERS: [(&str, &str, LeaveOut); 4] = [
    ("size=?", "size=0", |keeps| keeps.size = false),
    ("ssize=?", "ssize=0", |keeps| keeps.ssize = false),
    ("reserved=?", "reserved=0", |keeps| keeps.reserved = false),
    ("wired=?", "wired=0", |keeps| keeps.wired_pages = false),
];

/// Reads a line of a dump.
pub(super) fn parse_dump_line(line: &str) -> Result<DumpLine, String> {
    let mut keeps = Keeps::ALL;
    let mut words: Vec<&str> = line.split_ascii_whitespace().collect();
    if words.get(1).is_some_and(|word| word.starts_with("size=")) {
        for (unknown, nothing, leave_out) in COUNTERS {
            for word in words.iter_mut().filter(|word| **word == unknown) {
                *word = nothing;
                leave_out(&mut keeps);
            }
        }
        return read(&words.join(" "), keeps);
    }
    for (column, (word, leave_out)) in COLUMNS.into_iter().enumerate() {
        // `|`, START and END come first.
        let at = column + 3;
        if words.get(at) == Some(&"?") {
            words[at] = word;
            leave_out(&mut keeps);
            if column == FLAGS && words.len() > AVAIL + 3 {
                words[AVAIL + 3] = "0";
            }
        }
    }
    read(&words.join(" "), keeps)
}

fn read(line: &str, keeps: Keeps) -> Result<DumpLine, String> {
    match parse(line).map_err(|error| error.problem)? {
        trace::DumpLine::Row(row) => Ok(DumpLine::Row(row, keeps)),
        trace::DumpLine::Summary(summary) => Ok(DumpLine::Summary(summary, keeps)),
    }
}
