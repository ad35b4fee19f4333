//! Building a tree from entries in order.

use super::arena::Arena;
use super::margin::Margin;
use super::node::{Inner, Leaf};
use super::{Cursor, Need, OutOfNodes, Tree};
use core::fmt;

/// Why a tree could not be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkError {
    /// An entry is empty, overlaps the one before it, or comes before it.
    Order {
        /// Its number, from 0.
        index: usize,
        /// Its start.
        start: u64,
        /// Its end.
        end: u64,
        /// The end of the entry before it, or the lower bound.
        below: u64,
    },
    /// An entry reaches out of the bounds.
    Bounds {
        /// Its number, from 0.
        index: usize,
        /// Its start.
        start: u64,
        /// Its end.
        end: u64,
    },
    /// The allocator refused.
    OutOfNodes(OutOfNodes),
}

impl fmt::Display for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Order { index, start, end, below } => {
                write!(f, "entry {index}, [{start:#x}, {end:#x}), is empty or not after {below:#x}")
            }
            Self::Bounds { index, start, end } => {
                write!(f, "entry {index}, [{start:#x}, {end:#x}), is out of bounds")
            }
            Self::OutOfNodes(out) => out.fmt(f),
        }
    }
}

impl core::error::Error for BulkError {}

impl From<OutOfNodes> for BulkError {
    fn from(out: OutOfNodes) -> Self {
        Self::OutOfNodes(out)
    }
}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// Entries or children given to a node at first: an eighth of the places stay free, so that
    /// the first insertions need not split.
    const fn fill(level: usize) -> usize {
        Self::room(level) - Self::room(level) / 8
    }

    /// A tree of entries in order, `(start, end, value)`. O(n).
    ///
    /// # Errors
    ///
    /// [`BulkError`] if an entry is empty, not in order or out of bounds, or the allocator refuses.
    pub fn bulk(
        min: u64,
        max: u64,
        entries: impl IntoIterator<Item = (u64, u64, V)>,
    ) -> Result<Self, BulkError> {
        let mut tree = Self::new(min, max);
        let mut at = tree.end();
        let mut below = min;
        for (index, (start, end, value)) in entries.into_iter().enumerate() {
            if start < tree.min || end > tree.max {
                return Err(BulkError::Bounds { index, start, end });
            }
            if start >= end || start < below {
                return Err(BulkError::Order { index, start, end, below });
            }
            tree.append(&mut at, start, end, value)?;
            below = end;
        }
        let filled = tree.fill_up_last();
        debug_assert!(filled.is_some(), "a path of the tree's own");
        Ok(tree)
    }

    /// Makes nodes free for a tree of `entries` entries that is built by
    /// [`append`](Self::append).
    ///
    /// # Errors
    ///
    /// [`OutOfNodes`] if the allocator refuses, or the cap is below that.
    pub(crate) fn ensure_bulk(&mut self, entries: usize) -> Result<(), OutOfNodes> {
        self.ensure(Self::need_bulk(entries))
    }

    /// The nodes of such a tree.
    const fn need_bulk(entries: usize) -> Need {
        let leaves = entries.div_ceil(Self::fill(0));
        let mut need = Need { leaves, inner: 0 };
        let mut level = leaves;
        while level > 1 {
            level = level.div_ceil(Self::fill(1));
            need.inner += level;
        }
        need
    }

    /// Gives back what memory the entries do not need: they move to nodes of their own, filled to
    /// seven eighths, and the old ones go, with those that were free. Does nothing where that would
    /// save none. O(n). Until it is done there is memory for both.
    ///
    /// # Errors
    ///
    /// [`OutOfNodes`] if the allocator refuses, or if the cap does because the nodes are fuller now
    /// than they would be. Nothing changed.
    pub fn shrink(&mut self) -> Result<(), OutOfNodes> {
        let need = Self::need_bulk(self.len);
        let (leaves, inner) = (Arena::<Leaf<V, B>>::bytes_for, Arena::<Inner<B>>::bytes_for);
        if leaves(need.leaves) + inner(need.inner) >= self.leaves.bytes() + self.inner.bytes() {
            return Ok(());
        }
        let mut tree = Self::new(self.min, self.max);
        (tree.cap, tree.margin) = (self.cap, self.margin);
        tree.ensure(need)?;
        let (mut from, mut to) = (self.first(), tree.end());
        while let Some(item) = self.item(&from) {
            let (start, end) = (item.start, item.end);
            let value = self.value_mut(&from).map(core::mem::take).unwrap_or_default();
            let appended = tree.append(&mut to, start, end, value);
            debug_assert!(appended.is_ok(), "nodes are reserved");
            self.advance(&mut from);
        }
        let filled = tree.fill_up_last();
        debug_assert!(filled.is_some(), "a path of the tree's own");
        *self = tree;
        Ok(())
    }

    /// Inserts an entry at the end, where the cursor is and stays.
    pub(crate) fn append(
        &mut self,
        at: &mut Cursor,
        start: u64,
        end: u64,
        value: V,
    ) -> Result<(), OutOfNodes> {
        if self.height == 0 {
            self.insert(at, start, end, value)?;
        } else {
            if at.slot(0) == Self::fill(0) {
                let top = self.lowest_unfilled(at);
                self.ensure(Need { leaves: 1, inner: top - usize::from(top < self.height) })?;
                let added = self.add_last_leaf(at, top);
                debug_assert!(added.is_some(), "nodes are reserved");
            }
            let below = self.end_below(at);
            let placed = self.place(at, (start, end), value, below, |_| ());
            debug_assert!(placed.is_some(), "the last leaf has room");
        }
        at.set_slot(0, at.slot(0) + 1);
        Ok(())
    }

    /// The level of the lowest last node that is not filled; that of a new root, if all are.
    fn lowest_unfilled(&self, at: &Cursor) -> usize {
        let filled = |level: &usize| self.len_at(at, *level) >= Self::fill(*level);
        (1..self.height).take_while(filled).count() + 1
    }

    /// Adds a path of new nodes for one more leaf, from the last node at level `top`.
    fn add_last_leaf(&mut self, at: &mut Cursor, top: usize) -> Option<()> {
        let key = self.end_below(at)?;
        if top == self.height {
            self.grow_root(at)?;
        }
        let mut key = Some(key);
        for level in (0..top).rev() {
            let node = if level == 0 { self.leaves.take()? } else { self.inner.take()? };
            let parent = self.inner.get_mut(at.node(level + 1))?;
            match key.take() {
                Some(key) => {
                    let slot = at.slot(level + 1);
                    parent.insert_after(slot, key, node)?;
                    at.set_slot(level + 1, slot + 1);
                }
                None => *parent.children_mut().first_mut()? = node,
            }
            at.set(level, node, 0);
        }
        Some(())
    }

    /// Gives the last node of each level half of what the one before it has, if it is underfull.
    ///
    /// From the top down, since a node has a sibling to get it from only if its parent has two
    /// children, as the root does.
    pub(crate) fn fill_up_last(&mut self) -> Option<()> {
        for level in (0..self.height.saturating_sub(1)).rev() {
            let at = self.end();
            let len = self.len_at(&at, level);
            if len < Self::least(level) {
                let before = at.slot(level + 1).checked_sub(1)?;
                self.level_out(&at, level, before, (Self::fill(level) + len) / 2)?;
            }
        }
        Some(())
    }
}
