//! Addresses and lengths near what decides: ends of VMAs, guard gaps, and the lowest address.

use growstack::Prot;

use super::view::{PAGE, View, end, pages, start};
use crate::input::Choices;
use crate::linux::VmaFlags;

/// A few pages, to either side, as a wrapping number of bytes.
pub(super) fn step(bytes: &mut impl Choices, most: u64) -> u64 {
    bytes.below(2 * most + 1).wrapping_sub(most).wrapping_mul(PAGE)
}

/// One of the VMAs by its place, if there are any: often one where the last operation was, since what a
/// rule asks of three neighbours takes several operations on them.
pub(super) fn any(view: &View<'_>, bytes: &mut impl Choices) -> Option<usize> {
    let last = view.vmas.len().checked_sub(1)?;
    if !bytes.one_in(3) {
        return Some(bytes.index(last + 1));
    }
    Some((focused(view)? + bytes.index(3)).saturating_sub(1).min(last))
}

/// The VMA where the last operation was, or else the one above that or the last.
pub(super) fn focused(view: &View<'_>) -> Option<usize> {
    let last = view.vmas.len().checked_sub(1)?;
    Some(view.vmas.iter().position(|vma| view.focus < vma.range.end()).unwrap_or(last))
}

/// The start of a range that is in a VMA or near one, and its length.
pub(super) fn range(view: &View<'_>, bytes: &mut impl Choices) -> (u64, u64) {
    let Some(at) = any(view, bytes) else { return (page(view, bytes), length(bytes)) };
    let vma = &view.vmas[at];
    let inside = start(vma) + bytes.below(pages(vma)) * PAGE;
    let from = match bytes.weighted(&[6, 4, 2, 1, 1]) {
        0 => start(vma),
        1 => inside,
        2 => start(vma).wrapping_add(step(bytes, 2)),
        3 => view.below(at),
        _ => page(view, bytes),
    };
    let from = from.min(view.end() - PAGE) | u64::from(bytes.one_in(50));
    let to = match bytes.weighted(&[5, 5, 2, 1, 1, 1]) {
        0 => end(vma),
        1 => from + length(bytes),
        2 => inside + PAGE,
        3 => view.vmas.get(at + 1).map_or(view.end(), end),
        4 => view.above(at),
        // Nothing, or the last page not whole.
        _ => from + bytes.pick(&[0, 1, PAGE - 1, PAGE + 1]),
    };
    let length = to.checked_sub(from).filter(|&length| length != 0 || bytes.one_in(4));
    (from, length.unwrap_or(PAGE).min(view.end() - from))
}

/// A hole of a few pages between two VMAs: its start and its length, and whether what is below grows.
pub(super) fn hole(view: &View<'_>, bytes: &mut impl Choices) -> Option<(u64, u64, bool)> {
    const MOST: u64 = 16 * PAGE;
    let at = any(view, bytes)?;
    let (from, to) = (end(&view.vmas[at]), view.above(at));
    let (length, grows) = (to - from, view.vmas[at].flags.contains(VmaFlags::GD));
    (at + 1 < view.vmas.len() && (1..=MOST).contains(&length)).then_some((from, length, grows))
}

/// The whole of a VMA, and the protection of one beside it: with that it may merge.
pub(super) fn like_neighbour(
    view: &View<'_>,
    bytes: &mut impl Choices,
) -> Option<(u64, u64, Prot)> {
    let at = if bytes.one_in(2) { focused(view)? } else { any(view, bytes)? };
    let beside = if bytes.one_in(2) { at + 1 } else { at.wrapping_sub(1) };
    let vma = &view.vmas[at];
    let prot = view.vmas.get(beside)?.flags.prot();
    Some((start(vma), vma.range.len().get(), prot))
}

/// Where a mapping of some length may go: next to what is there, a guard gap away from it, or
/// anywhere.
pub(super) fn place(view: &View<'_>, length: u64, bytes: &mut impl Choices) -> u64 {
    let gap = view.config.gap.get();
    let Some(at) = any(view, bytes) else { return page(view, bytes) };
    let vma = &view.vmas[at];
    let place = match bytes.weighted(&[10, 8, 8, 8, 16, 4, 2, 2, 2, 4, 1]) {
        0 => end(vma),
        1 => start(vma).wrapping_sub(length),
        2 => end(vma).wrapping_add(gap).wrapping_add(step(bytes, 3)),
        3 => start(vma).wrapping_sub(gap).wrapping_sub(length).wrapping_add(step(bytes, 3)),
        4 => page(view, bytes),
        5 => start(vma),
        6 => start(vma) + bytes.below(pages(vma)) * PAGE,
        7 => view.config.min.get().wrapping_add(step(bytes, 2)),
        8 => view.end().wrapping_sub(length),
        // With a hole of a few pages.
        9 => end(vma) + (1 + bytes.below(3)) * PAGE,
        _ => 0,
    };
    // What has wrapped, or leaves the window, goes where it fits.
    let room = view.end().saturating_sub(length.max(PAGE)) & !(PAGE - 1);
    place.min(room)
}

/// Any page of the window.
pub(super) fn page(view: &View<'_>, bytes: &mut impl Choices) -> u64 {
    bytes.below(view.end() / PAGE) * PAGE
}

/// A length: mostly a few pages.
pub(super) fn length(bytes: &mut impl Choices) -> u64 {
    /// From here on the alignment of huge pages counts.
    const HUGE: u64 = 2 << 20;
    match bytes.weighted(&[24, 6, 3, 1, 1, 1]) {
        0 => (1 + bytes.below(4)) * PAGE,
        1 => (1 + bytes.below(16)) * PAGE,
        2 => (1 + bytes.below(1 << 9)) * PAGE,
        3 => HUGE,
        4 => bytes.pick(&[2 * HUGE, HUGE + PAGE, HUGE - PAGE]),
        _ => bytes.pick(&[1, PAGE - 1, PAGE + 1, 0]),
    }
}
