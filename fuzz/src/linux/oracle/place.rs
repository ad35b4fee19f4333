//! Where a mapping goes for which no place is fixed (L35 to L38).

use growstack::Addr;

use super::state::{Area, page_of};
use super::{Branch, LinuxOracle, PAGE};
use crate::linux::config::Capabilities;
use crate::linux::rules::Rules;
use crate::linux::vma::VmaFlags;

/// What a huge page has, in bytes.
const HUGE: u64 = 2 << 20;

/// How a place is chosen so that huge pages fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Alignment {
    /// Not at all.
    None,
    /// L38: as for private anonymous memory.
    Anonymous,
    /// L77: as for a file from this offset on.
    File(u64),
}

impl LinuxOracle {
    /// L36: a hint as it is looked at.
    pub(super) fn hint(&mut self, addr: u64) -> u64 {
        let page = page_of(addr);
        if page == 0 {
            return 0;
        }
        if page < self.config.min.get() {
            self.reach(Branch::HintRaised);
            return self.config.min.round_up_page().get();
        }
        page
    }

    /// A place for `length` bytes, or none. What numbers the pages have is nothing to it.
    pub(super) fn place(&mut self, hint: u64, length: u64, alignment: Alignment) -> Option<u64> {
        match alignment {
            Alignment::Anonymous if hint == 0 && length.is_multiple_of(HUGE) => {
                if let Some(place) = self.place_huge(0, length, 0) {
                    self.reach(Branch::PlacedHuge);
                    return Some(place);
                }
            }
            Alignment::File(offset) => {
                if let Some(place) = self.place_huge(hint, length, offset) {
                    self.reach(Branch::PlacedFile);
                    return Some(place);
                }
            }
            Alignment::Anonymous | Alignment::None => {}
        }
        self.place_anywhere(hint, length)
    }

    fn place_anywhere(&mut self, hint: u64, length: u64) -> Option<u64> {
        if hint != 0 {
            if self.is_open(hint, length) {
                self.reach(Branch::HintTaken);
                return Some(hint);
            }
            self.reach(Branch::HintRefused);
        }
        let place = self.search(length);
        self.reach(if place.is_some() { Branch::Placed } else { Branch::NoPlace });
        place
    }

    /// L36: is it free, with the gap of a stack above it?
    fn is_open(&self, start: u64, length: u64) -> bool {
        let window = self.config.window;
        let Some(end) = start.checked_add(length) else { return false };
        if start < window.start().get() || window.end().get() < end {
            return false;
        }
        let next = self.state.list.get(self.state.first_above(start));
        next.is_none_or(|next| end <= self.start_gap(next))
    }

    /// The start of a VMA, less the gap that a stack keeps below it.
    pub(super) fn start_gap(&self, area: &Area) -> u64 {
        let gap = if area.has(VmaFlags::GD) { self.config.gap.get() } else { 0 };
        area.start.saturating_sub(gap)
    }

    /// L37: the end of the highest hole that holds the length, from the top of the window down.
    fn search(&mut self, length: u64) -> Option<u64> {
        let lowest = if self.config.rules.contains(Rules::SEARCH_FROM_MIN) {
            self.config.min.get().max(PAGE)
        } else {
            PAGE
        };
        let lowest = lowest.max(self.config.window.start().get());
        let top = self.config.program.map_or(Addr::MAX, |program| program.top);
        let mut high = self.config.window.end().min(top).get();
        if self.config.rules.contains(Rules::SEARCH_EACH_HOLE) {
            return self.highest_open(lowest, high, length);
        }
        loop {
            let (end, above) = self.highest_hole(lowest, high, length)?;
            match above.map(|x| self.start_gap(&self.state.list[x])) {
                Some(gap) if gap < end => {
                    self.reach(Branch::SearchedBelowGap);
                    high = gap;
                }
                _ => return Some(end - length),
            }
        }
    }

    /// L37 in one pass: the highest place between two addresses that `length` bytes have in a hole, which
    /// ends a gap below a stack.
    fn highest_open(&self, low: u64, high: u64, length: u64) -> Option<u64> {
        let list = &self.state.list;
        (0..=list.len()).rev().find_map(|x| {
            let start = x.checked_sub(1).map_or(0, |lower| list[lower].end).max(low);
            let end = list.get(x).map_or(high, |upper| self.start_gap(upper)).min(high);
            end.checked_sub(start).filter(|&room| length <= room).map(|_| end - length)
        })
    }

    /// The end of the highest hole between two addresses that holds the length, and the VMA above it.
    fn highest_hole(&self, low: u64, high: u64, length: u64) -> Option<(u64, Option<usize>)> {
        let list = &self.state.list;
        (0..=list.len()).rev().find_map(|x| {
            let start = x.checked_sub(1).map_or(0, |lower| list[lower].end).max(low);
            let end = list.get(x).map_or(high, |upper| upper.start).min(high);
            let holds = end.checked_sub(start).is_some_and(|room| length <= room);
            holds.then(|| (end, (x < list.len()).then_some(x)))
        })
    }

    /// L38, L77: room for whole huge pages of what begins at `offset`.
    fn place_huge(&mut self, hint: u64, length: u64, offset: u64) -> Option<u64> {
        let rules = self.config.rules.contains(Rules::ALIGN_HUGE) && self.config.huge_pages;
        let first = offset.checked_next_multiple_of(HUGE)?;
        let holds = offset.checked_add(length)?.checked_sub(first)? >= HUGE;
        if !rules || !holds {
            return None;
        }
        let padded = length.checked_add(HUGE)?;
        if hint != 0 && self.is_open(hint, padded) {
            return Some(hint);
        }
        let found = self.search(padded)?;
        // All that was added is above it, if none of it is needed.
        let more = offset.wrapping_sub(found) % HUGE;
        Some(found + if more == 0 { HUGE } else { more })
    }

    /// L31: may anything be mapped there?
    pub(super) fn is_allowed_at(&self, addr: u64) -> bool {
        self.config.fixed_min.get() <= addr
            || self.config.capabilities.contains(Capabilities::SYS_RAWIO)
    }
}
