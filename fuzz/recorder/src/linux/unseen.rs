//! What no log shows, and the kernel's list at the end gives away: stacks that grew, memory that was written
//! while it might be, and files that were opened for reading only.

use std::collections::BTreeSet;
use std::fmt;

use growstack::Addr;
use growstack_fuzz::linux::oracle::LinuxOracle;
use growstack_fuzz::linux::pages::{PageDifference, differences};
use growstack_fuzz::linux::{FileTraits, LinuxAnswer, LinuxConfig, LinuxOp, Vma, VmaFlags};

use super::order::Act;

/// Why an operation stands in a trace, or is as it is, that no log has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unseen {
    /// A stack has grown by a touch.
    Grown,
    /// Memory was written before it might be written no more, since it is still accounted (L57).
    Written,
    /// A file was opened for writing, or was not (L73).
    Opened,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grown => "grown",
            Self::Written => "written",
            Self::Opened => "opened",
        })
    }
}

/// How often the acts are gone through again: what is found once may show what else there was.
const ROUNDS: usize = 16;

/// Puts into `acts` what the kernel's list at the end needs, and returns where they differ all the same.
pub(super) fn complete(
    acts: &mut Vec<Act>,
    config: LinuxConfig,
    last: &[Vma],
) -> Vec<PageDifference> {
    for _ in 0..ROUNDS {
        let found = differing(acts, config, last);
        let explained = found.iter().filter(|found| explain(acts, config, found)).count();
        if explained == 0 {
            return found;
        }
    }
    differing(acts, config, last)
}

fn differing(acts: &[Act], config: LinuxConfig, last: &[Vma]) -> Vec<PageDifference> {
    let mut oracle = LinuxOracle::new(config);
    for act in acts {
        if let Act::Do { op, .. } = act {
            oracle.apply(op);
        }
    }
    let list: Vec<Vma> = oracle.vmas().collect();
    differences(&list, last)
}

/// Adds what explains a difference. Was there anything?
fn explain(acts: &mut Vec<Act>, config: LinuxConfig, difference: &PageDifference) -> bool {
    let PageDifference { range, first, other } = *difference;
    let page = range.start();
    match (first, other) {
        (None, Some(vma)) if vma.flags.contains(VmaFlags::GD) => {
            let (answer, unseen) = (None, Some(Unseen::Grown));
            acts.push(Act::Do { op: LinuxOp::Store { addr: page }, answer, unseen });
            true
        }
        (Some(ours), Some(theirs)) => match ours.flags ^ theirs.flags {
            VmaFlags::AC if theirs.flags.contains(VmaFlags::AC) => written(acts, config, page),
            VmaFlags::SH => opened(acts, page, !theirs.flags.contains(VmaFlags::SH)),
            _ => false,
        },
        _ => false,
    }
}

/// Puts a store before the act by which a page was accounted no more.
fn written(acts: &mut Vec<Act>, config: LinuxConfig, page: Addr) -> bool {
    let mut oracle = LinuxOracle::new(config);
    let accounted = |oracle: &LinuxOracle| {
        let vma = oracle.vmas().find(|vma| vma.range.contains(page));
        vma.is_some_and(|vma| vma.flags.contains(VmaFlags::AC))
    };
    let (mut lost, mut was) = (None, false);
    for (index, act) in acts.iter().enumerate() {
        let Act::Do { op, .. } = act else { continue };
        oracle.apply(op);
        let is = accounted(&oracle);
        if was && !is {
            lost = Some(index);
        }
        was = is;
    }
    let Some(index) = lost else { return false };
    let (answer, unseen) = (None, Some(Unseen::Written));
    acts.insert(index, Act::Do { op: LinuxOp::Store { addr: page }, answer, unseen });
    true
}

/// Says of the file that a page shows that it was opened for reading only, or was not.
fn opened(acts: &mut [Act], page: Addr, read_only: bool) -> bool {
    let shows = |act: &&mut Act| match act {
        Act::Do { op: LinuxOp::Given { range, .. }, .. } => range.contains(page),
        Act::Do {
            op: LinuxOp::MmapFile { length, .. },
            answer: Some(LinuxAnswer::Value(at)),
            ..
        } => (*at..at.saturating_add(length.get())).contains(&page.get()),
        _ => false,
    };
    let found = acts.iter_mut().rev().find(shows);
    let Some(Act::Do { op: LinuxOp::MmapFile { file, .. }, unseen, .. }) = found else {
        return false;
    };
    if file.traits.contains(FileTraits::READ_ONLY) == read_only {
        return false;
    }
    file.traits.set(FileTraits::READ_ONLY, read_only);
    *unseen = Some(Unseen::Opened);
    true
}

/// How many acts of a kind there are.
pub(super) fn count(acts: &[Act]) -> Vec<(Unseen, usize)> {
    let of = |act: &Act| match act {
        Act::Do { unseen, .. } => *unseen,
        Act::Fork(_) => None,
    };
    let all: Vec<Unseen> = acts.iter().filter_map(of).collect();
    let kinds: BTreeSet<Unseen> = all.iter().copied().collect();
    kinds.into_iter().map(|kind| (kind, all.iter().filter(|one| **one == kind).count())).collect()
}
