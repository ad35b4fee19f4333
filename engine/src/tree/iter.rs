//! Iteration in address order, from either end.
//!
//! Each end has a run of entries of one leaf that it hands out without a look at the tree. When an
//! end reaches the leaf of the other, the two have met: nothing is left between their runs, and the
//! one that runs out goes on with the other's. An end's place is looked up when it is first asked for
//! an entry, so that a walk in one direction pays for one place.

use core::iter::FusedIterator;

use super::margin::Margin;
use super::node::Leaf;
use super::search::rank;
use super::{Cursor, Item, Tree};

/// The entries of a tree that lie in some range of addresses, in address order.
pub struct Iter<'a, V, const B: usize = 16, M = ()> {
    front: Run<'a, V, B>,
    back: Run<'a, V, B>,
    // Apart, so that a loop can keep the runs in registers.
    between: Between<'a, V, B, M>,
}

/// Entries of a leaf: those from one place up to another, as far as places are in use.
struct Run<'a, V, const B: usize> {
    leaf: Option<&'a Leaf<V, B>>,
    from: usize,
    to: usize,
}

/// What is left between the two runs.
struct Between<'a, V, const B: usize, M> {
    tree: &'a Tree<V, B, M>,
    /// Entries with an end above this are wanted,
    low: u64,
    /// and a start below this.
    high: u64,
    /// The leaf of the run of the front, and of the back, once there was one.
    front: Option<Cursor>,
    back: Option<Cursor>,
    /// Have the ends met?
    met: bool,
    /// Entries in no leaf that the front is done with, and in no run of the back.
    unseen: usize,
    /// From where to where the last run was.
    noted: (usize, usize),
}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// All entries in address order. How many are left is known exactly.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, V, B, M> {
        self.range(0, u64::MAX)
    }

    /// The entries with an address in `[low, high)`, in address order. Each end takes O(log n) for
    /// its first entry, and amortised O(1) for each after it.
    ///
    /// How many are left is known exactly if the range holds the tree's [bounds](Self::bounds), or
    /// once the two ends are in the same leaf; else there are two bounds, of which the upper
    /// one may count every entry of the tree.
    ///
    /// ```
    /// # #[cfg(feature = "unstable")] {
    /// # use growstack::tree::Tree;
    /// let tree: Tree<()> = Tree::bulk(0, 100, [(10, 20, ()), (25, 30, ()), (60, 70, ())])?;
    /// assert!(tree.range(19, 60).map(|item| item.start).eq([10, 25]));
    /// assert!(tree.range(20, 61).rev().map(|item| item.start).eq([60, 25]));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn range(&self, low: u64, high: u64) -> Iter<'_, V, B, M> {
        let between = Between {
            tree: self,
            low,
            high,
            front: None,
            back: None,
            met: low >= high,
            unseen: self.len(),
            noted: (0, 0),
        };
        Iter { front: Run::EMPTY, back: Run::EMPTY, between }
    }

    /// The entry at a cursor and those after it, in address order.
    #[must_use]
    pub fn iter_from(&self, at: &Cursor) -> Iter<'_, V, B, M> {
        let low = self.item(at).map_or(u64::MAX, |item| item.start);
        let mut iter = self.range(low, u64::MAX);
        if let Some(leaf) = self.leaf(at) {
            iter.front = Run { leaf: Some(leaf), from: at.slot(0), to: B };
            iter.between.front = Some(at.clone());
        }
        iter
    }
}

impl<'a, V, const B: usize> Run<'a, V, B> {
    const EMPTY: Self = Self { leaf: None, from: 0, to: 0 };

    fn len(&self) -> usize {
        let used = self.leaf.map_or(0, Leaf::len);
        self.to.min(used).saturating_sub(self.from)
    }

    #[inline(always)]
    fn next(&mut self) -> Option<Item<'a, V>> {
        if self.from >= self.to {
            return None;
        }
        let item = self.leaf?.item(self.from)?;
        self.from += 1;
        Some(item)
    }

    #[inline(always)]
    fn next_back(&mut self) -> Option<Item<'a, V>> {
        if self.from >= self.to {
            return None;
        }
        self.to -= 1;
        self.leaf?.item(self.to)
    }

    /// The same, where there may be unused places before `to`.
    fn last_in_use(&mut self) -> Option<Item<'a, V>> {
        self.to = self.to.min(self.leaf?.len());
        self.next_back()
    }
}

impl<'a, V: Default, const B: usize, M: Margin<V>> Between<'a, V, B, M> {
    /// The next leaf up, whose run is noted; `None` if the ends have met. In the leaf so far, the
    /// front has got to the place `done`.
    #[inline(never)]
    fn leaf_up(&mut self, done: usize) -> Option<&'a Leaf<V, B>> {
        if self.met {
            return None;
        }
        let (tree, first) = (self.tree, self.front.is_none());
        // Until it turns out that there is one.
        self.met = true;
        let at = match &mut self.front {
            Some(at) => tree.next_leaf(at).then_some(at)?,
            None => self.front.insert(tree.seek(self.low)),
        };
        if self.back.as_ref().is_some_and(|back| back.same_leaf(at)) {
            return None;
        }
        let leaf = tree.leaf(at)?;
        let from = if first { leaf.rank(self.low) } else { 0 };
        let to = if self.high < tree.max { leaf.starts_below(self.high) } else { B };
        self.met = leaf.range(to).is_some();
        self.unseen = self.unseen.saturating_sub(done);
        self.noted = (from, to);
        Some(leaf)
    }

    /// The next leaf down, whose run is noted; `None` if the ends have met.
    #[inline(never)]
    fn leaf_down(&mut self) -> Option<&'a Leaf<V, B>> {
        if self.met {
            return None;
        }
        let tree = self.tree;
        self.met = true;
        let at = match &mut self.back {
            Some(at) => tree.previous_leaf(at).then_some(at)?,
            None => self.back.insert(tree.seek(self.high.saturating_sub(1))),
        };
        if self.front.as_ref().is_some_and(|front| front.same_leaf(at)) {
            return None;
        }
        let leaf = tree.leaf(at)?;
        let (from, to) = (leaf.rank(self.low), leaf.starts_below(self.high));
        self.met = from > 0;
        self.unseen = self.unseen.saturating_sub(to.saturating_sub(from));
        self.noted = (from, to);
        Some(leaf)
    }

    /// The run of a leaf, as noted.
    // Not returned with the leaf: it would be copied through memory.
    #[inline(always)]
    fn run(&self, leaf: &'a Leaf<V, B>) -> Run<'a, V, B> {
        Run { leaf: Some(leaf), from: self.noted.0, to: self.noted.1 }
    }
}

impl<V, const B: usize> Leaf<V, B> {
    /// How many entries start below `high`, which is not 0.
    fn starts_below(&self, high: u64) -> usize {
        rank(&self.starts, high.saturating_sub(1))
    }
}

impl<V, const B: usize, M> Iter<'_, V, B, M> {
    /// At least and at most how many entries are left.
    fn left(&self) -> (usize, usize) {
        let Between { tree, low, high, met, unseen, .. } = self.between;
        let sure = self.front.len() + self.back.len();
        if met {
            return (sure, sure);
        }
        let most = unseen.saturating_sub(self.front.from) + self.back.len();
        let all = low <= tree.min && tree.max <= high;
        (if all { most } else { sure }, most)
    }
}

impl<'a, V: Default, const B: usize, M: Margin<V>> Iterator for Iter<'a, V, B, M> {
    type Item = Item<'a, V>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a, V>> {
        loop {
            if let Some(item) = self.front.next() {
                return Some(item);
            }
            match self.between.leaf_up(self.front.from) {
                Some(leaf) => self.front = self.between.run(leaf),
                None => return self.back.next(),
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.left();
        (least, Some(most))
    }
}

impl<V: Default, const B: usize, M: Margin<V>> DoubleEndedIterator for Iter<'_, V, B, M> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.back.next_back() {
                return Some(item);
            }
            match self.between.leaf_down() {
                Some(leaf) => self.back = self.between.run(leaf),
                None => return self.front.last_in_use(),
            }
        }
    }
}

impl<V: Default, const B: usize, M: Margin<V>> FusedIterator for Iter<'_, V, B, M> {}

impl<V, const B: usize, M> core::fmt::Debug for Iter<'_, V, B, M> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Iter").field("left", &self.left()).finish_non_exhaustive()
    }
}

impl<'a, V: Default, const B: usize, M: Margin<V>> IntoIterator for &'a Tree<V, B, M> {
    type Item = Item<'a, V>;
    type IntoIter = Iter<'a, V, B, M>;

    fn into_iter(self) -> Iter<'a, V, B, M> {
        self.iter()
    }
}
