//! The index of the map: a B+tree of disjoint address ranges, each with a value.
//!
//! It is public with the feature `unstable` alone, for the harness, and any release may change it.
//!
//! Entries are `[start, end)`, with addresses plain `u64`, and the tree is keyed by the **end** of
//! an entry. The question a map asks all the time is "which entry holds this address, or else comes
//! next", that is, the first one with an end above it, and a tree keyed by ends answers it in one
//! descent: since separators are exact (I4), the entry is in the leaf the descent arrives at, and
//! the end of the entry before it is the last separator passed on the way if it is not in that leaf.
//!
//! # Invariants
//!
//! [`Tree::check`] recomputes every one of these.
//!
//! * **I1 Order.** Every entry has `start < end`, lies within the bounds, and starts at or after the
//!   end of the one before it. Entries may touch.
//! * **I2 Level.** The tree has no node if it is empty; else every leaf is `height - 1` levels below
//!   the root, and the height is at most [`MAX_HEIGHT`].
//! * **I3 Fill.** A leaf has room for `B` entries, an inner node for `2 * B` children. A node holds
//!   at least a quarter of what it has room for, and two at least, except that the root may be a
//!   leaf with one entry, or an inner node with two children.
//! * **I4 Separators.** In an inner node, the key of every child but the last is exactly the largest
//!   end in that child. The last child's key is not kept: what it would be is a separator of a node
//!   above, or the end of the last entry of all.
//! * **I5 Gaps.** The gap before an entry is its start less the end of the entry before it, or less
//!   the lower bound for the first entry. An inner node keeps for each child exactly the widest gap
//!   before any entry in it. The gap after the last entry is not kept anywhere. An entry with a
//!   [margin](Margin) has a gap that is less by it, and none below nothing.
//! * **I6 Marks.** Unused places come after the used ones and hold `u64::MAX` as a key, an end or a
//!   start, no child, and a gap of 0. No key or start in use is `u64::MAX`; an end may be.
//! * **I7 Count.** The number of entries is the one recorded.
//! * **I8 Arenas.** Every node handed out is either reached once from the root or on the list of
//!   free nodes, where it holds nothing.
//! * **I9 Prediction.** No operation of a map inserted other entries than it had predicted before it
//!   changed anything, or elsewhere, or took more nodes. Only debug builds know.
//!
//! The least fill is lower than half on purpose: a node just split has half its places in use, so
//! an edit that goes back and forth across that boundary would merge and split each time if half
//! were the least. A node may thus be left with a quarter; it takes removals alone to get there.
//!
//! Where the gap *before* an entry is kept with that entry, a stack that grows down changes one
//! entry's start and one gap, both in the leaf the cursor is at. Recorded gaps above it change only
//! if it was the widest of the leaf.
//!
//! # Cost
//!
//! With `n` entries: O(log n) for every look-up and edit, and amortised O(1) for a step of a cursor.
//! A descent visits [`height`](Tree::height) nodes. Nodes are in an arena that grows in chunks and
//! never moves or gives back what it has, so that memory for an edit can be had in advance
//! ([`Tree::ensure`]). [`Tree::shrink`] alone gives memory back, and moves every entry for it.

mod arena;
mod bounds;
mod bulk;
mod check;
mod cursor;
mod fit;
mod gap;
mod insert;
mod iter;
mod last_fit;
mod lookup;
mod margin;
mod need;
mod node;
mod prediction;
mod remove;
mod search;
mod tally;
#[cfg(test)]
mod tests;

pub use bulk::BulkError;
pub use check::Violation;
pub use cursor::{Cursor, MAX_HEIGHT};
pub use iter::Iter;
pub use lookup::{Item, Neighbours};
pub use margin::Margin;
pub use need::{Need, OutOfNodes};

use arena::{Arena, NIL};
use node::{Inner, Leaf};
use prediction::Prediction;

/// Disjoint address ranges in order, each with a value. See the [module](self).
///
/// `B` is how many entries a leaf has room for, and half of how many children an inner node has room
/// for: at least 4 and at most 124, and a multiple of 4. Any other does not compile.
///
/// `M` is the [margin](Margin) that searches leave below entries: none, if left out.
///
/// A [`Cursor`] is a place in the tree that does not borrow it. An edit keeps the cursor it is given
/// valid; all others are void from then on. Looking through a void cursor gives some entry or none.
/// An edit through one may break the [invariants](self#invariants), so that look-ups go wrong from
/// then on, and debug builds may panic.
///
/// ```
/// # #[cfg(feature = "unstable")] {
/// use growstack::tree::Tree;
///
/// let mut tree: Tree<&str> = Tree::new(0x1000, 0x9000);
/// let mut at = tree.seek(0x4000);
/// tree.insert(&mut at, 0x4000, 0x6000, "stack")?;
///
/// assert_eq!(tree.get(0x5fff).map(|entry| *entry.value), Some("stack"));
/// assert!(tree.get(0x6000).is_none());
///
/// tree.set_bounds(&at, 0x3000, 0x6000);
/// assert_eq!(tree.neighbours(0x2000).above, Some((0x3000, 0x6000)));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// In this order: what every insertion writes comes first.
#[repr(C)]
pub struct Tree<V, const B: usize = 16, M = ()> {
    len: usize,
    root: u32,
    height: usize,
    min: u64,
    max: u64,
    cap: Option<usize>,
    prediction: Prediction,
    margin: M,
    leaves: Arena<Leaf<V, B>>,
    inner: Arena<Inner<B>>,
}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// Most entries or children of a node at a level.
    const fn room(level: usize) -> usize {
        if level == 0 { B } else { Inner::<B>::ROOM }
    }

    /// Fewest entries or children of a node at a level, other than the root (I3).
    const fn least(level: usize) -> usize {
        let least = Self::room(level) / 4;
        if least > 2 { least } else { 2 }
    }

    /// Most nodes that one insertion takes: one for every level there is, and one more for a new
    /// root, which is a level itself.
    pub const MAX_NODES_PER_INSERT: usize = MAX_HEIGHT;

    /// An empty tree for entries within `[min, max)`; allocates nothing.
    ///
    /// If `max` is below `min`, it counts as `min`, and no entry fits.
    #[must_use]
    pub const fn new(min: u64, max: u64) -> Self {
        const {
            assert!(B >= 4 && B <= 124 && B.is_multiple_of(4), "nodes of an unusable size");
        }
        Self {
            leaves: Arena::new(),
            inner: Arena::new(),
            root: NIL,
            height: 0,
            len: 0,
            min,
            max: if max < min { min } else { max },
            cap: None,
            prediction: Prediction::new(),
            margin: M::START,
        }
    }

    /// The addresses that entries lie within, as `(min, max)`.
    #[must_use]
    pub fn bounds(&self) -> (u64, u64) {
        (self.min, self.max)
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of nodes a descent visits: 0 if the tree is empty, 1 if it is a single leaf.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Drops every entry, and keeps the memory. O(nodes).
    pub fn clear(&mut self) {
        self.prediction.move_entries();
        self.leaves.clear();
        self.inner.clear();
        self.root = NIL;
        self.height = 0;
        self.len = 0;
    }
}

impl<V, const B: usize, M> core::fmt::Debug for Tree<V, B, M> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tree")
            .field("min", &self.min)
            .field("max", &self.max)
            .field("len", &self.len)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}
