//! The oracle of Linux: a sorted `Vec` of VMAs, written rule by rule from `docs/linux.md`.
//!
//! Every operation is a pass or two over the list; nothing is kept that can be counted. What nobody can
//! see of a VMA decides what it merges with: whether it has been written, and where its pages are
//! counted from. Both are here as the rules have them.
//!
//! Growth is in `growth.rs`, from its first check to its last. One file for each idea: the list, limits,
//! growth, places for mappings, splitting and merging, what has been written, and then a file for each
//! system call that has more than one rule.

mod advise;
mod anon;
mod branch;
mod brk;
mod given;
mod growth;
mod limits;
mod lock;
mod merge;
mod mmap;
mod place;
mod protect;
mod remap;
mod state;
mod touch;

pub use branch::Branch;

use growstack::PAGE_SIZE as PAGE;

use super::answer::{Errno, LinuxAnswer};
use super::config::LinuxConfig;
use super::op::LinuxOp;
use super::vma::Vma;
use state::State;

/// What a system call answers.
type Call = Result<u64, Errno>;

/// The address space of a process by the rules of Linux.
///
/// ```
/// use growstack::{Addr, Prot, Size};
/// use growstack_fuzz::linux::oracle::{Branch, LinuxOracle};
/// use growstack_fuzz::linux::{LinuxAnswer, LinuxConfig, LinuxOp, MmapFlags};
///
/// let mut map = LinuxOracle::new(LinuxConfig::default());
/// let addr = Addr::new(0x80_0000);
/// let flags = MmapFlags::FIXED | MmapFlags::GROWSDOWN;
/// let mmap = LinuxOp::Mmap { addr, length: Size::new(4096), prot: Prot::RW, flags };
/// assert_eq!(map.apply(&mmap), LinuxAnswer::Value(0x80_0000));
/// // A store far below it makes it longer, in one step and without a second VMA.
/// assert_eq!(map.apply(&LinuxOp::Store { addr: Addr::new(0x7f_0008) }), LinuxAnswer::Done);
/// assert!(map.trail().contains(&Branch::Grew));
/// assert_eq!(map.vmas().next().unwrap().to_string(), "0x7f0000 0x801000 rd wr gd ac");
/// ```
#[derive(Clone, Debug)]
pub struct LinuxOracle {
    config: LinuxConfig,
    state: State,
    trail: Vec<Branch>,
}

impl LinuxOracle {
    /// An empty window.
    #[must_use]
    pub fn new(config: LinuxConfig) -> Self {
        Self { config, state: State::new(&config), trail: Vec::new() }
    }

    /// What it was made from.
    #[must_use]
    pub fn config(&self) -> &LinuxConfig {
        &self.config
    }

    /// The branches that the last operation took, in order.
    #[must_use]
    pub fn trail(&self) -> &[Branch] {
        &self.trail
    }

    /// The VMAs of the window, by address.
    pub fn vmas(&self) -> impl Iterator<Item = Vma> {
        self.state.list.iter().map(|area| area.shown(self.config.keys))
    }

    /// Runs an operation. One that would reach outside the window is not supported: what is mapped
    /// there is nothing to the rules.
    pub fn apply(&mut self, op: &LinuxOp) -> LinuxAnswer {
        self.trail.clear();
        if !self.config.supports(op) {
            return LinuxAnswer::Unsupported;
        }
        match *op {
            LinuxOp::Load { addr } => self.load(addr.get()),
            LinuxOp::Store { addr } => self.store(addr.get()),
            _ => match self.call(op) {
                Ok(value) => LinuxAnswer::Value(value),
                Err(errno) => LinuxAnswer::Failed(errno),
            },
        }
    }

    fn call(&mut self, op: &LinuxOp) -> Call {
        match *op {
            LinuxOp::Reset => {
                self.state = State::new(&self.config);
                Ok(0)
            }
            LinuxOp::Mmap { addr, length, prot, flags } => {
                self.mmap(addr.get(), length.get(), prot, flags, None)
            }
            LinuxOp::MmapFile { addr, length, prot, flags, file } => {
                self.mmap(addr.get(), length.get(), prot, flags, Some(file))
            }
            LinuxOp::Brk { end } => self.brk(end.get()),
            LinuxOp::Given { range, flags, file } => self.given(range, flags, file),
            LinuxOp::Munmap { addr, length } => self.munmap(addr.get(), length.get()),
            LinuxOp::Mprotect { addr, length, prot, stretch } => {
                self.mprotect(addr.get(), length.get(), prot, stretch)
            }
            LinuxOp::Madvise { addr, length, advice } => {
                self.madvise(addr.get(), length.get(), advice)
            }
            LinuxOp::Mlock { addr, length, flags } => self.mlock(addr.get(), length.get(), flags),
            LinuxOp::Munlock { addr, length } => self.munlock(addr.get(), length.get()),
            LinuxOp::Mlockall { flags } => self.mlockall(flags),
            LinuxOp::Munlockall => self.munlockall(),
            LinuxOp::Mremap { addr, old, new, flags, target } => {
                self.mremap(addr.get(), old.get(), new.get(), flags, target.get())
            }
            LinuxOp::Setrlimit { resource, limit } => {
                // L8: no VMA is touched.
                self.reach(Branch::LimitSet);
                self.state.soft.set(resource, limit.min(self.config.hard.get(resource)));
                Ok(0)
            }
            LinuxOp::KernelStore { addr } => self.kernel_store(addr.get()),
            LinuxOp::ProcMem { addr } => self.proc_mem(addr.get()),
            LinuxOp::VmRead { addr } => self.vm_read(addr.get()),
            // Those that answer otherwise.
            LinuxOp::Load { .. } | LinuxOp::Store { .. } => Err(Errno::ENOSYS),
        }
    }

    fn reach(&mut self, branch: Branch) {
        self.trail.push(branch);
    }

    fn reach_if(&mut self, condition: bool, branch: Branch) {
        if condition {
            self.trail.push(branch);
        }
    }

    /// Takes the branch of a refusal.
    fn refuse<T>(&mut self, branch: Branch, errno: Errno) -> Result<T, Errno> {
        self.reach(branch);
        Err(errno)
    }
}
