//! Resource limits of a process and the tunables of the system (rules 1.2 and 1.4).

use core::num::NonZeroU64;

use crate::num::{Addr, Size};

/// What `setrlimit(2)` and the swap accounting allow, each in bytes (rule 1.4).
///
/// Limits compare with "greater than"; a change never touches existing entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Limits {
    /// `RLIMIT_STACK`: how far the main stack may grow.
    pub stack: Size,
    /// `RLIMIT_VMEM`: how much may be mapped in all.
    pub vmem: Size,
    /// `RLIMIT_MEMLOCK`: how much may be wired when growth wires what it adds.
    pub memlock: Size,
    /// How much swap may be reserved.
    pub swap: Size,
}

impl Limits {
    /// `RLIM_INFINITY`, what `inf` means for stack, vmem and memlock: 2^63 - 1 bytes.
    pub const INFINITY: Size = Size::new((1 << 63) - 1);

    /// No limit at all.
    pub const UNLIMITED: Self = Self {
        stack: Self::INFINITY,
        vmem: Self::INFINITY,
        memlock: Self::INFINITY,
        swap: Size::MAX,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::UNLIMITED
    }
}

/// How stacks grow: what FreeBSD keeps in `sysctl`s and in the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct StackTunables {
    /// `sgrowsiz`: the first mapping of a stack and the step of its growth, in bytes. The real
    /// kernel divides by it (rule 15.9). Whole pages, in any sound configuration: the default suits
    /// pages of up to 128 KiB.
    pub sgrowsiz: NonZeroU64,
    /// `security.bsd.stack_guard_page`: leave a page free where growth is cut by a neighbour.
    pub guard_page: bool,
    /// `vm_maxsaddr`: addresses at or above it belong to the stack of the main thread, whose
    /// growth the stack limit governs (rule 13.7).
    pub maxsaddr: Addr,
}

impl Default for StackTunables {
    /// What FreeBSD/amd64 boots with: 128 KiB steps, no guard page, a 512 MiB main stack below
    /// 0x7ffffffff000.
    fn default() -> Self {
        const STEP: NonZeroU64 = NonZeroU64::new(0x2_0000).unwrap();
        Self { sgrowsiz: STEP, guard_page: false, maxsaddr: Addr::new(0x7fff_dfff_f000) }
    }
}
