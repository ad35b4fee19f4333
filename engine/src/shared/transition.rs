//! Ranges in transition: what a wiring is at work on while no lock is held.
//!
//! FreeBSD marks the entries. Here the map is left as it is until the wiring has all its pages, and
//! then wired at once; what must be kept from others meanwhile is a range of addresses, so a short
//! list of ranges does, beside the map and under its lock.

use alloc::vec::Vec;

use crate::refusal::Refusal;

/// The addresses from `start` up to, and without, `end`; empty unless they are in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stretch {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Stretch {
    /// All there is.
    pub(super) const ALL: Self = Self { start: 0, end: u64::MAX };

    const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// The ranges in transition. They are disjoint: a wiring waits for one that it overlaps.
#[derive(Debug, Default)]
pub(super) struct Transitions {
    under_way: Vec<Stretch>,
    /// Does anybody wait for one to end?
    awaited: bool,
}

impl Transitions {
    /// Is a range free of them?
    #[inline]
    pub(super) fn clear_of(&self, range: Stretch) -> bool {
        self.under_way.iter().all(|other| !other.overlaps(range))
    }

    /// Is there none at all?
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Marks a range, which is clear of all others.
    pub(super) fn begin(&mut self, range: Stretch) -> Result<(), Refusal> {
        self.under_way.try_reserve(1).map_err(|_| Refusal::OutOfNodes)?;
        self.under_way.push(range);
        Ok(())
    }

    /// Takes the mark off. `true` if somebody must be woken up.
    pub(super) fn end(&mut self, range: Stretch) -> bool {
        if let Some(at) = self.under_way.iter().position(|other| *other == range) {
            self.under_way.swap_remove(at);
        }
        core::mem::take(&mut self.awaited)
    }

    /// Notes that somebody is about to wait.
    pub(super) const fn note_waiter(&mut self) {
        self.awaited = true;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const fn from(start: u64, end: u64) -> Stretch {
        Stretch { start, end }
    }

    #[test]
    fn stretches_that_touch_are_clear_of_each_other() {
        let mut transitions = Transitions::default();
        assert_eq!(transitions.begin(from(3, 5)), Ok(()));
        assert!(transitions.clear_of(from(1, 3)) && transitions.clear_of(from(5, 7)));
        assert!(!transitions.clear_of(from(4, 5)) && !transitions.clear_of(from(1, 9)));
        assert!(!transitions.clear_of(from(1, 4)) && !transitions.clear_of(Stretch::ALL));
    }

    #[test]
    fn the_one_that_ends_says_whether_somebody_waits() {
        let mut transitions = Transitions::default();
        assert_eq!(transitions.begin(from(1, 2)), Ok(()));
        assert_eq!(transitions.begin(from(3, 5)), Ok(()));
        transitions.note_waiter();
        assert!(transitions.end(from(3, 5)) && transitions.clear_of(from(3, 5)));
        assert!(!transitions.clear_of(from(1, 2)));
        assert!(!transitions.end(from(1, 2)) && transitions.is_empty());
    }
}
