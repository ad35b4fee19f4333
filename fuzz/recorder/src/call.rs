//! The Linux calls that change an address space, with the numbers of their flags.

use growstack::{Advice, Inherit, PAGE_SIZE, Prot};

use super::line::{number, split};

/// What a mapping shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Backing {
    /// Nothing: pages of zeros.
    Anonymous,
    /// A file, by the name that the kernel has for it.
    File(String),
}

/// A call with its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Call {
    Map {
        length: u64,
        prot: Prot,
        flags: MmapFlags,
        backing: Backing,
        offset: u64,
    },
    Unmap {
        start: u64,
        length: u64,
    },
    Protect {
        start: u64,
        length: u64,
        prot: Prot,
        down: bool,
    },
    Remap {
        old: u64,
        old_length: u64,
        length: u64,
        fixed: bool,
        keep: bool,
    },
    Break {
        wanted: u64,
    },
    Advise {
        start: u64,
        length: u64,
        advice: Advised,
    },
    Lock {
        start: u64,
        length: u64,
    },
    Unlock {
        start: u64,
        length: u64,
    },
    LockAll {
        now: bool,
        future: bool,
    },
    UnlockAll,
    /// `shmget`: a segment of this size.
    Segment {
        size: u64,
    },
    /// `shmat`.
    Attach {
        id: u64,
        read_only: bool,
        execute: bool,
    },
    /// `shmdt`.
    Detach {
        start: u64,
    },
    /// `clone`, `fork`, `vfork`.
    Clone {
        thread: bool,
        memory: bool,
        stack: Option<u64>,
    },
    /// A call of which the map of FreeBSD keeps nothing.
    Other,
    /// `execve`: the program's name.
    Exec {
        program: String,
    },
}

/// The advice of `madvise`, as far as a map keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Advised {
    Advice(Advice),
    Inherit(Inherit),
}

/// The flags of `mmap`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MmapFlags(pub(super) u64);

impl MmapFlags {
    const FIXED: u64 = 0x10;
    const ANONYMOUS: u64 = 0x20;
    const GROWS_DOWN: u64 = 0x100;
    const LOCKED: u64 = 0x2000;
    const NO_RESERVE: u64 = 0x4000;
    const STACK: u64 = 0x2_0000;
    const HUGE_TLB: u64 = 0x4_0000;
    const FIXED_NO_REPLACE: u64 = 0x10_0000;

    fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    /// `MAP_SHARED` or `MAP_SHARED_VALIDATE`; `MAP_PRIVATE` and `MAP_DROPPABLE` are not.
    pub(super) fn shared(self) -> bool {
        matches!(self.0 & 0xf, 1 | 3)
    }

    /// Takes the place of what is there.
    pub(super) fn replaces(self) -> bool {
        self.has(Self::FIXED) && !self.has(Self::FIXED_NO_REPLACE)
    }

    /// Goes where the call says, or nowhere.
    pub(super) fn fixed(self) -> bool {
        self.has(Self::FIXED | Self::FIXED_NO_REPLACE)
    }

    pub(super) fn grows_down(self) -> bool {
        self.has(Self::GROWS_DOWN)
    }

    pub(super) fn locked(self) -> bool {
        self.has(Self::LOCKED)
    }

    pub(super) fn no_reserve(self) -> bool {
        self.has(Self::NO_RESERVE)
    }

    /// A thread's stack, by what the program says.
    pub(super) fn stack(self) -> bool {
        self.has(Self::STACK)
    }

    /// Bytes that a length is rounded up to.
    fn unit(self) -> u64 {
        match (self.has(Self::HUGE_TLB), self.0 >> 26 & 0x3f) {
            (false, _) => PAGE_SIZE,
            (true, 0) => 2 << 20,
            (true, shift) => 1 << shift,
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// It returned this number.
    Returned(u64),
    /// It failed because something is not mapped, or not all could be locked.
    OutOfMemory,
    /// It failed.
    Failed,
    /// Unknown: the thread was gone before.
    Unknown,
}

impl Outcome {
    pub(super) fn read(text: &str) -> Self {
        let mut words = text.split(' ');
        match (words.next(), words.next()) {
            (Some("-1"), Some("ENOMEM")) => Self::OutOfMemory,
            (Some("-1"), _) => Self::Failed,
            // A program in a name space of its own knows its children by other numbers.
            (Some(_), Some("/*")) if text.contains("strace's PID NS") => {
                words.next().and_then(number).map_or(Self::Unknown, Self::Returned)
            }
            (Some(value), _) => number(value).map_or(Self::Unknown, Self::Returned),
            _ => Self::Unknown,
        }
    }
}

/// The call, if it is one that a map is about; `None` also if its arguments make no sense.
pub(super) fn read(name: &str, args: &str) -> Option<Call> {
    let parts = split(args);
    let value = |index: usize| parts.get(index).copied().and_then(number);
    let (first, second) = (value(0), value(1));
    Some(match name {
        "mmap" => map(&parts)?,
        "munmap" => Call::Unmap { start: first?, length: pages(second?) },
        "mprotect" | "pkey_mprotect" => {
            let bits = value(2)?;
            let (length, down) = (pages(second?), bits & PROT_GROWS_DOWN != 0);
            Call::Protect { start: first?, length, prot: prot(bits), down }
        }
        "mremap" => {
            let flags = value(3)?;
            let (old_length, length) = (pages(second?), pages(value(2)?));
            let (fixed, keep) = (flags & REMAP_FIXED != 0, flags & REMAP_KEEP != 0);
            Call::Remap { old: first?, old_length, length, fixed, keep }
        }
        "brk" => Call::Break { wanted: first? },
        "madvise" => match advised(value(2)?) {
            Some(advice) => Call::Advise { start: first?, length: pages(second?), advice },
            None => Call::Other,
        },
        "setrlimit" | "prlimit64" => Call::Other,
        "mlock" | "mlock2" => {
            let (start, length) = whole(first?, second?);
            Call::Lock { start, length }
        }
        "munlock" => {
            let (start, length) = whole(first?, second?);
            Call::Unlock { start, length }
        }
        "mlockall" => Call::LockAll { now: first? & 1 != 0, future: first? & 2 != 0 },
        "munlockall" => Call::UnlockAll,
        "shmget" => Call::Segment { size: pages(second?) },
        "shmat" => {
            let flags = value(2)?;
            let (read_only, execute) = (flags & 0o10_000 != 0, flags & 0o100_000 != 0);
            Call::Attach { id: first?, read_only, execute }
        }
        "shmdt" => Call::Detach { start: first? },
        "clone" | "clone3" => clone(&parts),
        "fork" => Call::Clone { thread: false, memory: false, stack: None },
        "vfork" => Call::Clone { thread: false, memory: true, stack: None },
        "execve" => Call::Exec { program: program(parts.first()?) },
        "execveat" => Call::Exec { program: program(parts.get(1)?) },
        _ => return None,
    })
}

const PROT_GROWS_DOWN: u64 = 0x100_0000;
const REMAP_FIXED: u64 = 2;
const REMAP_KEEP: u64 = 4;

fn map(parts: &[&str]) -> Option<Call> {
    let &[_, length, bits, flags, file, offset] = parts else { return None };
    let flags = MmapFlags(number(flags)?);
    let backing = match file.split_once('<') {
        Some((_, path)) if !flags.has(MmapFlags::ANONYMOUS) => Backing::File(path.to_owned()),
        // Without a name, the number is as good.
        None if !flags.has(MmapFlags::ANONYMOUS) => Backing::File(file.to_owned()),
        _ => Backing::Anonymous,
    };
    let length = number(length)?.checked_next_multiple_of(flags.unit())?;
    Some(Call::Map { length, prot: prot(number(bits)?), flags, backing, offset: number(offset)? })
}

fn prot(bits: u64) -> Prot {
    [Prot::READ, Prot::WRITE, Prot::EXECUTE]
        .into_iter()
        .filter(|flag| bits & u64::from(flag.bits()) != 0)
        .fold(Prot::NONE, |prot, flag| prot | flag)
}

fn advised(number: u64) -> Option<Advised> {
    Some(match number {
        0 => Advised::Advice(Advice::Normal),
        1 => Advised::Advice(Advice::Random),
        2 => Advised::Advice(Advice::Sequential),
        10 => Advised::Inherit(Inherit::None),
        11 => Advised::Inherit(Inherit::Copy),
        16 => Advised::Advice(Advice::NoCore),
        17 => Advised::Advice(Advice::Core),
        _ => return None,
    })
}

/// The length of whole pages. One that wraps belongs to a call that failed.
fn pages(length: u64) -> u64 {
    length.checked_next_multiple_of(PAGE_SIZE).unwrap_or(0)
}

/// The whole pages that hold a range, as `mlock` has it.
fn whole(start: u64, length: u64) -> (u64, u64) {
    let low = start - start % PAGE_SIZE;
    (low, pages(length.saturating_add(start - low)))
}

/// `clone(child_stack=..., flags=..., ...)`, `clone3({flags=..., stack=..., stack_size=...}, ...)`.
fn clone(parts: &[&str]) -> Call {
    let fields: Vec<&str> = match parts.first().and_then(|part| part.strip_prefix('{')) {
        Some(inner) => split(inner.split('}').next().unwrap_or_default()),
        None => parts.to_vec(),
    };
    let field = |name: &str| {
        let value = fields.iter().find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        value.and_then(number)
    };
    let flags = field("flags").unwrap_or(0);
    let top = match field("stack_size") {
        Some(size) => field("stack").and_then(|low| low.checked_add(size)),
        None => field("child_stack"),
    };
    let stack = top.filter(|top| *top != 0);
    Call::Clone { thread: flags & 0x1_0000 != 0, memory: flags & 0x100 != 0, stack }
}

/// How `shmat` maps segment `id`.
pub(super) fn segment(id: u64, read_only: bool, execute: bool) -> (Prot, Backing) {
    let write = if read_only { Prot::NONE } else { Prot::WRITE };
    let execute = if execute { Prot::EXECUTE } else { Prot::NONE };
    (Prot::READ | write | execute, Backing::File(format!("segment {id}")))
}

/// The last part of the path: the folder says more of the machine than of the program.
fn program(path: &str) -> String {
    let path = path.trim_end_matches("...").trim_matches('"');
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn mappings() {
        let args = "0x7f00, 5000, 0x5, 0x812, 3</usr/lib/libc, the.so>, 0x26000";
        let Some(Call::Map { length, prot, flags, backing, offset }) = read("mmap", args) else {
            panic!("a mapping")
        };
        assert_eq!((length, prot, offset), (8192, Prot::RX, 0x26000));
        assert_eq!(backing, Backing::File("/usr/lib/libc, the.so>".to_owned()));
        assert!(flags.replaces() && flags.fixed() && !flags.shared() && !flags.stack());
        let huge = read("mmap", "NULL, 5000, 0x3, 0x40022, -1, 0");
        let Some(Call::Map { length, backing, .. }) = huge else { panic!("a mapping") };
        assert_eq!((length, backing), (2 << 20, Backing::Anonymous));
        assert!(MmapFlags(0x10_0002).fixed() && !MmapFlags(0x10_0002).replaces());
        assert_eq!(read("mmap", "NULL, 18446744073709551615, 0x3, 0x22, -1, 0"), None);
    }

    #[test]
    fn ranges_are_whole_pages() {
        assert_eq!(read("mlock", "0x1fff, 2"), Some(Call::Lock { start: 0x1000, length: 8192 }));
        assert_eq!(
            read("munmap", "0x7f3c79d95000, 33699"),
            Some(Call::Unmap { start: 0x7f3c_79d9_5000, length: 0x9000 })
        );
        let down = read("mprotect", "0x7ffd1000, 4096, 0x1000007");
        let prot = Prot::ALL;
        assert_eq!(
            down,
            Some(Call::Protect { start: 0x7ffd_1000, length: 4096, prot, down: true })
        );
    }

    #[test]
    fn clones() {
        let thread = "{flags=0x3d0f00, child_tid=0x7f1, exit_signal=0, stack=0x10000, \
                      stack_size=0x2000, tls=0x7f2} => {parent_tid=[28570]}, 88";
        let stack = Some(0x12000);
        assert_eq!(read("clone3", thread), Some(Call::Clone { thread: true, memory: true, stack }));
        let fork = "child_stack=NULL, flags=0x1200000|17, child_tidptr=0x7f68c26f2a10";
        let none = Call::Clone { thread: false, memory: false, stack: None };
        assert_eq!(read("clone", fork), Some(none));
        let old = "child_stack=0x7f00, flags=0x3d0f00, parent_tid=[9], tls=0x1, child_tidptr=0x2";
        let stack = Some(0x7f00);
        assert_eq!(read("clone", old), Some(Call::Clone { thread: true, memory: true, stack }));
    }

    #[test]
    fn what_no_map_keeps() {
        assert_eq!(read("madvise", "0x1000, 4096, 0x4"), Some(Call::Other), "MADV_DONTNEED");
        assert_eq!(read("futex", "0x1000"), None);
        let exec = read("execve", "\"/usr/bin/sh\", [\"sh\", \"-c\"], 0x7ff /* 5 vars */");
        assert_eq!(exec, Some(Call::Exec { program: "sh".to_owned() }));
    }

    #[test]
    fn outcomes() {
        assert_eq!(Outcome::read("0x7f00"), Outcome::Returned(0x7f00));
        assert_eq!(Outcome::read("0 (DELAYED)"), Outcome::Returned(0));
        assert_eq!(Outcome::read("-1 ENOMEM (Cannot allocate memory)"), Outcome::OutOfMemory);
        assert_eq!(Outcome::read("-1 EEXIST (File exists)"), Outcome::Failed);
        assert_eq!(Outcome::read("? ERESTARTNOINTR (To be restarted)"), Outcome::Unknown);
        assert_eq!(Outcome::read("2 /* 9405 in strace's PID NS */"), Outcome::Returned(9405));
    }
}
