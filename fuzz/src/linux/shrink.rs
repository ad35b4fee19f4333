//! What makes an operation plainer.

use growstack::{Addr, PAGE_SIZE as PAGE, Prot, Size};

use super::op::{LinuxOp, MlockFlags, MmapFlags, Stretch};

/// Changes to try on each operation of a sequence that fails.
pub(super) const PLAINER: &[fn(&mut LinuxOp)] = &[
    |op| {
        if let Some(addr) = op.addr_mut() {
            *addr = Addr::new(addr.get() & !(PAGE - 1));
        }
    },
    |op| {
        if let Some(length) = length(op) {
            *length = Size::new(PAGE);
        }
    },
    |op| {
        if let Some(length) = length(op) {
            *length = Size::new((length.get() / 2).next_multiple_of(PAGE));
        }
    },
    |op| {
        if let Some(length) = length(op) {
            *length = Size::new(length.get().saturating_sub(PAGE).max(PAGE).next_multiple_of(PAGE));
        }
    },
    |op| {
        if let LinuxOp::Mmap { prot, .. } | LinuxOp::Mprotect { prot, .. } = op {
            *prot = Prot::RW;
        }
    },
    |op| {
        if let LinuxOp::Mmap { flags, .. } = op {
            *flags &= MmapFlags::FIXED | MmapFlags::GROWSDOWN;
        }
    },
    |op| without(op, MmapFlags::LOCKED),
    |op| without(op, MmapFlags::NORESERVE),
    |op| without(op, MmapFlags::POPULATE),
    |op| without(op, MmapFlags::STACK),
    |op| without(op, MmapFlags::GROWSDOWN),
    |op| {
        if let LinuxOp::Mmap { flags, .. } = op
            && flags.contains(MmapFlags::FIXED_NOREPLACE)
        {
            *flags = (*flags - MmapFlags::FIXED_NOREPLACE) | MmapFlags::FIXED;
        }
    },
    |op| {
        if let LinuxOp::Mprotect { stretch, .. } = op {
            *stretch = Stretch::empty();
        }
    },
    |op| {
        if let LinuxOp::Mlock { flags, .. } = op {
            *flags = MlockFlags::empty();
        }
    },
    |op| {
        if let LinuxOp::Setrlimit { limit, .. } = op {
            *limit = u64::MAX;
        }
    },
    // What the kernel does for a process, the process may do as well.
    |op| {
        if let LinuxOp::KernelStore { addr } = *op {
            *op = LinuxOp::Store { addr };
        }
    },
    |op| {
        if let LinuxOp::ProcMem { addr } = *op {
            *op = LinuxOp::Load { addr };
        }
    },
];

fn without(op: &mut LinuxOp, flag: MmapFlags) {
    if let LinuxOp::Mmap { flags, .. } = op {
        *flags -= flag;
    }
}

impl LinuxOp {
    /// The address that it is about.
    #[must_use]
    pub fn addr(mut self) -> Option<Addr> {
        self.addr_mut().copied()
    }

    fn addr_mut(&mut self) -> Option<&mut Addr> {
        match self {
            Self::Mmap { addr, .. }
            | Self::MmapFile { addr, .. }
            | Self::Munmap { addr, .. }
            | Self::Mprotect { addr, .. }
            | Self::Madvise { addr, .. }
            | Self::Mlock { addr, .. }
            | Self::Munlock { addr, .. }
            | Self::Mremap { addr, .. }
            | Self::Load { addr }
            | Self::Store { addr }
            | Self::KernelStore { addr }
            | Self::ProcMem { addr }
            | Self::VmRead { addr } => Some(addr),
            Self::Reset
            | Self::Mlockall { .. }
            | Self::Munlockall
            | Self::Setrlimit { .. }
            | Self::Brk { .. }
            | Self::Given { .. } => None,
        }
    }
}

/// The length of its range; of a `mremap` the length afterwards.
fn length(op: &mut LinuxOp) -> Option<&mut Size> {
    match op {
        LinuxOp::Mmap { length, .. }
        | LinuxOp::MmapFile { length, .. }
        | LinuxOp::Munmap { length, .. }
        | LinuxOp::Mprotect { length, .. }
        | LinuxOp::Madvise { length, .. }
        | LinuxOp::Mlock { length, .. }
        | LinuxOp::Munlock { length, .. }
        | LinuxOp::Mremap { new: length, .. } => Some(length),
        _ => None,
    }
}
