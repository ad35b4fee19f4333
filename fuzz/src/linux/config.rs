//! What a sequence of operations starts from: all that the rules ask of a machine.

use bitflags::bitflags;
use growstack::{Addr, AddrRange, Size};

use super::op::Resource;
use super::rules::{Rules, Version};
use super::words::comma_words;

/// What is probed of a kernel, and the process as it starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinuxConfig {
    /// The version of the kernel.
    pub version: Version,
    /// Which rules it has: [`Rules::of`] the version, unless a distributor has changed it.
    pub rules: Rules,
    /// The only addresses at which anything is free: everything else is mapped, not growable and
    /// without access.
    pub window: AddrRange,
    /// `stack_guard_gap`, in bytes.
    pub gap: Size,
    /// The lowest address of growth, and of mappings that are placed by the kernel: the greater one of
    /// `vm.mmap_min_addr` and what the security modules add.
    pub min: Addr,
    /// `vm.mmap_min_addr`: the lowest address of a fixed mapping without `CAP_SYS_RAWIO`.
    pub fixed_min: Addr,
    /// Does the CPU have protection keys?
    pub keys: bool,
    /// What the process may do.
    pub capabilities: Capabilities,
    /// The soft limits at the start, and after [`LinuxOp::Reset`](super::LinuxOp::Reset).
    pub soft: LinuxLimits,
    /// The hard limits.
    pub hard: LinuxLimits,
    /// `vm.overcommit_memory`.
    pub overcommit: Overcommit,
    /// RAM and swap, in pages: what one step may commit with [`Overcommit::Heuristic`].
    pub committable: u64,
    /// Are transparent huge pages built in?
    pub huge_pages: bool,
    /// Pages mapped outside the window, which count against `RLIMIT_AS`.
    pub base_pages: u64,
    /// Pages of data outside the window, which count against `RLIMIT_DATA`.
    pub base_data: u64,
    /// How a program is laid out in the window, if there is one.
    pub program: Option<Program>,
}

/// How a program is laid out that `execve` has started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Program {
    /// Where the search for space begins, from the top down: `mmap_base`.
    pub top: Addr,
    /// Where the heap begins.
    pub heap: Addr,
    /// Where the heap ends at the start.
    pub brk: Addr,
    /// The program's own data, in bytes, which counts with the heap against `RLIMIT_DATA`.
    pub data: Size,
}

impl Default for LinuxConfig {
    /// Linux 6.18.44 with the settings that it boots with, for an ordinary user on a machine of 16 GiB,
    /// and a window of 16 MiB at the lowest addresses.
    fn default() -> Self {
        let version = Version { major: 6, minor: 18, patch: 44 };
        let limits = LinuxLimits { stack: 8 << 20, memlock: 8 << 20, ..LinuxLimits::NONE };
        Self {
            version,
            rules: Rules::of(version),
            window: WINDOW,
            gap: Size::pages(256),
            min: Addr::new(0x1_0000),
            fixed_min: Addr::new(0x1000),
            keys: true,
            capabilities: Capabilities::empty(),
            soft: limits,
            hard: LinuxLimits { stack: u64::MAX, ..limits },
            overcommit: Overcommit::Heuristic,
            committable: 4 << 20,
            huge_pages: true,
            base_pages: 0,
            base_data: 0,
            program: None,
        }
    }
}

/// The window of a configuration that nothing was said of.
const WINDOW: AddrRange = match AddrRange::new(Addr::ZERO, Addr::new(16 << 20)) {
    Some(range) => range,
    None => AddrRange::ALL,
};

bitflags! {
    /// Capabilities that the rules ask for.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Capabilities: u32 {
        /// `CAP_IPC_LOCK`: may lock memory without limit.
        const IPC_LOCK = 1;
        /// `CAP_SYS_RAWIO`: may map at the lowest addresses.
        const SYS_RAWIO = 1 << 1;
    }
}

comma_words!(Capabilities);

/// Resource limits, in bytes; `u64::MAX` is none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LinuxLimits {
    /// `RLIMIT_STACK`.
    pub stack: u64,
    /// `RLIMIT_AS`.
    pub address_space: u64,
    /// `RLIMIT_DATA`.
    pub data: u64,
    /// `RLIMIT_MEMLOCK`.
    pub memlock: u64,
}

impl LinuxLimits {
    /// No limit at all.
    pub const NONE: Self =
        Self { stack: u64::MAX, address_space: u64::MAX, data: u64::MAX, memlock: u64::MAX };

    /// The limit on a resource.
    #[must_use]
    pub const fn get(&self, resource: Resource) -> u64 {
        match resource {
            Resource::Stack => self.stack,
            Resource::As => self.address_space,
            Resource::Data => self.data,
            Resource::Memlock => self.memlock,
        }
    }

    /// Sets the limit on a resource.
    pub const fn set(&mut self, resource: Resource, limit: u64) {
        *match resource {
            Resource::Stack => &mut self.stack,
            Resource::As => &mut self.address_space,
            Resource::Data => &mut self.data,
            Resource::Memlock => &mut self.memlock,
        } = limit;
    }
}

/// `vm.overcommit_memory`. That of 2 is not among them: growth would starve the machine there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(u8)]
pub enum Overcommit {
    /// 0: what is more than RAM and swap at once is refused.
    #[default]
    Heuristic = 0,
    /// 1: nothing is refused.
    Always = 1,
}
