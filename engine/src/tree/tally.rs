//! Names of the structural steps of an edit, so that the tests can tell which ones they reached.

/// A structural step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    LeafSplit,
    InnerSplit,
    SplitAtEnd,
    RootGrowth,
    RootCollapse,
    LeafMerge,
    InnerMerge,
    LeafFromLeft,
    LeafFromRight,
    InnerFromLeft,
    InnerFromRight,
    GapToRoot,
    NextLeafGap,
}

#[cfg(not(test))]
#[inline(always)]
pub(super) fn note(_: Step) {}

#[cfg(test)]
pub(super) use counted::{count, note};

#[cfg(test)]
mod counted {
    extern crate std;

    use super::Step;
    use core::cell::Cell;

    std::thread_local! {
        static COUNTS: [Cell<usize>; 13] = const { [const { Cell::new(0) }; 13] };
    }

    pub(in crate::tree) fn note(step: Step) {
        COUNTS.with(|counts| counts[step as usize].set(counts[step as usize].get() + 1));
    }

    /// How often a step was taken on this thread.
    pub(in crate::tree) fn count(step: Step) -> usize {
        COUNTS.with(|counts| counts[step as usize].get())
    }
}
