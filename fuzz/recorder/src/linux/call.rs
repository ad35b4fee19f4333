//! Calls as strace prints them, as operations of Linux.

use std::collections::HashMap;

use growstack::{Addr, Prot, Size};
use growstack_fuzz::linux::{
    Advice, Errno, FileTraits, LinuxAnswer, LinuxOp, MlockFlags, MlockallFlags, MmapFlags,
    MremapFlags, Resource, Stretch,
};

use super::files::{Files, is_in_memory};
use crate::events::CallText;
use crate::line::{number, split};

/// What a call is to a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Reading {
    /// An operation, with what it answered if it came back.
    Op(LinuxOp, Option<LinuxAnswer>),
    /// Nothing that a map is about.
    Nothing,
    /// One that there is no operation for, though it has changed what is mapped or may have.
    LeftOut(String),
}

/// Segments of shared memory by their addresses, with their lengths.
pub(super) type Attached = HashMap<u64, u64>;

/// Flags of `mmap` that change nothing here: private, anonymous, and those that the kernel ignores.
const IGNORED: u64 = 0x2 | 0x20 | 0x800 | 0x1000 | 0x1_0000;

/// Reads a call.
pub(super) fn read(text: &CallText, files: &mut Files, attached: &mut Attached) -> Reading {
    let CallText { name, args, result } = text;
    let left_out = || {
        let result = result.as_deref().unwrap_or("?");
        Reading::LeftOut(format!("{name}({args}) = {result}"))
    };
    let parts = split(args);
    let op = match &**name {
        "shmat" => attach(&parts, result.as_deref(), files, attached),
        "shmdt" => detach(&parts, attached),
        "setrlimit" | "prlimit64" => match limit(name, &parts) {
            Ok(op) => op,
            Err(NotOfMemory) => return Reading::Nothing,
        },
        _ => match operation(name, &parts, files) {
            Some(Ok(op)) => Some(op),
            Some(Err(NotOfMemory)) => return Reading::Nothing,
            None => None,
        },
    };
    let Some(op) = op else { return left_out() };
    match result.as_deref().map(answer) {
        // What failed for a reason that is none of the map's.
        Some(Some(LinuxAnswer::Failed(errno))) if !is_of_memory(errno) => Reading::Nothing,
        Some(None) => left_out(),
        Some(Some(LinuxAnswer::Failed(_))) if lacks_target(&op, &parts) => Reading::Nothing,
        Some(answer) => Reading::Op(opened(op, answer), answer),
        None => Reading::Op(op, None),
    }
}

/// The call is none that changes what is mapped.
struct NotOfMemory;

fn is_of_memory(errno: Errno) -> bool {
    Errno::NAMES.iter().any(|(known, _)| *known == errno)
}

/// The operation with what its answer says of its file: it was opened for reading only if it may not be
/// written.
fn opened(mut op: LinuxOp, answer: Option<LinuxAnswer>) -> LinuxOp {
    if let LinuxOp::MmapFile { flags, file, .. } = &mut op
        && flags.contains(MmapFlags::SHARED)
        && answer == Some(LinuxAnswer::Failed(Errno::EACCES))
    {
        file.traits |= FileTraits::READ_ONLY;
    }
    op
}

/// Does strace leave out what a call of `mremap` has said of the place? Then nobody knows why it failed.
fn lacks_target(op: &LinuxOp, parts: &[&str]) -> bool {
    matches!(op, LinuxOp::Mremap { flags, .. } if flags.is_placed() && parts.len() < 5)
}

/// What the text of a result says; `None` if that is not understood. A call that never came back has no
/// answer.
fn answer(text: &str) -> Option<LinuxAnswer> {
    let mut words = text.split(' ');
    match (words.next()?, words.next()) {
        ("-1", Some(name)) => {
            // Names that have no number here are of errors that are not about memory.
            Some(LinuxAnswer::Failed(name.parse().unwrap_or(Errno(u16::MAX))))
        }
        (value, _) => number(value).map(LinuxAnswer::Value),
    }
}

fn operation(
    name: &str,
    parts: &[&str],
    files: &mut Files,
) -> Option<Result<LinuxOp, NotOfMemory>> {
    let value = |index: usize| parts.get(index).copied().and_then(number);
    let addr = || value(0).map(Addr::new);
    let length = || value(1).map(Size::new);
    let small = |index| value(index).and_then(|bits| u32::try_from(bits).ok());
    Some(Ok(match name {
        "mmap" => map(parts, files)?,
        "munmap" => LinuxOp::Munmap { addr: addr()?, length: length()? },
        "mprotect" => protect(addr()?, length()?, value(2)?)?,
        // Key -1 is that of `mprotect`.
        "pkey_mprotect" => {
            value(3).filter(|key| *key == u64::MAX)?;
            protect(addr()?, length()?, value(2)?)?
        }
        "madvise" => {
            let advice = Advice::from_number(small(2)?)?;
            LinuxOp::Madvise { addr: addr()?, length: length()?, advice }
        }
        "mlock" => LinuxOp::Mlock { addr: addr()?, length: length()?, flags: MlockFlags::empty() },
        "mlock2" => {
            let flags = MlockFlags::from_bits(small(2)?)?;
            LinuxOp::Mlock { addr: addr()?, length: length()?, flags }
        }
        "munlock" => LinuxOp::Munlock { addr: addr()?, length: length()? },
        "mlockall" => LinuxOp::Mlockall { flags: MlockallFlags::from_bits(small(0)?)? },
        "munlockall" => LinuxOp::Munlockall,
        "mremap" => {
            let (new, flags) = (Size::new(value(2)?), MremapFlags::from_bits(small(3)?)?);
            let target = Addr::new(value(4).unwrap_or(0));
            LinuxOp::Mremap { addr: addr()?, old: length()?, new, flags, target }
        }
        "brk" => LinuxOp::Brk { end: addr()? },
        _ => return Some(Err(NotOfMemory)),
    }))
}

fn map(parts: &[&str], files: &mut Files) -> Option<LinuxOp> {
    let &[addr, length, bits, flags, file, offset] = parts else { return None };
    let (addr, length) = (Addr::new(number(addr)?), Size::new(number(length)?));
    let (prot, given) = (prot(number(bits)?), number(flags)?);
    // MAP_SHARED_VALIDATE is MAP_PRIVATE and MAP_SHARED together.
    let known = u64::from(MmapFlags::all().bits());
    if given & !(known | IGNORED) != 0 {
        return None;
    }
    let flags = MmapFlags::from_bits(u32::try_from(given & known).ok()?)?;
    if given & 0x20 != 0 {
        return Some(LinuxOp::Mmap { addr, length, prot, flags });
    }
    let name = file.split_once('<').map_or(file, |(_, path)| path);
    let name = name.split_once('>').map_or(name, |(path, _)| path);
    let mut file = files.named(name, number(offset)?);
    // What is not to be written was opened for reading only as a rule; what the kernel lists shows it.
    if flags.contains(MmapFlags::SHARED) && !prot.contains(Prot::WRITE) && !is_in_memory(name) {
        file.traits |= FileTraits::READ_ONLY;
    }
    Some(LinuxOp::MmapFile { addr, length, prot, flags, file })
}

fn protect(addr: Addr, length: Size, bits: u64) -> Option<LinuxOp> {
    let stretch = Stretch::from_bits_truncate(u32::try_from(bits).ok()?);
    Some(LinuxOp::Mprotect { addr, length, prot: prot(bits), stretch })
}

fn prot(bits: u64) -> Prot {
    #[allow(clippy::cast_possible_truncation)] // Three bits.
    Prot::from_bits_truncate((bits & 7) as u8)
}

/// `shmat` without an address: a shared mapping of the whole segment.
fn attach(
    parts: &[&str],
    result: Option<&str>,
    files: &mut Files,
    attached: &mut Attached,
) -> Option<LinuxOp> {
    let &[id, addr, flags] = parts else { return None };
    let (id, flags) = (number(id)?, number(flags)?);
    let size = files.segment(id).filter(|_| number(addr) == Some(0))?;
    let mut file = files.named(&format!("segment {id}"), 0);
    let mut prot = Prot::READ;
    if flags & 0o10_000 == 0 {
        prot |= Prot::WRITE;
    } else {
        file.traits |= FileTraits::READ_ONLY;
    }
    if flags & 0o100_000 != 0 {
        prot |= Prot::EXECUTE;
    }
    if let Some(LinuxAnswer::Value(at)) = result.and_then(answer) {
        attached.insert(at, size);
    }
    let (addr, length, flags) = (Addr::ZERO, Size::new(size), MmapFlags::SHARED);
    Some(LinuxOp::MmapFile { addr, length, prot, flags, file })
}

fn detach(parts: &[&str], attached: &mut Attached) -> Option<LinuxOp> {
    let addr = parts.first().copied().and_then(number)?;
    let length = Size::new(attached.remove(&addr)?);
    Some(LinuxOp::Munmap { addr: Addr::new(addr), length })
}

/// A soft limit that is set; `None` if it cannot be understood.
fn limit(name: &str, parts: &[&str]) -> Result<Option<LinuxOp>, NotOfMemory> {
    let (resource, limits) = match (name, parts) {
        ("setrlimit", [resource, limits, ..]) => (resource, limits),
        ("prlimit64", ["0", resource, limits, ..]) => (resource, limits),
        _ => return Err(NotOfMemory),
    };
    let resource = number(resource).and_then(|number| u32::try_from(number).ok());
    let Some(resource) = resource.and_then(Resource::from_number) else { return Err(NotOfMemory) };
    let Some(limits) = limits.strip_prefix("{rlim_cur=") else { return Err(NotOfMemory) };
    let soft = limits.split(',').next().unwrap_or_default();
    Ok(bytes(soft).map(|limit| LinuxOp::Setrlimit { resource, limit }))
}

/// A limit as strace prints it: `8192*1024`, `RLIM64_INFINITY`.
fn bytes(text: &str) -> Option<u64> {
    if text.ends_with("INFINITY") {
        return Some(u64::MAX);
    }
    text.split('*').try_fold(1_u64, |product, factor| product.checked_mul(number(factor)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::events::Log;

    fn read_one(name: &str, args: &str, result: &str) -> Reading {
        let text =
            CallText { name: name.into(), args: args.into(), result: Some(result.to_owned()) };
        read(&text, &mut Files::new(&Log::default()), &mut Attached::new())
    }

    #[track_caller]
    fn becomes(name: &str, args: &str, result: &str, op: &str, answer: &str) {
        let Reading::Op(read, answered) = read_one(name, args, result) else {
            panic!("{name}({args}) is no operation")
        };
        assert_eq!(
            (read.to_string().as_str(), answered.unwrap().to_string().as_str()),
            (op, answer)
        );
    }

    #[test]
    fn calls_are_as_they_were_made() {
        let result = "0x7f0000000000";
        becomes("mmap", "NULL, 5000, 0x3, 0x22, -1, 0", result, "mmap 0x0 0x1388 rw- -", result);
        becomes(
            "mmap",
            "0x7f00, 5000, 0x5, 0x812, 3</usr/lib/libc, the.so>, 0x26000",
            "-1 EINVAL (Invalid argument)",
            "mmap 0x7f00 0x1388 r-x fixed file=1 offset=0x26000 huge",
            "EINVAL",
        );
        becomes(
            "mmap",
            "NULL, 4096, 0x1, 0x1, 3</memfd:a>(deleted), 0",
            result,
            "mmap 0x0 0x1000 r-- shared file=1 offset=0x0",
            result,
        );
        becomes(
            "mmap",
            "NULL, 4096, 0x1, 0x1, 3</etc/a>, 0",
            result,
            "mmap 0x0 0x1000 r-- shared file=1 offset=0x0 read_only,huge",
            result,
        );
        becomes("brk", "NULL", "0x5000", "brk 0x0", "0x5000");
        becomes("madvise", "0x1000, 4096, 0x4", "0", "madvise 0x1000 0x1000 dontneed", "0x0");
        let args = "0x7ffd1000, 4096, 0x1000007";
        becomes("mprotect", args, "0", "mprotect 0x7ffd1000 0x1000 rwx growsdown", "0x0");
        let args = "0, 0x3, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}, NULL";
        becomes("prlimit64", args, "0", "setrlimit stack 0x800000", "0x0");
    }

    #[test]
    fn what_is_no_operation() {
        for (name, args, result) in [
            ("mmap", "NULL, 4096, 0x3, 0x2, 9, 0", "-1 EBADF (Bad file descriptor)"),
            ("prlimit64", "0, 0x7, {rlim_cur=1, rlim_max=1}, NULL", "0"),
            ("prlimit64", "0, 0x3, NULL, {rlim_cur=1, rlim_max=1}", "0"),
        ] {
            assert_eq!(read_one(name, args, result), Reading::Nothing, "{name}({args})");
        }
        for (name, args) in [
            ("mmap", "NULL, 4096, 0x3, 0x40022, -1, 0"),
            ("madvise", "0x1000, 4096, 0x63"),
            ("pkey_mprotect", "0x1000, 4096, 0x1, 2"),
        ] {
            assert!(matches!(read_one(name, args, "0"), Reading::LeftOut(_)), "{name}({args})");
        }
    }
}
