//! What the running kernel does where kernels differ, found out by asking it.
//!
//! A version is not enough: distributors carry changes back and forth, and whether there are protection
//! keys, how large the guard gap is and what the security modules forbid is the machine's.

use growstack::{Addr, Prot, Size};

use super::Refused;
use super::child::Child;
use super::machine::{Machine, Process};
use crate::linux::log::Log;
use crate::linux::runner::{Broken, Every};
use crate::linux::{
    Advice, Capabilities, Errno, LinuxAnswer, LinuxOp, MlockFlags, MmapFlags, MremapFlags,
    Resource, Rules, Vma, VmaFlags,
};

const PAGE: u64 = 1 << 12;
/// Where a mapping is in the way of nothing else.
const HERE: u64 = 0x40_0000;
/// The size from which on the alignment of huge pages counts.
const HUGE: u64 = 2 << 20;

/// What only an experiment shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Found {
    pub(super) rules: Rules,
    pub(super) gap: Size,
    pub(super) min: Addr,
    pub(super) keys: bool,
    pub(super) vm_read: bool,
}

/// What was seen of one operation.
struct Seen {
    answer: LinuxAnswer,
    vmas: Vec<Vma>,
}

/// A child under experiment. Each experiment starts from an empty window.
pub(super) struct Probe<'a> {
    pub(super) child: &'a mut Child,
    pub(super) machine: &'a Machine,
    pub(super) process: &'a Process,
    /// Where the window ends.
    pub(super) window: u64,
}

impl Probe<'_> {
    /// Asks for everything. What was locked is counted on in the child afterwards, if the kernel has
    /// that fault (L66).
    pub(super) fn everything(&mut self) -> Result<Found, Refused> {
        self.grows()?;
        let found = Found {
            rules: Rules::of(self.machine.version),
            gap: self.gap()?,
            min: self.min()?,
            keys: self.keys()?,
            vm_read: self
                .answer(&[fixed(HERE, 1, Prot::RW), LinuxOp::VmRead { addr: addr(HERE) }])?
                == LinuxAnswer::Value(1),
        };
        let mut rules = found.rules;
        rules.set(Rules::SPLIT_FIRST, self.splits_first()?);
        rules.set(Rules::STACK_NH, self.stack_nh()?);
        if let Some(from_min) = self.searches_from(found.min)? {
            rules.set(Rules::SEARCH_FROM_MIN, from_min);
        }
        rules.set(Rules::ALIGN_HUGE, self.aligns()?);
        rules.set(Rules::MERGE_INTO_CLEAN, self.merges_into_clean()?);
        rules.set(Rules::DROP_ACCOUNT, self.drops_account()?);
        rules.set(Rules::MOVE_SEVERAL, self.moves_several()?);
        let [guard_pages, guard_flag] = self.guards()?;
        rules.set(Rules::GUARD_PAGES, guard_pages);
        rules.set(Rules::GUARD_FLAG, guard_flag);
        rules.set(Rules::PROC_MEM_ACCESS, self.mem_asks_for_access()?);
        if let Some(leaks) = self.leaks_locks()? {
            rules.set(Rules::LOCK_LEAK, leaks);
        }
        Ok(Found { rules, ..found })
    }

    /// What was seen of operations that start from an empty window.
    fn see(&mut self, ops: &[LinuxOp]) -> Result<Vec<Seen>, Broken> {
        let ops = [&[LinuxOp::Reset], ops].concat();
        let mut log = Log::default();
        self.child.run(&ops, Every(1), &mut log)?;
        let seen = log.iter().map(|seen| Seen { answer: seen.answer, vmas: seen.vmas.into() });
        Ok(seen.skip(1).collect())
    }

    /// The answer to the last one.
    fn answer(&mut self, ops: &[LinuxOp]) -> Result<LinuxAnswer, Broken> {
        Ok(self.see(ops)?.last().map_or(LinuxAnswer::Unsupported, |seen| seen.answer))
    }

    /// The VMAs after the last one.
    fn vmas(&mut self, ops: &[LinuxOp]) -> Result<Vec<Vma>, Broken> {
        Ok(self.see(ops)?.pop().map_or_else(Vec::new, |seen| seen.vmas))
    }

    /// Refuses a kernel without what all of this is about.
    fn grows(&mut self) -> Result<(), Refused> {
        let top = self.answer(&[LinuxOp::Mmap {
            addr: Addr::ZERO,
            length: Size::new(PAGE),
            prot: Prot::RW,
            flags: MmapFlags::empty(),
        }])?;
        if top != LinuxAnswer::Value(self.window - PAGE) {
            let tried = "a mapping of a page should be at the top of the window";
            return Err(Refused::NotLinux(tried, top.to_string()));
        }
        let store = LinuxOp::Store { addr: addr(HERE - 2 * PAGE) };
        let vmas = self.vmas(&[growing(HERE, 1), store])?;
        match &vmas[..] {
            [vma] if vma.range.start() == addr(HERE - 2 * PAGE) => Ok(()),
            _ => {
                let tried = "a store two pages below a growable mapping should grow it";
                let words: Vec<String> = vmas.iter().map(Vma::to_string).collect();
                Err(Refused::NotLinux(tried, format!("mapped are {}", words.join(", "))))
            }
        }
    }

    /// `stack_guard_gap`: the least distance at which a hint below a growable VMA is taken (L36).
    fn gap(&mut self) -> Result<Size, Refused> {
        let top = self.window - PAGE;
        let taken = |probe: &mut Self, gap: u64| -> Result<bool, Refused> {
            let hint = top - (gap + 1) * PAGE;
            let answer = probe.answer(&[growing(top, 1), mapping(hint, 1, Prot::RW)])?;
            Ok(answer == LinuxAnswer::Value(hint))
        };
        let (mut low, mut high) = (0, self.window / PAGE * 3 / 4);
        if !taken(self, high)? {
            let tried = "a hint three quarters of the window below a growable mapping";
            return Err(Refused::NotLinux(
                tried,
                "it is not taken: the guard gap is too large".into(),
            ));
        }
        while low < high {
            let middle = low.midpoint(high);
            if taken(self, middle)? { high = middle } else { low = middle + 1 }
        }
        Ok(Size::new(low * PAGE))
    }

    /// The lowest address: what a hint below it becomes (L36).
    fn min(&mut self) -> Result<Addr, Refused> {
        match self.answer(&[mapping(PAGE, 1, Prot::RW)])? {
            // A minimum of a page or less is that of the setting: no module has added anything.
            LinuxAnswer::Value(PAGE) => Ok(addr(self.machine.fixed_min)),
            LinuxAnswer::Value(min) => Ok(addr(min)),
            other => {
                let tried = "a hint at the second page of all";
                Err(Refused::NotLinux(tried, other.to_string()))
            }
        }
    }

    fn keys(&mut self) -> Result<bool, Broken> {
        let vmas = self.vmas(&[fixed(HERE, 1, Prot::EXECUTE)])?;
        Ok(vmas.iter().any(|vma| vma.key != 0))
    }

    /// L33: a fixed mapping that the limit refuses has split what it would have replaced.
    fn splits_first(&mut self) -> Result<bool, Broken> {
        let limit = (self.process.pages + 4) * PAGE;
        let vmas = self.vmas(&[
            fixed(HERE, 4, Prot::RW),
            LinuxOp::Setrlimit { resource: Resource::As, limit },
            fixed(HERE + PAGE, 8, Prot::RW),
        ])?;
        Ok(vmas.len() > 1)
    }

    fn stack_nh(&mut self) -> Result<bool, Broken> {
        let flags = MmapFlags::FIXED | MmapFlags::STACK;
        let vmas = self.vmas(&[LinuxOp::Mmap {
            addr: addr(HERE),
            length: Size::new(PAGE),
            prot: Prot::RW,
            flags,
        }])?;
        Ok(has(&vmas, VmaFlags::NH))
    }

    /// L37: a full window has nothing free, or else a page that it then does not give. Not to be seen
    /// if there is no such page.
    fn searches_from(&mut self, min: Addr) -> Result<Option<bool>, Broken> {
        if min.get() <= PAGE {
            return Ok(None);
        }
        let rest = (self.window - min.get()) / PAGE;
        let answer = self.answer(&[fixed(min.get(), rest, Prot::NONE), mapping(0, 1, Prot::RW)])?;
        Ok(Some(answer == LinuxAnswer::Failed(Errno::ENOMEM)))
    }

    /// L38: of a window whose last page is taken.
    fn aligns(&mut self) -> Result<bool, Broken> {
        let ops = [mapping(0, 1, Prot::RW), mapping(0, HUGE / PAGE, Prot::NONE)];
        Ok(match self.answer(&ops)? {
            LinuxAnswer::Value(at) => at.is_multiple_of(HUGE),
            _ => false,
        })
    }

    /// L45: a page that was written gets the protection of its lower neighbour, which was not.
    fn merges_into_clean(&mut self) -> Result<bool, Broken> {
        let vmas = self.vmas(&[
            fixed(HERE + PAGE, 1, Prot::RW),
            LinuxOp::Store { addr: addr(HERE + PAGE) },
            protect(HERE + PAGE, 1, Prot::READ),
            fixed(HERE, 1, Prot::RW),
            protect(HERE + PAGE, 1, Prot::RW),
        ])?;
        Ok(vmas.len() == 1)
    }

    fn drops_account(&mut self) -> Result<bool, Broken> {
        let vmas = self.vmas(&[fixed(HERE, 1, Prot::RW), protect(HERE, 1, Prot::READ)])?;
        Ok(!has(&vmas, VmaFlags::AC))
    }

    fn moves_several(&mut self) -> Result<bool, Broken> {
        let to = HERE + 16 * PAGE;
        let answer = self.answer(&[
            fixed(HERE, 1, Prot::RW),
            fixed(HERE + PAGE, 1, Prot::READ),
            LinuxOp::Mremap {
                addr: addr(HERE),
                old: Size::new(2 * PAGE),
                new: Size::new(2 * PAGE),
                flags: MremapFlags::MAYMOVE | MremapFlags::FIXED,
                target: addr(to),
            },
        ])?;
        Ok(answer == LinuxAnswer::Value(to))
    }

    /// Whether there are guard pages, and whether they show (L70, L71).
    fn guards(&mut self) -> Result<[bool; 2], Broken> {
        let advice = Advice::GuardInstall;
        let length = Size::new(PAGE);
        let install = LinuxOp::Madvise { addr: addr(HERE), length, advice };
        let seen = self.see(&[fixed(HERE, 1, Prot::RW), install])?;
        let Some(last) = seen.last() else { return Ok([false; 2]) };
        Ok([last.answer == LinuxAnswer::ZERO, has(&last.vmas, VmaFlags::GU)])
    }

    fn mem_asks_for_access(&mut self) -> Result<bool, Broken> {
        let read = LinuxOp::ProcMem { addr: addr(HERE) };
        Ok(self.answer(&[fixed(HERE, 1, Prot::NONE), read])? != LinuxAnswer::Value(1))
    }

    /// L66: two locked pages of which one is moved, and what is left locked when both have gone. Not to
    /// be seen by a process that may not lock two pages.
    fn leaks_locks(&mut self) -> Result<Option<bool>, Refused> {
        let unlimited = self.process.capabilities.contains(Capabilities::IPC_LOCK);
        if !unlimited && self.process.soft.memlock < 2 * PAGE {
            return Ok(None);
        }
        let length = Size::new(2 * PAGE);
        self.see(&[
            fixed(HERE, 2, Prot::RW),
            LinuxOp::Mlock { addr: addr(HERE), length, flags: MlockFlags::empty() },
            LinuxOp::Mremap {
                addr: addr(HERE),
                old: Size::new(PAGE),
                new: Size::new(PAGE),
                flags: MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP,
                target: Addr::ZERO,
            },
            LinuxOp::Reset,
        ])?;
        Ok(Some(Process::locked(self.child.id())? != 0))
    }
}

fn addr(at: u64) -> Addr {
    Addr::new(at)
}

fn has(vmas: &[Vma], flag: VmaFlags) -> bool {
    vmas.iter().any(|vma| vma.flags.contains(flag))
}

/// A mapping of some pages at a hint, or without one.
fn mapping(hint: u64, pages: u64, prot: Prot) -> LinuxOp {
    let (length, flags) = (Size::new(pages * PAGE), MmapFlags::empty());
    LinuxOp::Mmap { addr: addr(hint), length, prot, flags }
}

fn fixed(at: u64, pages: u64, prot: Prot) -> LinuxOp {
    let (length, flags) = (Size::new(pages * PAGE), MmapFlags::FIXED);
    LinuxOp::Mmap { addr: addr(at), length, prot, flags }
}

fn growing(at: u64, pages: u64) -> LinuxOp {
    let (length, flags) = (Size::new(pages * PAGE), MmapFlags::FIXED | MmapFlags::GROWSDOWN);
    LinuxOp::Mmap { addr: addr(at), length, prot: Prot::RW, flags }
}

fn protect(at: u64, pages: u64, prot: Prot) -> LinuxOp {
    let length = Size::new(pages * PAGE);
    LinuxOp::Mprotect { addr: addr(at), length, prot, stretch: crate::linux::Stretch::empty() }
}
