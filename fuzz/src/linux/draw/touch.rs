//! Addresses to touch: mostly below what grows.

use growstack::Addr;

use super::place::{any, page, step};
use super::view::{PAGE, View, end, pages, start};
use crate::input::Choices;
use crate::linux::{LinuxOp, VmaFlags};

/// A load or a store, by the process or for it.
pub(super) fn touch(view: &View<'_>, bytes: &mut impl Choices) -> LinuxOp {
    let addr = Addr::new(address(view, bytes).min(view.end() - 1));
    match bytes.weighted(&[20, 13, 3, 2, 1]) {
        0 => LinuxOp::Store { addr },
        1 => LinuxOp::Load { addr },
        2 => LinuxOp::KernelStore { addr },
        3 => LinuxOp::ProcMem { addr },
        _ => LinuxOp::VmRead { addr },
    }
}

fn address(view: &View<'_>, bytes: &mut impl Choices) -> u64 {
    if bytes.one_in(5)
        && let Some(vma) = view.holder(view.focus)
    {
        return start(vma) + bytes.below(pages(vma)) * PAGE;
    }
    let at = if bytes.one_in(5) { any(view, bytes) } else { growing(view, bytes) };
    let Some(at) = at else { return page(view, bytes) };
    let byte = bytes.pick(&[0, 1, PAGE - 1, 0x108]);
    let vma = &view.vmas[at];
    let (low, gap) = (view.below(at), view.config.gap.get());
    let between = low + bytes.below((start(vma) - low) / PAGE) * PAGE;
    let page = match bytes.weighted(&[5, 6, 3, 5, 3, 6, 1]) {
        // Just below it.
        0 => start(vma).wrapping_sub((1 + bytes.below(4)) * PAGE),
        // As far as the gap lets it.
        1 => low.wrapping_add(gap).wrapping_add(step(bytes, 3)),
        2 => between,
        3 => limited(view, at, bytes).wrapping_add(step(bytes, 1)),
        // Next to its neighbour, or to what is the lowest.
        4 => low.max(view.config.min.get()).wrapping_add(step(bytes, 2)),
        // In it.
        5 => start(vma) + bytes.below(pages(vma)) * PAGE,
        _ => end(vma),
    };
    // A limit may be none, or far away.
    let page = if page < view.end() { page } else { between };
    page.saturating_add(byte)
}

/// A VMA that grows; any other, if there is none.
fn growing(view: &View<'_>, bytes: &mut impl Choices) -> Option<usize> {
    let grows = |&at: &usize| view.vmas[at].flags.contains(VmaFlags::GD);
    let count = (0..view.vmas.len()).filter(grows).count();
    if count == 0 {
        return any(view, bytes);
    }
    (0..view.vmas.len()).filter(grows).nth(bytes.index(count))
}

/// The lowest page down to which a limit lets a VMA grow.
fn limited(view: &View<'_>, at: usize, bytes: &mut impl Choices) -> u64 {
    let vma = &view.vmas[at];
    let left = |limit: u64, used: u64| {
        let pages = (limit / PAGE).wrapping_sub(used);
        start(vma).wrapping_sub(pages.wrapping_mul(PAGE))
    };
    match bytes.weighted(&[3, 2, 2]) {
        0 => end(vma).wrapping_sub(view.soft.stack) & !(PAGE - 1),
        1 => {
            let used = view.config.base_pages + view.pages(VmaFlags::empty());
            left(view.soft.address_space, used)
        }
        _ => left(view.soft.memlock, view.pages(VmaFlags::LO)),
    }
}
