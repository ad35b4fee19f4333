//! Random operations of Linux.
//!
//! Each is drawn for the process as the oracle has it by then, so that it is near what decides: at the
//! ends of VMAs, at their distance by a guard gap and a few pages to either side, at limits. The windows
//! are small and stay so: from some ten VMAs on, more is unmapped than mapped.

mod limit;
mod place;
mod touch;
mod view;

use growstack::{Addr, Prot, Size};

pub use view::View;

use super::{Advice, LinuxOp, MlockFlags, MlockallFlags, MmapFlags, MremapFlags, Stretch};
use crate::input::Choices;

/// Bytes that an operation is drawn from: more than any takes.
pub const BYTES: usize = 20;

/// From this many VMAs on, they are to get fewer.
const MANY: usize = 10;
/// Up to this many, they are to get more.
const FEW: usize = 3;

/// The advice that is drawn: what changes a VMA, or what becomes of touches. With huge pages a load writes.
const DRAWN: &[Advice] = &[
    Advice::Normal,
    Advice::Random,
    Advice::Sequential,
    Advice::DontNeed,
    Advice::Free,
    Advice::DontFork,
    Advice::DoFork,
    Advice::DontDump,
    Advice::DoDump,
    Advice::WipeOnFork,
    Advice::KeepOnFork,
    Advice::PopulateRead,
    Advice::PopulateWrite,
    Advice::GuardInstall,
    Advice::GuardRemove,
];

/// Draws an operation.
pub fn operation(view: &View<'_>, bytes: &mut impl Choices) -> LinuxOp {
    let weights = match view.vmas.len() {
        ..=FEW => [60, 4, 10, 12, 3, 2, 1, 1, 5, 5, 60],
        MANY.. => [16, 40, 10, 10, 3, 2, 1, 1, 6, 4, 60],
        _ => [36, 14, 14, 14, 5, 3, 1, 1, 8, 6, 70],
    };
    match bytes.weighted(&weights) {
        0 => mmap(view, bytes),
        1 => munmap(view, bytes),
        2 => mprotect(view, bytes),
        3 => madvise(view, bytes),
        4 => {
            let (addr, length) = addressed(place::range(view, bytes));
            let flags =
                bytes.pick(&[MlockFlags::empty(), MlockFlags::empty(), MlockFlags::ONFAULT]);
            LinuxOp::Mlock { addr, length, flags }
        }
        5 => {
            let (addr, length) = addressed(place::range(view, bytes));
            LinuxOp::Munlock { addr, length }
        }
        6 => {
            let future = MlockallFlags::FUTURE;
            let odd = [MlockallFlags::empty(), MlockallFlags::ONFAULT, MlockallFlags::UNKNOWN];
            let flags = match bytes.weighted(&[4, 3, 1]) {
                0 => future,
                1 => future | MlockallFlags::ONFAULT,
                _ => bytes.pick(&odd),
            };
            LinuxOp::Mlockall { flags }
        }
        7 => LinuxOp::Munlockall,
        8 => mremap(view, bytes),
        9 => limit::limit(view, bytes),
        _ => touch::touch(view, bytes),
    }
}

fn addressed((addr, length): (u64, u64)) -> (Addr, Size) {
    (Addr::new(addr), Size::new(length))
}

fn mmap(view: &View<'_>, bytes: &mut impl Choices) -> LinuxOp {
    let mut flags = MmapFlags::empty();
    if !bytes.one_in(2) {
        flags |= MmapFlags::GROWSDOWN;
    }
    let grows = flags.contains(MmapFlags::GROWSDOWN);
    let more = [
        (MmapFlags::NORESERVE, if grows { 12 } else { 5 }),
        (MmapFlags::LOCKED, 24),
        (MmapFlags::POPULATE, 24),
        (MmapFlags::STACK, 12),
    ];
    for (flag, one_in) in more {
        flags.set(flag, bytes.one_in(one_in));
    }
    // What grows is accounted, as a rule: only then does its growth leave nothing behind.
    let prot = if grows && !bytes.one_in(4) { Prot::RW } else { prot(bytes) };
    if bytes.one_in(4)
        && let Some((addr, length, grows)) = place::hole(view, bytes)
    {
        flags.set(MmapFlags::GROWSDOWN, grows);
        let (addr, length) = addressed((addr, length));
        // As a rule another one than its neighbours have, with which it would merge at once.
        let prot = bytes.pick(&[Prot::ALL, Prot::WRITE, Prot::RW, Prot::READ]);
        return LinuxOp::Mmap { addr, length, prot, flags: flags | MmapFlags::FIXED };
    }
    let length = place::length(bytes);
    let addr = match bytes.weighted(&[8, 2, 3, 2]) {
        0 => {
            flags |= MmapFlags::FIXED;
            place::place(view, length, bytes)
        }
        1 => {
            flags |= MmapFlags::FIXED_NOREPLACE;
            place::place(view, length, bytes)
        }
        2 => place::place(view, length, bytes),
        _ => 0,
    };
    // Not aligned, which only a fixed one minds.
    let addr = if bytes.one_in(50) { addr | 1 } else { addr };
    LinuxOp::Mmap { addr: Addr::new(addr), length: Size::new(length), prot, flags }
}

fn prot(bytes: &mut impl Choices) -> Prot {
    match bytes.weighted(&[10, 3, 3, 2, 1, 1]) {
        0 => Prot::RW,
        1 => Prot::READ,
        2 => Prot::NONE,
        3 => Prot::EXECUTE,
        4 => Prot::WRITE,
        _ => Prot::ALL,
    }
}

fn munmap(view: &View<'_>, bytes: &mut impl Choices) -> LinuxOp {
    let (mut addr, mut length) = place::range(view, bytes);
    if view.vmas.len() >= MANY && bytes.one_in(3) {
        // Of several at once.
        length = bytes.below(view.end() / 2).min(view.end() - addr);
    }
    if bytes.one_in(64) {
        addr |= 1;
        length = length.min(view.end() - addr);
    }
    LinuxOp::Munmap { addr: Addr::new(addr), length: Size::new(length) }
}

fn mprotect(view: &View<'_>, bytes: &mut impl Choices) -> LinuxOp {
    if bytes.one_in(3)
        && let Some((addr, length, prot)) = place::like_neighbour(view, bytes)
    {
        let ((addr, length), stretch) = (addressed((addr, length)), Stretch::empty());
        return LinuxOp::Mprotect { addr, length, prot, stretch };
    }
    let (addr, length) = addressed(place::range(view, bytes));
    let stretch = match bytes.weighted(&[24, 6, 1, 1]) {
        0 => Stretch::empty(),
        1 => Stretch::GROWSDOWN,
        2 => Stretch::GROWSUP,
        _ => Stretch::all(),
    };
    LinuxOp::Mprotect { addr, length, prot: prot(bytes), stretch }
}

fn madvise(view: &View<'_>, bytes: &mut impl Choices) -> LinuxOp {
    let (addr, length) = addressed(place::range(view, bytes));
    let mut advice = bytes.pick(DRAWN);
    if bytes.one_in(8) {
        // What makes touches of mapped pages fail.
        advice = Advice::GuardInstall;
    }
    LinuxOp::Madvise { addr, length, advice }
}

fn mremap(view: &View<'_>, bytes: &mut impl Choices) -> LinuxOp {
    let (addr, old) = place::range(view, bytes);
    let new = match bytes.weighted(&[4, 3, 3, 1]) {
        0 => old,
        1 => old + (1 + bytes.below(4)) * view::PAGE,
        2 => old.saturating_sub((1 + bytes.below(4)) * view::PAGE),
        _ => place::length(bytes),
    };
    let (may_move, fixed) = (MremapFlags::MAYMOVE, MremapFlags::MAYMOVE | MremapFlags::FIXED);
    let flags = match bytes.weighted(&[4, 6, 6, 2, 1]) {
        0 => MremapFlags::empty(),
        1 => may_move,
        2 => fixed,
        3 => may_move | MremapFlags::DONTUNMAP,
        _ => fixed | MremapFlags::DONTUNMAP,
    };
    // Only of the same length is anything left.
    let new = if flags.contains(MremapFlags::DONTUNMAP) && !bytes.one_in(8) { old } else { new };
    let target = place::place(view, new.next_multiple_of(view::PAGE), bytes);
    let (addr, target) = (Addr::new(addr), Addr::new(target));
    LinuxOp::Mremap { addr, old: Size::new(old), new: Size::new(new), flags, target }
}
