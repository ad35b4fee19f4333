//! What the driver of a live run and its child exchange over two pipes: words of 64 bits.
//!
//! The child is another copy of the same program, or at least of the same version, so the words are
//! in the byte order of the machine and there is no negotiation: [`HELLO`] says that both mean the
//! same.

use growstack::{Addr, AddrRange, Prot, Size};

use super::log::Head;
use super::{
    Advice, Errno, FileTraits, FileView, LinuxAnswer, LinuxOp, MlockFlags, MlockallFlags,
    MmapFlags, MremapFlags, Resource, SegvCode, Shown, Stretch, Vma, VmaFlags,
};

/// The first argument of a program that is to be a child; the second one is where the window ends, and
/// the third one of [`Privileges`](super::live::Privileges).
pub const ARGUMENT: &str = "live-child";

/// The third argument of a child that keeps the capabilities of the program that starts it.
pub const KEPT: &str = "kept";
/// The third argument of a child that runs without capabilities.
pub const DROPPED: &str = "dropped";

/// The first word that a child writes, with the version of what follows.
pub const HELLO: u64 = 0x6c69_7665_0000_0002;

/// Words of an operation.
pub const OP: usize = 7;
/// Words before the operations of a request: how many there are, and [`Every`](super::runner::Every).
pub const REQUEST: usize = 2;
/// Words of an answer before its VMAs: what it is and how many of them there are, and its number.
pub const ANSWER: usize = 2;
/// Words of a VMA.
pub const VMA: usize = 3;
/// The most operations of a request.
pub const MOST_OPS: usize = 1 << 12;
/// The most VMAs of an answer.
pub const MOST_VMAS: usize = 1 << 12;

/// How the child is after it has set itself up: the second word that it writes. The third is the error
/// of the system call that failed, or 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum State {
    /// It has `PROCMAP_QUERY`.
    Quick = 0,
    /// It reads `/proc/self/maps`.
    Slow = 1,
    /// There is no handler for faults.
    NoHandler = 2,
    /// A file of `/proc/self` cannot be opened.
    NoProc = 3,
    /// Its window is not free.
    NoWindow = 4,
}

impl State {
    /// The state with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::Quick),
            1 => Some(Self::Slow),
            2 => Some(Self::NoHandler),
            3 => Some(Self::NoProc),
            4 => Some(Self::NoWindow),
            _ => None,
        }
    }
}

/// An operation in words.
#[must_use]
pub fn encode_op(op: &LinuxOp) -> [u64; OP] {
    let range =
        |kind, addr: Addr, length: Size, more| [kind, addr.get(), length.get(), more, 0, 0, 0];
    let at = |kind, addr: Addr| [kind, addr.get(), 0, 0, 0, 0, 0];
    match *op {
        LinuxOp::Reset => [0; OP],
        LinuxOp::Mmap { addr, length, prot, flags } => {
            [1, addr.get(), length.get(), prot.bits().into(), flags.bits().into(), 0, 0]
        }
        LinuxOp::Munmap { addr, length } => range(2, addr, length, 0),
        LinuxOp::Mprotect { addr, length, prot, stretch } => {
            [3, addr.get(), length.get(), prot.bits().into(), stretch.bits().into(), 0, 0]
        }
        LinuxOp::Madvise { addr, length, advice } => range(4, addr, length, advice.number().into()),
        LinuxOp::Mlock { addr, length, flags } => range(5, addr, length, flags.bits().into()),
        LinuxOp::Munlock { addr, length } => range(6, addr, length, 0),
        LinuxOp::Mlockall { flags } => [7, flags.bits().into(), 0, 0, 0, 0, 0],
        LinuxOp::Munlockall => [8, 0, 0, 0, 0, 0, 0],
        LinuxOp::Mremap { addr, old, new, flags, target } => {
            [9, addr.get(), old.get(), new.get(), flags.bits().into(), target.get(), 0]
        }
        LinuxOp::Setrlimit { resource, limit } => [10, resource.number().into(), limit, 0, 0, 0, 0],
        LinuxOp::Load { addr } => at(11, addr),
        LinuxOp::Store { addr } => at(12, addr),
        LinuxOp::KernelStore { addr } => at(13, addr),
        LinuxOp::ProcMem { addr } => at(14, addr),
        LinuxOp::VmRead { addr } => at(15, addr),
        LinuxOp::MmapFile { addr, length, prot, flags, file } => {
            let flags = u64::from(flags.bits()) | u64::from(prot.bits()) << 32;
            let [number, offset, traits] = encode_file(Some(file));
            [16, addr.get(), length.get(), flags, number, offset, traits]
        }
        LinuxOp::Brk { end } => at(17, end),
        LinuxOp::Given { range, flags, file } => {
            let [number, offset, traits] = encode_file(file);
            let (start, end) = (range.start().get(), range.end().get());
            [18, start, end, flags.bits().into(), number, offset, traits]
        }
    }
}

/// A file in words. The last one says whether there is one.
fn encode_file(file: Option<FileView>) -> [u64; 3] {
    file.map_or([0; 3], |FileView { number, offset, traits }| {
        [number, offset, u64::from(traits.bits()) | 1 << 32]
    })
}

fn decode_file([number, offset, traits]: [u64; 3]) -> Option<Option<FileView>> {
    if traits >> 32 == 0 {
        return (number | offset | traits == 0).then_some(None);
    }
    let traits = FileTraits::from_bits(u32::try_from(traits ^ 1 << 32).ok()?)?;
    Some(Some(FileView { number, offset, traits }))
}

/// The operation that words stand for.
#[must_use]
pub fn decode_op(words: [u64; OP]) -> Option<LinuxOp> {
    let [kind, first, second, third, fourth, fifth, sixth] = words;
    let (addr, length) = (Addr::new(first), Size::new(second));
    let small = |word| u32::try_from(word).ok();
    Some(match kind {
        0 => LinuxOp::Reset,
        1 => LinuxOp::Mmap {
            addr,
            length,
            prot: prot(third)?,
            flags: MmapFlags::from_bits(small(fourth)?)?,
        },
        2 => LinuxOp::Munmap { addr, length },
        3 => LinuxOp::Mprotect {
            addr,
            length,
            prot: prot(third)?,
            stretch: Stretch::from_bits(small(fourth)?)?,
        },
        4 => LinuxOp::Madvise { addr, length, advice: Advice::from_number(small(third)?)? },
        5 => LinuxOp::Mlock { addr, length, flags: MlockFlags::from_bits(small(third)?)? },
        6 => LinuxOp::Munlock { addr, length },
        7 => LinuxOp::Mlockall { flags: MlockallFlags::from_bits(small(first)?)? },
        8 => LinuxOp::Munlockall,
        9 => LinuxOp::Mremap {
            addr,
            old: length,
            new: Size::new(third),
            flags: MremapFlags::from_bits(small(fourth)?)?,
            target: Addr::new(fifth),
        },
        10 => LinuxOp::Setrlimit { resource: Resource::from_number(small(first)?)?, limit: second },
        11 => LinuxOp::Load { addr },
        12 => LinuxOp::Store { addr },
        13 => LinuxOp::KernelStore { addr },
        14 => LinuxOp::ProcMem { addr },
        15 => LinuxOp::VmRead { addr },
        16 => LinuxOp::MmapFile {
            addr,
            length,
            prot: prot(third >> 32)?,
            flags: MmapFlags::from_bits(small(third & 0xffff_ffff)?)?,
            file: decode_file([fourth, fifth, sixth])??,
        },
        17 => LinuxOp::Brk { end: addr },
        18 => LinuxOp::Given {
            range: AddrRange::new(addr, Addr::new(second))?,
            flags: VmaFlags::from_bits(small(third)?)?,
            file: decode_file([fourth, fifth, sixth])?,
        },
        _ => return None,
    })
}

fn prot(word: u64) -> Option<Prot> {
    let bits = u8::try_from(word).ok()?;
    Some(Prot::from_bits_truncate(bits)).filter(|prot| prot.bits() == bits)
}

/// The beginning of an answer in words.
#[must_use]
pub fn encode_head(head: &Head) -> [u64; ANSWER] {
    let (kind, number) = match head.answer {
        LinuxAnswer::Value(value) => (0, value),
        LinuxAnswer::Failed(Errno(errno)) => (1, errno.into()),
        LinuxAnswer::Done => (2, 0),
        LinuxAnswer::Segv(code) => (3, u64::from(code.number().cast_unsigned())),
        LinuxAnswer::Unsupported => (4, 0),
    };
    let all = u64::from(head.shown == Shown::ALL);
    [kind | all << 8 | (head.vmas as u64) << 16, number]
}

/// The beginning of an answer that words stand for.
#[must_use]
pub fn decode_head(words: [u64; ANSWER]) -> Option<Head> {
    let [head, number] = words;
    let answer = match head & 0xff {
        0 => LinuxAnswer::Value(number),
        1 => LinuxAnswer::Failed(Errno(number.try_into().ok()?)),
        2 => LinuxAnswer::Done,
        3 => LinuxAnswer::Segv(SegvCode::from_number(i32::try_from(number).ok()?)?),
        4 => LinuxAnswer::Unsupported,
        _ => return None,
    };
    let shown = match head >> 8 & 0xff {
        0 => Shown::MAPS,
        1 => Shown::ALL,
        _ => return None,
    };
    let vmas = usize::try_from(head >> 16).ok().filter(|&vmas| vmas <= MOST_VMAS)?;
    Some(Head { answer, vmas, shown })
}

/// A VMA in words.
#[must_use]
pub fn encode_vma(vma: &Vma) -> [u64; VMA] {
    let Vma { range, flags, key } = *vma;
    [range.start().get(), range.end().get(), u64::from(flags.bits()) | u64::from(key) << 32]
}

/// The VMA that words stand for.
#[must_use]
pub fn decode_vma(words: [u64; VMA]) -> Option<Vma> {
    let [start, end, attributes] = words;
    Some(Vma {
        range: AddrRange::new(Addr::new(start), Addr::new(end))?,
        flags: VmaFlags::from_bits(u32::try_from(attributes & 0xffff_ffff).ok()?)?,
        key: u8::try_from(attributes >> 32).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words in which each field has a number of its own that it can have.
    fn words(kind: u64) -> [u64; OP] {
        match kind {
            1 => [1, 0x1234, 0x5678, 3, 0x2_0100, 0, 0],
            3 => [3, 0x1234, 0x5678, 5, 0x100_0000, 0, 0],
            4 => [4, 0x1234, 0x5678, 102, 0, 0, 0],
            5 => [5, 0x1234, 0x5678, 1, 0, 0, 0],
            2 | 6 => [kind, 0x1234, 0x5678, 0, 0, 0, 0],
            7 => [7, 6, 0, 0, 0, 0, 0],
            9 => [9, 0x1234, 0x5678, 0x9abc, 3, 0xdef0, 0],
            10 => [10, 8, u64::MAX, 0, 0, 0, 0],
            0 | 8 => [kind, 0, 0, 0, 0, 0, 0],
            16 => [16, 0x1234, 0x5678, 5 << 32 | 0x10, 7, 0x3000, 1 << 32 | 3],
            18 => [18, 0x1000, 0x3000, 0x7, 7, 0x3000, 1 << 32],
            _ => [kind, 0x1234, 0, 0, 0, 0, 0],
        }
    }

    #[test]
    fn every_operation_survives_the_pipe() {
        for kind in 0..19 {
            let op = decode_op(words(kind)).expect("a kind of operation");
            assert_eq!(encode_op(&op), words(kind), "{op:?}");
        }
        assert_eq!(decode_op(words(19)), None);
        assert_eq!(decode_op([7, 1 << 40, 0, 0, 0, 0, 0]), None);
        assert_eq!(decode_op([4, 0, 0, 5, 0, 0, 0]), None);
    }

    #[test]
    fn every_answer_survives_the_pipe() {
        let answers = [
            LinuxAnswer::Value(u64::MAX),
            LinuxAnswer::Failed(Errno::EFAULT),
            LinuxAnswer::Done,
            LinuxAnswer::Segv(SegvCode::PkuErr),
            LinuxAnswer::Unsupported,
        ];
        for (vmas, answer) in answers.into_iter().enumerate() {
            let shown = if vmas % 2 == 0 { Shown::ALL } else { Shown::MAPS };
            let head = Head { answer, vmas, shown };
            assert_eq!(decode_head(encode_head(&head)), Some(head));
        }
        assert_eq!(decode_head([3, 77]), None);
        let range = AddrRange::new(Addr::new(0x1000), Addr::new(0x3000)).expect("a range");
        let vma = Vma { range, flags: VmaFlags::all(), key: 15 };
        assert_eq!(decode_vma(encode_vma(&vma)), Some(vma));
        assert_eq!(decode_vma([0x3000, 0x1000, 0]), None);
    }
}
