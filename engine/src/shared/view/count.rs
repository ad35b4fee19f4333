//! The sequence count: odd while a writer is at work, and each time another number.
//!
//! Whatever changes more than one word of the view does so between two counts. What changes one
//! word does not ([`Leaf::shift`](super::node::Leaf::shift)).
//!
//! The argument is that of every sequence lock. A reader that saw a word of a change stored it after
//! the writer's release fence, before which the count was made odd; the reader's acquire fence, which
//! comes after its last load of a word, orders its second look at the count after that store. So it
//! sees a count other than the even one it began with. The words are atomics, so that a torn read is
//! no data race but a wrong number, thrown away with the rest.

use super::super::sync::{AtomicU64, Ordering, fence};

/// The count of a view that is off: odd, and stays so.
const OFF: u64 = u64::MAX;

/// The count and what a walk begins with, in a cache line of their own.
#[repr(align(128))]
pub(super) struct Count {
    count: AtomicU64,
    /// The index of the root, and above it the number of levels of inner nodes.
    root: AtomicU64,
}

impl Count {
    /// The count of a view that is off.
    pub(super) fn off() -> Self {
        Self { count: AtomicU64::new(OFF), root: AtomicU64::new(0) }
    }

    /// What `walk` makes of the root, unless a writer came in between.
    #[inline(always)]
    pub(super) fn read<T>(&self, walk: impl FnOnce(u32, u32) -> Option<T>) -> Option<T> {
        let before = self.count.load(Ordering::Acquire);
        if before % 2 == 1 {
            return None;
        }
        let root = self.root.load(Ordering::Relaxed);
        #[expect(clippy::cast_possible_truncation, reason = "both halves of the word")]
        let found = walk(root as u32, (root >> 32) as u32);
        fence(Ordering::Acquire);
        let after = self.count.load(Ordering::Relaxed);
        if after == before { found } else { None }
    }

    pub(super) fn is_off(&self) -> bool {
        self.count.load(Ordering::Relaxed) == OFF
    }

    /// Opens the window: until it is closed, what readers find is thrown away. `last` is the count
    /// at which it was closed before.
    pub(super) fn open(&self, last: u64) {
        self.count.store(last.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
    }

    /// Closes the window and returns the count. Coming round takes 2^63 changes.
    pub(super) fn close(&self, last: u64) -> u64 {
        let count = last.wrapping_add(2);
        self.count.store(count, Ordering::Release);
        count
    }

    /// No reader finds anything any more.
    pub(super) fn turn_off(&self) {
        self.count.store(OFF, Ordering::Relaxed);
        fence(Ordering::Release);
    }

    /// Sets what a walk begins with, inside the window.
    pub(super) fn set_root(&self, root: u32, levels: u32) {
        self.root.store(u64::from(root) | u64::from(levels) << 32, Ordering::Relaxed);
    }
}
