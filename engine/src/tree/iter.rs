//! Iteration in address order.

use super::node::Leaf;
use super::{Cursor, Item, Tree};

/// The entries of a tree from some place on, in address order.
pub struct Iter<'a, V, const B: usize = 16> {
    tree: &'a Tree<V, B>,
    at: Cursor,
    leaf: Option<&'a Leaf<V, B>>,
    slot: usize,
}

impl<V: Default, const B: usize> Tree<V, B> {
    /// All entries in address order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, V, B> {
        self.iter_from(&self.first())
    }

    /// The entry at a cursor and those after it, in address order.
    #[must_use]
    pub fn iter_from(&self, at: &Cursor) -> Iter<'_, V, B> {
        Iter { tree: self, at: at.clone(), leaf: self.leaf(at), slot: at.slot(0) }
    }
}

impl<'a, V: Default, const B: usize> Iterator for Iter<'a, V, B> {
    type Item = Item<'a, V>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a, V>> {
        loop {
            if let Some(item) = self.leaf?.item(self.slot) {
                self.slot += 1;
                return Some(item);
            }
            self.slot = 0;
            let more = self.tree.next_leaf(&mut self.at);
            self.leaf = if more { self.tree.leaf(&self.at) } else { None };
        }
    }
}

impl<V: Default, const B: usize> core::iter::FusedIterator for Iter<'_, V, B> {}

impl<V, const B: usize> core::fmt::Debug for Iter<'_, V, B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Iter").field("slot", &self.slot).finish_non_exhaustive()
    }
}

impl<'a, V: Default, const B: usize> IntoIterator for &'a Tree<V, B> {
    type Item = Item<'a, V>;
    type IntoIter = Iter<'a, V, B>;

    fn into_iter(self) -> Iter<'a, V, B> {
        self.iter()
    }
}
