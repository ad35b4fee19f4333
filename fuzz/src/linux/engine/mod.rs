//! The engine by the rules of Linux, as a process would ask for it.
//!
//! What a system call does before it looks at the list of mappings is here: lengths are rounded, and the
//! limit on locked memory is asked. All that is about the list is the engine's.

mod calls;
mod commit;
mod supports;
mod touch;

use growstack::{
    Access, Addr, Entry, EntryFlags, Inherit, Limits, Linux, Prot, Size, VmMap, VmSpace,
};

use super::dialect::LinuxSpace;
use super::{
    Capabilities, Errno, LinuxAnswer, LinuxConfig, LinuxLimits, LinuxOp, Shown, Vma, VmaFlags,
};
pub use commit::Commit;
pub use supports::{config, supports};

const PAGE: u64 = 4096;

/// What a system call answers.
type Call = Result<u64, Errno>;

/// The engine with nodes of a width. An operation that it [does not have](supports) is not supported.
#[derive(Debug)]
pub struct EngineSpace<const B: usize = 16> {
    config: LinuxConfig,
    soft: LinuxLimits,
    space: VmSpace<Commit, Linux, B>,
}

impl<const B: usize> EngineSpace<B> {
    /// An empty window.
    #[must_use]
    pub fn new(config: &LinuxConfig) -> Self {
        let raw = config.capabilities.contains(Capabilities::SYS_RAWIO);
        let min = if raw { config.window.start() } else { config.fixed_min };
        let mut map = VmMap::with_width(min, config.window.end(), Commit::new(config));
        map.set_lowest(config.min);
        map.set_guard_gap(config.gap);
        let space = VmSpace::new(map, Limits::UNLIMITED, ());
        let mut process = Self { config: *config, soft: config.soft, space };
        process.set_limits();
        process
    }

    /// Hands the soft limits on: that on address space without what is mapped outside the window.
    fn set_limits(&mut self) {
        let pages = (self.soft.address_space / PAGE).saturating_sub(self.config.base_pages);
        let memlock = if self.locks_without_limit() { u64::MAX } else { self.soft.memlock };
        self.space.set_limits(Limits {
            stack: Size::new(self.soft.stack),
            vmem: Size::pages(pages),
            memlock: Size::new(memlock),
            ..Limits::UNLIMITED
        });
    }

    fn locks_without_limit(&self) -> bool {
        self.config.capabilities.contains(Capabilities::IPC_LOCK)
    }

    /// L7.
    fn may_lock_at_all(&self) -> bool {
        self.soft.memlock != 0 || self.locks_without_limit()
    }

    /// The entries that a range touches.
    fn touched(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, u64, Prot, EntryFlags)> {
        let entries = self.space.map().entries_from(Addr::new(start));
        let entries = entries.map(|entry| (bounds(&entry), entry.prot, entry.flags));
        let entries = entries.take_while(move |((first, _), ..)| *first < end);
        entries
            .map(move |((first, last), prot, flags)| (first.max(start), last.min(end), prot, flags))
    }
}

fn bounds<O>(entry: &Entry<O>) -> (u64, u64) {
    (entry.range.start().get(), entry.range.end().get())
}

impl<const B: usize> LinuxSpace for EngineSpace<B> {
    fn apply(&mut self, op: &LinuxOp) -> LinuxAnswer {
        let vmas: Vec<Vma> = self.space.map().entries().map(|entry| vma(&entry)).collect();
        if !self.config.supports(op) || !supports(op, &vmas) {
            return LinuxAnswer::Unsupported;
        }
        match *op {
            LinuxOp::Load { addr } => self.load(addr),
            LinuxOp::Store { addr } => self.store(addr),
            _ => match self.call(op) {
                Ok(value) => LinuxAnswer::Value(value),
                Err(errno) => LinuxAnswer::Failed(errno),
            },
        }
    }

    fn vmas(&self, vmas: &mut Vec<Vma>) {
        vmas.extend(self.space.map().entries().map(|entry| vma(&entry)));
    }

    /// It has no locks on fault, no huge pages, no guard pages, and no keys.
    fn shown(&self) -> Shown {
        let lacks = VmaFlags::LF | VmaFlags::NH | VmaFlags::GU;
        Shown { flags: VmaFlags::all() - lacks, ..Shown::MAPS }
    }

    /// The index, and the totals of the entries.
    fn check(&self) -> Result<(), String> {
        let map = self.space.map();
        map.check_index().map_err(|violation| violation.to_string())?;
        let total = |counts: fn(&EntryFlags) -> bool| -> u64 {
            let counted = map.entries().filter(|entry| counts(&entry.flags));
            counted.map(|entry| entry.range.len().get()).sum()
        };
        let totals = [
            ("mapped", map.size().get(), total(|_| true)),
            (
                "locked",
                map.wired_pages() * PAGE,
                total(|flags| flags.contains(EntryFlags::USER_WIRED)),
            ),
            ("charged", map.reserved().get(), total(|flags| flags.contains(EntryFlags::CHARGED))),
        ];
        match totals.into_iter().find(|(_, kept, sum)| kept != sum) {
            Some((what, kept, sum)) => {
                Err(format!("{kept:#x} bytes {what}, entries have {sum:#x}"))
            }
            None => Ok(()),
        }
    }
}

/// An entry as smaps would show it.
fn vma<O>(entry: &Entry<O>) -> Vma {
    let of_entry = [
        (EntryFlags::GROWS_DOWN, VmaFlags::GD),
        (EntryFlags::USER_WIRED, VmaFlags::LO),
        (EntryFlags::CHARGED, VmaFlags::AC),
        (EntryFlags::NORESERVE, VmaFlags::NR),
        (EntryFlags::NOCOREDUMP, VmaFlags::DD),
    ];
    let mut flags = VmaFlags::of(entry.prot);
    for (flag, shown) in of_entry {
        flags.set(shown, entry.flags.contains(flag));
    }
    flags.set(VmaFlags::SR, entry.access == Access::Sequential);
    flags.set(VmaFlags::RR, entry.access == Access::Random);
    flags.set(VmaFlags::DC, entry.inherit == Inherit::None);
    flags.set(VmaFlags::WF, entry.inherit == Inherit::Zero);
    Vma { range: entry.range, flags, key: 0 }
}
