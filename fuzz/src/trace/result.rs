//! Result lines: answers, and the rows and the closing line of a dump.

use core::fmt;

use growstack::{Access, Addr, AddrRange, EntryFlags, KernReturn, Size};

use super::Dump;
use super::error::ParseError;
use super::field::{Field, Shown, choice_of, list, number, small};
use super::words::{Word, Words};
use crate::answer::{Answer, Row, Summary};
use crate::op::Form;

/// What error messages call the first word of an answer.
const RESULT: &str = "the result";

/// The error of a result after an operation that has none.
pub(super) const SILENT: &str = "the operation before this line has no result";

/// The answer after `=`, which is `mark`.
pub(super) fn read_answer(
    form: Form,
    mark: Word<'_>,
    words: &mut Words<'_>,
) -> Result<Answer, ParseError> {
    match form {
        Form::Silent => Err(words.error(mark, SILENT)),
        Form::Dump => Err(words.error(mark, "the result of this operation must start with `|`")),
        Form::Code => Ok(Answer::Code(code(words)?)),
        Form::Found => match (code(words)?, words.clone().next()) {
            (KernReturn::Success, None) => Err(words.error_here("the address found is missing")),
            (KernReturn::Success, Some(_)) => Ok(Answer::Found(Field::read(words, "the address")?)),
            (code, None) => Ok(Answer::Code(code)),
            (code, Some(word)) => Err(words.error(word, format!("no address goes with {code}"))),
        },
        Form::Forked => match code(words)? {
            KernReturn::Success => Ok(Answer::Forked(Field::read(words, "the child's number")?)),
            code => Ok(Answer::Code(code)),
        },
        Form::Truth => Ok(Answer::Truth(truth(words)?)),
        Form::Holds if truth(words)? => Ok(Answer::Holds(Some(range(words)?))),
        Form::Holds => Ok(Answer::Holds(None)),
    }
}

pub(super) fn code(words: &mut Words<'_>) -> Result<KernReturn, ParseError> {
    let word = words.need(RESULT)?;
    match KernReturn::from_name(word.text) {
        Some(KernReturn::OutOfBounds) if words.are_of_9() => Err(words.newer(word)),
        Some(code) => Ok(code),
        None => Err(wrong_result(words, word, "one of the KERN_ codes")),
    }
}

pub(super) fn wrong_result(words: &Words<'_>, word: Word<'_>, wanted: &str) -> ParseError {
    words.error(word, format!("the result of this operation must be {wanted}, not {word}"))
}

fn truth(words: &mut Words<'_>) -> Result<bool, ParseError> {
    let word = words.need(RESULT)?;
    match word.text {
        "TRUE" => Ok(true),
        "FALSE" => Ok(false),
        _ => Err(wrong_result(words, word, "TRUE or FALSE")),
    }
}

fn range(words: &mut Words<'_>) -> Result<AddrRange, ParseError> {
    let start = Addr::read(words, "START")?;
    let word = words.clone().need("END")?;
    let end = Addr::read(words, "END")?;
    AddrRange::new(start, end).ok_or_else(|| {
        let problem = format!("an entry must not be empty, but {start} is not below {end}");
        words.error(word, problem)
    })
}

impl fmt::Display for Answer {
    /// What stands after `=` in a trace; nothing for an answer that traces have no word for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent | Self::Unsupported | Self::Failed | Self::Late => Ok(()),
            Self::Code(code) => write!(f, "{code}"),
            Self::Found(addr) => write!(f, "{} {addr}", KernReturn::Success),
            Self::Forked(child) => write!(f, "{} {}", KernReturn::Success, Shown(child)),
            Self::Truth(true) => f.write_str("TRUE"),
            Self::Truth(false) | Self::Holds(None) => f.write_str("FALSE"),
            Self::Holds(Some(range)) => write!(f, "TRUE {} {}", range.start(), range.end()),
        }
    }
}

/// A line after `|`: either an entry or, if its first word is `size=`, the closing line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DumpLine {
    /// An entry.
    Row(Row),
    /// The counters.
    Summary(Summary),
}

pub(super) fn read_dump_line(words: &mut Words<'_>) -> Result<DumpLine, ParseError> {
    match words.clone().next() {
        Some(word) if word.text.starts_with("size=") => Ok(DumpLine::Summary(summary(words)?)),
        _ => Ok(DumpLine::Row(row(words)?)),
    }
}

fn row(words: &mut Words<'_>) -> Result<Row, ParseError> {
    let range = range(words)?;
    let (prot, max) = (Field::read(words, "PROT")?, Field::read(words, "MAX")?);
    let inherit = Field::read(words, "the inheritance")?;
    let word = words.need("WIRED")?;
    let wired = small(words, word, "WIRED", u32::MAX.into())?;
    let (access, flags) = flags(words)?;
    let (object, offset) = (Field::read(words, "OBJ")?, Field::read(words, "OFF")?);
    let word = words.need("AVAIL")?;
    let avail = Size::new(number(words, word, "AVAIL", u64::MAX)?);
    let row = Row { range, prot, max, inherit, access, wired, flags, object, offset, avail };
    if row.shown_avail() != avail {
        let problem = "AVAIL must be 0 in an entry without a growth flag";
        return Err(words.error(word, problem));
    }
    Ok(row)
}

/// The flags of an entry. In a trace its access pattern is among them.
fn flags(words: &mut Words<'_>) -> Result<(Access, EntryFlags), ParseError> {
    let word = words.need("FLAGS")?;
    let (mut access, mut flags) = (Access::Normal, EntryFlags::NONE);
    let newer = |flag| EntryFlags::FREEBSD_14.contains(flag);
    for part in list(word) {
        match part.text.parse() {
            Ok(pattern) if pattern != Access::Normal => {
                if access != Access::Normal && access != pattern {
                    let problem = "an entry is sequential or random, not both";
                    return Err(words.error(part, problem));
                }
                access = pattern;
            }
            _ => flags |= choice_of(words, part, "FLAGS", EntryFlags::NAMES, newer)?,
        }
    }
    Ok((access, flags))
}

fn summary(words: &mut Words<'_>) -> Result<Summary, ParseError> {
    let mut value = |key| {
        let word = words.pair(key)?;
        number(words, word, key, u64::MAX).map(|value| (word, value))
    };
    let size = Size::new(value("size")?.1);
    let entries = value("entries")?;
    let ssize = value("ssize")?.1;
    let reserved = Size::new(value("reserved")?.1);
    let wired = value("wired")?.1;
    let entries = small(words, entries.0, "entries", usize::MAX as u64)?;
    Ok(Summary { size, entries, ssize, reserved, wired, maxsaddr: None })
}

/// An entry as a dump prints it, without the leading `|`.
pub struct RowText<'a>(pub &'a Row);

impl fmt::Display for RowText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.0;
        write!(f, "{} {} ", row.range.start(), row.range.end())?;
        write!(f, "{} {} {} {} ", row.prot, row.max, row.inherit, row.wired)?;
        write_flags(f, row)?;
        write!(f, " {} {:#x} {}", Shown(&row.object), row.offset, row.shown_avail())
    }
}

/// The flags in the order of the format, which has the access pattern before the growth flags.
fn write_flags(f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
    let pattern = (row.access != Access::Normal).then(|| row.access.word());
    let (before, after): (Vec<_>, Vec<_>) =
        EntryFlags::NAMES.iter().partition(|(flag, _)| flag.bits() < EntryFlags::GROWS_DOWN.bits());
    let names = |part: Vec<(EntryFlags, &'static str)>| {
        part.into_iter().filter(|(flag, _)| row.flags.contains(*flag)).map(|(_, word)| word)
    };
    let mut separator = "";
    for word in names(before).chain(pattern).chain(names(after)) {
        write!(f, "{separator}{word}")?;
        separator = ",";
    }
    if separator.is_empty() { f.write_str("-") } else { Ok(()) }
}

impl fmt::Display for Summary {
    /// The closing line of a dump, without the leading `|`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, entries, ssize, reserved, wired, maxsaddr: _ } = self;
        write!(f, "size={size} entries={entries} ssize={ssize} reserved={reserved} wired={wired}")
    }
}

impl fmt::Display for Dump {
    /// The lines of the dump, each with its `|` and a line break.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.iter().try_for_each(|row| writeln!(f, "| {}", RowText(row)))?;
        writeln!(f, "| {}", self.summary)
    }
}
