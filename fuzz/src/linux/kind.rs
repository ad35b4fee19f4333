//! Kinds of operations, for counting.

use super::LinuxOp;

impl LinuxOp {
    /// The words for the kinds of operations, which traces begin their lines with.
    pub const KINDS: [&'static str; 18] = [
        "reset",
        "mmap",
        "munmap",
        "mprotect",
        "madvise",
        "mlock",
        "munlock",
        "mlockall",
        "munlockall",
        "mremap",
        "setrlimit",
        "load",
        "store",
        "kstore",
        "procmem",
        "vmread",
        "brk",
        "given",
    ];

    /// The place of its kind in [`KINDS`](Self::KINDS).
    #[must_use]
    pub const fn kind(&self) -> usize {
        match self {
            Self::Reset => 0,
            Self::Mmap { .. } | Self::MmapFile { .. } => 1,
            Self::Munmap { .. } => 2,
            Self::Mprotect { .. } => 3,
            Self::Madvise { .. } => 4,
            Self::Mlock { .. } => 5,
            Self::Munlock { .. } => 6,
            Self::Mlockall { .. } => 7,
            Self::Munlockall => 8,
            Self::Mremap { .. } => 9,
            Self::Setrlimit { .. } => 10,
            Self::Load { .. } => 11,
            Self::Store { .. } => 12,
            Self::KernelStore { .. } => 13,
            Self::ProcMem { .. } => 14,
            Self::VmRead { .. } => 15,
            Self::Brk { .. } => 16,
            Self::Given { .. } => 17,
        }
    }
}
