//! Lines of a trace: an operation, an answer, and a VMA, read and written side by side.

use std::fmt;
use std::str::FromStr;

use bitflags::Flags;
use growstack::{Addr, AddrRange, Prot, Size};

use super::header::{Commas, Limit, flags};
use crate::linux::answer::{Errno, LinuxAnswer, SegvCode};
use crate::linux::op::{Advice, FileTraits, FileView, LinuxOp, Resource, Stretch};
use crate::linux::vma::{Vma, VmaFlags};
use crate::linux::words::flag;
use crate::trace::{ParseError, Word, Words, number, protection, value};

/// The words of the operations, in the order of [`LinuxOp`].
const WORDS: &str = "reset, mmap, munmap, mprotect, madvise, mlock, munlock, mlockall, munlockall, \
                     mremap, setrlimit, load, store, kstore, procmem, vmread, brk, given";

impl fmt::Display for LinuxOp {
    /// Its line in a trace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Reset => f.write_str("reset"),
            Self::Mmap { addr, length, prot, flags } => {
                write!(f, "mmap {addr} {length} {prot} {flags}")
            }
            Self::MmapFile { addr, length, prot, flags, file } => {
                write!(f, "mmap {addr} {length} {prot} {flags} {file}")
            }
            Self::Brk { end } => write!(f, "brk {end}"),
            Self::Given { range, flags, file } => {
                write!(f, "given {} {} {}", range.start(), range.end(), Commas(flags))?;
                file.map_or(Ok(()), |file| write!(f, " {file}"))
            }
            Self::Munmap { addr, length } => write!(f, "munmap {addr} {length}"),
            Self::Mprotect { addr, length, prot, stretch } => {
                write!(f, "mprotect {addr} {length} {prot}")?;
                if stretch == Stretch::empty() { Ok(()) } else { write!(f, " {stretch}") }
            }
            Self::Madvise { addr, length, advice } => write!(f, "madvise {addr} {length} {advice}"),
            Self::Mlock { addr, length, flags } => write!(f, "mlock {addr} {length} {flags}"),
            Self::Munlock { addr, length } => write!(f, "munlock {addr} {length}"),
            Self::Mlockall { flags } => write!(f, "mlockall {flags}"),
            Self::Munlockall => f.write_str("munlockall"),
            Self::Mremap { addr, old, new, flags, target } => {
                write!(f, "mremap {addr} {old} {new} {flags} {target}")
            }
            Self::Setrlimit { resource, limit } => {
                write!(f, "setrlimit {resource} {}", Limit(limit))
            }
            Self::Load { addr } => write!(f, "load {addr}"),
            Self::Store { addr } => write!(f, "store {addr}"),
            Self::KernelStore { addr } => write!(f, "kstore {addr}"),
            Self::ProcMem { addr } => write!(f, "procmem {addr}"),
            Self::VmRead { addr } => write!(f, "vmread {addr}"),
        }
    }
}

/// Reads the operation whose word is `first`.
pub(super) fn operation(first: Word<'_>, words: &mut Words<'_>) -> Result<LinuxOp, ParseError> {
    let op = match first.text {
        "reset" => LinuxOp::Reset,
        "mmap" => mmap(words)?,
        "munmap" => LinuxOp::Munmap { addr: addr(words, "ADDR")?, length: size(words, "LENGTH")? },
        "mprotect" => LinuxOp::Mprotect {
            addr: addr(words, "ADDR")?,
            length: size(words, "LENGTH")?,
            prot: prot(words)?,
            stretch: match words.clone().next() {
                Some(_) => set(words, "STRETCH")?,
                None => Stretch::empty(),
            },
        },
        "madvise" => LinuxOp::Madvise {
            addr: addr(words, "ADDR")?,
            length: size(words, "LENGTH")?,
            advice: one_of(words, "ADVICE", Advice::ALL)?,
        },
        "mlock" => LinuxOp::Mlock {
            addr: addr(words, "ADDR")?,
            length: size(words, "LENGTH")?,
            flags: set(words, "FLAGS")?,
        },
        "munlock" => {
            LinuxOp::Munlock { addr: addr(words, "ADDR")?, length: size(words, "LENGTH")? }
        }
        "mlockall" => LinuxOp::Mlockall { flags: set(words, "FLAGS")? },
        "munlockall" => LinuxOp::Munlockall,
        "mremap" => LinuxOp::Mremap {
            addr: addr(words, "ADDR")?,
            old: size(words, "OLD")?,
            new: size(words, "NEW")?,
            flags: set(words, "FLAGS")?,
            target: addr(words, "TARGET")?,
        },
        "setrlimit" => LinuxOp::Setrlimit {
            resource: one_of(words, "RESOURCE", Resource::ALL)?,
            limit: amount(words, "LIMIT")?,
        },
        "load" => LinuxOp::Load { addr: addr(words, "ADDR")? },
        "store" => LinuxOp::Store { addr: addr(words, "ADDR")? },
        "kstore" => LinuxOp::KernelStore { addr: addr(words, "ADDR")? },
        "procmem" => LinuxOp::ProcMem { addr: addr(words, "ADDR")? },
        "vmread" => LinuxOp::VmRead { addr: addr(words, "ADDR")? },
        "brk" => LinuxOp::Brk { end: addr(words, "END")? },
        "given" => given(words)?,
        _ => return Err(words.not_one_of(first, "the operation", WORDS)),
    };
    Ok(op)
}

fn mmap(words: &mut Words<'_>) -> Result<LinuxOp, ParseError> {
    let (addr, length) = (addr(words, "ADDR")?, size(words, "LENGTH")?);
    let (prot, flags) = (prot(words)?, set(words, "FLAGS")?);
    Ok(match file(words)? {
        None => LinuxOp::Mmap { addr, length, prot, flags },
        Some(file) => LinuxOp::MmapFile { addr, length, prot, flags, file },
    })
}

fn given(words: &mut Words<'_>) -> Result<LinuxOp, ParseError> {
    let range = range(words)?;
    Ok(LinuxOp::Given { range, flags: set(words, "FLAGS")?, file: file(words)? })
}

/// Reads `file=N offset=BYTES [TRAITS]`, if it is there.
fn file(words: &mut Words<'_>) -> Result<Option<FileView>, ParseError> {
    if words.clone().next().is_none() {
        return Ok(None);
    }
    let (_, number) = value(words, "file")?;
    let (_, offset) = value(words, "offset")?;
    let traits = match words.clone().next() {
        Some(_) => set(words, "TRAITS")?,
        None => FileTraits::empty(),
    };
    Ok(Some(FileView { number, offset, traits }))
}

impl fmt::Display for FileView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, offset, traits } = self;
        write!(f, "file={number} offset={offset:#x}")?;
        if traits.is_empty() { Ok(()) } else { write!(f, " {traits}") }
    }
}

/// Reads what stands behind the `=` of an answer.
pub(super) fn answer(words: &mut Words<'_>) -> Result<LinuxAnswer, ParseError> {
    let word = words.need("the result")?;
    if word.text == "ok" {
        return Ok(LinuxAnswer::Done);
    }
    if let Ok(code) = word.text.parse::<SegvCode>() {
        return Ok(LinuxAnswer::Segv(code));
    }
    if let Ok(errno) = word.text.parse::<Errno>() {
        return Ok(LinuxAnswer::Failed(errno));
    }
    if word.text.starts_with(|first: char| first.is_ascii_digit()) {
        return number(words, word, "the result", u64::MAX).map(LinuxAnswer::Value);
    }
    let form = "a number, `ok`, an error such as ENOMEM, or a code such as SEGV_MAPERR";
    Err(words.error(word, format!("the result must be {form}; {word} is not")))
}

/// Reads what stands behind the `|` of a VMA.
pub(super) fn vma(words: &mut Words<'_>) -> Result<Vma, ParseError> {
    let range = range(words)?;
    let mut vma = Vma { range, flags: VmaFlags::empty(), key: 0 };
    while let Some(word) = words.next() {
        if let Some(key) = word.text.strip_prefix("pkey=") {
            let wrong = |_| words.error(word, "a protection key is a number below 256");
            vma.key = key.parse().map_err(wrong)?;
        } else if word.text != "-" {
            let unknown = || words.error(word, format!("{word} is no flag of a VMA"));
            vma.flags |= flag(word.text).ok_or_else(unknown)?;
        }
    }
    Ok(vma)
}

/// Reads the start and the end of a VMA.
fn range(words: &mut Words<'_>) -> Result<AddrRange, ParseError> {
    let start = addr(words, "START")?;
    let word = words.clone().need("END")?;
    let end = addr(words, "END")?;
    AddrRange::new(start, end)
        .ok_or_else(|| words.error(word, format!("the VMA ends at {end}, not above its start")))
}

fn amount(words: &mut Words<'_>, what: &'static str) -> Result<u64, ParseError> {
    let word = words.need(what)?;
    number(words, word, what, u64::MAX)
}

fn addr(words: &mut Words<'_>, what: &'static str) -> Result<Addr, ParseError> {
    amount(words, what).map(Addr::new)
}

fn size(words: &mut Words<'_>, what: &'static str) -> Result<Size, ParseError> {
    amount(words, what).map(Size::new)
}

fn prot(words: &mut Words<'_>) -> Result<Prot, ParseError> {
    let word = words.need("PROT")?;
    protection(words, word, "PROT")
}

fn set<F: Flags + FromStr>(words: &mut Words<'_>, what: &'static str) -> Result<F, ParseError> {
    let word = words.need(what)?;
    flags(words, word, what)
}

fn one_of<T: FromStr + fmt::Display>(
    words: &mut Words<'_>,
    what: &'static str,
    all: &[T],
) -> Result<T, ParseError> {
    let word = words.need(what)?;
    word.text.parse().map_err(|_| {
        let choices: Vec<String> = all.iter().map(ToString::to_string).collect();
        words.not_one_of(word, what, &choices.join(", "))
    })
}
