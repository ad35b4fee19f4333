//! System calls: their arguments, and the errors that the engine's refusals stand for.

use growstack::{
    Addr, FindRequest, Holes, Inherit, MapFlags, Mapping, Prot, ProtectPart, ProtectWhat, Refusal,
    Size, Wiring,
};

use super::{Call, EngineSpace, PAGE};
use crate::linux::Errno;
use crate::linux::op::{Advice, LinuxOp, MlockallFlags, MmapFlags, Stretch};

impl<const B: usize> EngineSpace<B> {
    pub(super) fn call(&mut self, op: &LinuxOp) -> Call {
        match *op {
            LinuxOp::Reset => {
                *self = Self::new(&self.config);
                Ok(0)
            }
            LinuxOp::Mmap { addr, length, prot, flags } => self.mmap(addr, length, prot, flags),
            LinuxOp::Munmap { addr, length } => self.munmap(addr, length),
            LinuxOp::Mprotect { addr, length, prot, stretch } => {
                self.mprotect(addr, length, prot, stretch)
            }
            LinuxOp::Madvise { addr, length, advice } => self.madvise(addr, length, advice),
            LinuxOp::Mlock { addr, length, .. } => self.mlock(addr, length),
            LinuxOp::Munlock { addr, length } => self.munlock(addr, length),
            LinuxOp::Mlockall { flags } => self.mlockall(flags),
            LinuxOp::Munlockall => {
                let map = self.space.map_mut();
                map.set_wire_future(false);
                let (min, max) = (map.min(), map.max());
                done(map.unwire(min, max, Wiring::User, Holes::Allowed, |_| ()))
            }
            LinuxOp::Setrlimit { resource, limit } => {
                self.soft.set(resource, limit.min(self.config.hard.get(resource)));
                self.set_limits();
                Ok(0)
            }
            LinuxOp::KernelStore { addr } => self.kernel_store(addr),
            LinuxOp::ProcMem { addr } => self.proc_mem(addr),
            LinuxOp::VmRead { addr } => self.vm_read(addr),
            // Those that it does not have, and those that answer otherwise.
            LinuxOp::Mremap { .. }
            | LinuxOp::MmapFile { .. }
            | LinuxOp::Brk { .. }
            | LinuxOp::Given { .. }
            | LinuxOp::Load { .. }
            | LinuxOp::Store { .. } => Err(Errno::ENOSYS),
        }
    }

    fn mmap(&mut self, addr: Addr, length: Size, prot: Prot, flags: MmapFlags) -> Call {
        if length == Size::ZERO {
            return Err(Errno::EINVAL);
        }
        let length = whole(length).ok_or(Errno::ENOMEM)?;
        if flags.is_fixed() && !is_aligned(addr) {
            return Err(Errno::EINVAL);
        }
        let given = [
            (MmapFlags::GROWSDOWN, MapFlags::GROWS_DOWN),
            (MmapFlags::NORESERVE, MapFlags::ACC_NO_CHARGE),
            (MmapFlags::FIXED_NOREPLACE, MapFlags::EXCL),
        ];
        let mut asked = MapFlags::NONE;
        for (flag, ask) in given {
            if flags.contains(flag) {
                asked |= ask;
            }
        }
        let mapping = Mapping { flags: asked, ..Mapping::anonymous(prot) };
        let locked = flags.contains(MmapFlags::LOCKED);
        let future = self.space.map().wire_future();
        self.space.map_mut().set_wire_future(future || locked);
        let mapped = if flags.is_fixed() {
            self.space.fixed(addr, length, mapping, |_| ()).map(|()| addr)
        } else {
            self.space.find(FindRequest::any(addr, length), mapping, |_| ())
        };
        self.space.map_mut().set_wire_future(future);
        let start = mapped.map_err(|refusal| match refusal {
            Refusal::LockLimit { .. } if locked && !self.may_lock_at_all() => Errno::EPERM,
            refusal => errno(&refusal),
        })?;
        if flags.contains(MmapFlags::POPULATE) && prot.contains(Prot::WRITE) {
            self.kernel_store(start)?;
        }
        Ok(start.get())
    }

    fn munmap(&mut self, addr: Addr, length: Size) -> Call {
        let end = whole(length).and_then(|length| addr.checked_add(length));
        let end = end.filter(|&end| is_aligned(addr) && end != addr).ok_or(Errno::EINVAL)?;
        done(self.space.map_mut().remove(addr, end, |_| ()))
    }

    fn mprotect(&mut self, addr: Addr, length: Size, prot: Prot, stretch: Stretch) -> Call {
        if stretch == Stretch::all() || !is_aligned(addr) {
            return Err(Errno::EINVAL);
        }
        let end = whole(length).and_then(|length| addr.checked_add(length));
        let end = end.ok_or(Errno::ENOMEM)?;
        let what = if stretch.contains(Stretch::GROWSDOWN) {
            ProtectWhat::GrowsDown(ProtectPart::Current)
        } else {
            ProtectWhat::Current
        };
        if stretch.contains(Stretch::GROWSUP) && end != addr {
            // Nothing grows up.
            let mapped = self.space.map().contains(addr);
            return Err(if mapped { Errno::EINVAL } else { Errno::ENOMEM });
        }
        done(self.space.map_mut().protect(addr, end, prot, what, |_| ()))
    }

    fn madvise(&mut self, addr: Addr, length: Size, advice: Advice) -> Call {
        let end = whole(length).and_then(|length| addr.checked_add(length));
        let end = end.filter(|_| is_aligned(addr)).ok_or(Errno::EINVAL)?;
        let (start, map) = (addr.get(), self.space.map_mut());
        let mut advise = |advice| done(map.advise(addr, end, advice));
        match advice {
            Advice::Normal => advise(growstack::Advice::Normal),
            Advice::Sequential => advise(growstack::Advice::Sequential),
            Advice::Random => advise(growstack::Advice::Random),
            Advice::DontDump => advise(growstack::Advice::NoCore),
            Advice::DoDump => advise(growstack::Advice::Core),
            Advice::DontFork => done(map.inherit(addr, end, Inherit::None)),
            Advice::WipeOnFork => done(map.inherit(addr, end, Inherit::Zero)),
            Advice::DoFork | Advice::KeepOnFork => done(map.inherit(addr, end, Inherit::Copy)),
            Advice::PopulateRead => self.touch_all(start, end.get(), Prot::READ),
            Advice::PopulateWrite => self.touch_all(start, end.get(), Prot::WRITE),
            _ => Err(Errno::ENOSYS),
        }
    }

    /// L67: the limit is asked before, and counts what is locked already once.
    fn mlock(&mut self, addr: Addr, length: Size) -> Call {
        if !self.may_lock_at_all() {
            return Err(Errno::EPERM);
        }
        let (start, end) = pages_around(addr, length).ok_or(Errno::EINVAL)?;
        let locked =
            |flags: growstack::EntryFlags| flags.contains(growstack::EntryFlags::USER_WIRED);
        let again = self.touched(start, end).filter(|&(.., flags)| locked(flags));
        let again: u64 = again.map(|(start, end, ..)| end - start).sum();
        let sum = self.space.map().wired_pages() + (end - start - again) / PAGE;
        if !self.locks_without_limit() && self.soft.memlock / PAGE < sum {
            return Err(Errno::ENOMEM);
        }
        let (start, end, map) = (Addr::new(start), Addr::new(end), self.space.map_mut());
        done(map.wire(start, end, Wiring::User, Holes::Refused, |_| ()))
    }

    fn munlock(&mut self, addr: Addr, length: Size) -> Call {
        let (start, end) = pages_around(addr, length).ok_or(Errno::EINVAL)?;
        let (start, end, map) = (Addr::new(start), Addr::new(end), self.space.map_mut());
        done(map.unwire(start, end, Wiring::User, Holes::Refused, |_| ()))
    }

    /// L68. Only what is mapped from now on: the machine does not have the rest.
    fn mlockall(&mut self, flags: MlockallFlags) -> Call {
        if flags != MlockallFlags::FUTURE {
            return Err(Errno::EINVAL);
        }
        if !self.may_lock_at_all() {
            return Err(Errno::EPERM);
        }
        self.space.map_mut().set_wire_future(true);
        Ok(0)
    }
}

fn done(answer: Result<(), Refusal>) -> Call {
    answer.map(|()| 0).map_err(|refusal| errno(&refusal))
}

/// What a refusal is to the process.
fn errno(refusal: &Refusal) -> Errno {
    match refusal {
        Refusal::OutsideMap { .. } => Errno::EPERM, // L31
        Refusal::StartMapped { .. } | Refusal::NextBelowEnd { .. } => Errno::EEXIST,
        Refusal::LockLimit { .. } => Errno::EAGAIN,
        Refusal::NotGrowing { .. } => Errno::EINVAL,
        Refusal::NoGap { .. }
        | Refusal::AddressSpace { .. }
        | Refusal::Swap { .. }
        | Refusal::ProtectSwap { .. }
        | Refusal::StartUnmapped { .. }
        | Refusal::Hole { .. }
        | Refusal::NoAccess { .. } => Errno::ENOMEM,
        _ => Errno::ENOSYS,
    }
}

fn whole(length: Size) -> Option<Size> {
    length.get().checked_next_multiple_of(PAGE).map(Size::new)
}

fn is_aligned(addr: Addr) -> bool {
    addr.get().is_multiple_of(PAGE)
}

/// The pages that a range touches.
fn pages_around(addr: Addr, length: Size) -> Option<(u64, u64)> {
    let end = addr.checked_add(length)?.get().checked_next_multiple_of(PAGE)?;
    Some((addr.get() & !(PAGE - 1), end))
}
