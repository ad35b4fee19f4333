//! Cursors: a place in the tree, as the path that leads to it.
//!
//! Nodes know neither their parent nor their siblings, so that an edit writes to no node but those
//! it is about. A cursor carries the path instead: for each level the node and the place in it.
//! Levels are counted from the leaves up, so that a root that comes or goes shifts nothing.

use super::arena::NIL;
use super::margin::Margin;
use super::node::{Inner, Leaf};
use super::{Item, Tree};

/// Most levels of a tree.
///
/// There are indices for 6,291,456 leaves. Inner nodes have at least two children, so a tree of height
/// `h` has at least 2^(h - 1) leaves, and `h` is at most 23. With the default `B`, of which an inner
/// node has at least eight children, it is at most 9.
pub const MAX_HEIGHT: usize = 23;

const _: () = assert!(super::arena::MOST_NODES < 1 << MAX_HEIGHT);

/// A place in a tree: an entry, or the end, past the last entry.
///
/// It does not borrow the tree. See [`Tree`] for what makes it void.
#[derive(Clone, Debug)]
pub struct Cursor {
    nodes: [u32; MAX_HEIGHT],
    slots: [u8; MAX_HEIGHT],
    height: usize,
}

const _: () = assert!(size_of::<Cursor>() == 128);

impl Default for Cursor {
    /// The end of an empty tree.
    fn default() -> Self {
        Self::new(0)
    }
}

impl Cursor {
    #[inline(always)]
    pub(super) const fn new(height: usize) -> Self {
        Self { nodes: [NIL; MAX_HEIGHT], slots: [0; MAX_HEIGHT], height }
    }

    /// Are both cursors in the same leaf?
    #[must_use]
    pub fn same_leaf(&self, other: &Self) -> bool {
        self.node(0) == other.node(0)
    }

    /// Levels of the path.
    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// The node at a level; [`NIL`] if the path has no such level.
    #[inline(always)]
    pub(super) fn node(&self, level: usize) -> u32 {
        self.nodes.get(level).copied().unwrap_or(NIL)
    }

    /// The place in the node at a level. In a leaf it may be the one after the last entry, if the
    /// cursor is at the end.
    #[inline(always)]
    pub(super) fn slot(&self, level: usize) -> usize {
        self.slots.get(level).copied().map_or(0, usize::from)
    }

    #[inline(always)]
    pub(super) fn set(&mut self, level: usize, node: u32, slot: usize) {
        if let Some(place) = self.nodes.get_mut(level) {
            *place = node;
        }
        self.set_slot(level, slot);
    }

    #[inline(always)]
    pub(super) fn set_slot(&mut self, level: usize, slot: usize) {
        if let Some(place) = self.slots.get_mut(level) {
            #[expect(clippy::cast_possible_truncation, reason = "a node has at most 248 places")]
            let slot = slot as u8;
            *place = slot;
        }
    }

    /// Adds a level at the top.
    pub(super) fn push_root(&mut self, node: u32, slot: usize) {
        self.set(self.height, node, slot);
        self.height += 1;
    }

    /// Drops the top level.
    pub(super) fn pop_root(&mut self) {
        self.height = self.height.saturating_sub(1);
    }
}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// A cursor at the first entry with an end above `addr`, or at the end if there is none.
    #[inline]
    #[must_use]
    pub fn seek(&self, addr: u64) -> Cursor {
        let mut at = Cursor::default();
        self.seek_into(addr, &mut at);
        at
    }

    /// Moves a cursor, of whatever tree and void or not, to where [`seek`](Self::seek) would be, and
    /// gives the entry there; `None` at the end.
    ///
    /// A cursor is 128 bytes. Where nanoseconds count, this saves copying it, and looking for the
    /// entry again.
    #[inline(always)]
    pub fn seek_into(&self, addr: u64, at: &mut Cursor) -> Option<Item<'_, V>> {
        at.height = self.height;
        if addr == u64::MAX {
            self.move_to_end(at);
            return None;
        }
        let mut node = self.root;
        for level in (1..self.height).rev() {
            let Some(inner) = self.inner.get(node) else { break };
            let slot = inner.rank(addr);
            at.set(level, node, slot);
            node = inner.child(slot);
        }
        let leaf = self.leaves.get(node);
        let slot = leaf.map_or(0, |leaf| leaf.rank(addr));
        at.set(0, node, slot);
        leaf?.item(slot)
    }

    /// A cursor at the first entry, or at the end if there is none.
    #[must_use]
    pub fn first(&self) -> Cursor {
        let mut at = Cursor::new(self.height);
        self.descend_first(&mut at, self.height, self.root);
        at
    }

    /// A cursor at the end, past the last entry.
    #[must_use]
    pub fn end(&self) -> Cursor {
        let mut at = Cursor::new(self.height);
        self.move_to_end(&mut at);
        at
    }

    #[cold]
    fn move_to_end(&self, at: &mut Cursor) {
        self.descend_last(at, self.height, self.root);
        at.set_slot(0, self.leaf(at).map_or(0, Leaf::len));
    }

    /// The entry at a cursor; `None` at the end.
    #[inline]
    #[must_use]
    pub fn item(&self, at: &Cursor) -> Option<Item<'_, V>> {
        self.leaf(at)?.item(at.slot(0))
    }

    /// The value of the entry at a cursor; `None` at the end.
    #[inline]
    #[must_use]
    pub fn value_mut(&mut self, at: &Cursor) -> Option<&mut V> {
        let leaf = self.leaves.get_mut(at.node(0))?;
        leaf.range(at.slot(0))?;
        leaf.values.get_mut(at.slot(0))
    }

    /// Moves a cursor to the next entry; `false` if that takes it to the end, or it is there.
    #[inline]
    pub fn advance(&self, at: &mut Cursor) -> bool {
        let slot = at.slot(0);
        let Some(leaf) = self.leaf(at) else { return false };
        if leaf.range(slot).is_none() {
            return false;
        }
        at.set_slot(0, slot + 1);
        leaf.range(slot + 1).is_some() || self.next_leaf(at)
    }

    /// Moves a cursor to the entry before, from the end to the last one; `false`, and the cursor
    /// stays, if there is none.
    #[inline]
    pub fn retreat(&self, at: &mut Cursor) -> bool {
        match at.slot(0).checked_sub(1) {
            Some(slot) => {
                at.set_slot(0, slot);
                true
            }
            None => self.previous_leaf(at),
        }
    }

    /// The entry before a cursor; `None` if there is none. Copies no path, as a cursor that
    /// [retreats](Self::retreat) would have to.
    #[inline]
    #[must_use]
    pub fn item_below(&self, at: &Cursor) -> Option<Item<'_, V>> {
        match at.slot(0).checked_sub(1) {
            Some(slot) => self.leaf(at)?.item(slot),
            None => self.last_item_before_leaf(at),
        }
    }

    /// The entry after the one at a cursor; `None` if there is none.
    #[inline]
    #[must_use]
    pub fn item_above(&self, at: &Cursor) -> Option<Item<'_, V>> {
        let leaf = self.leaf(at)?;
        let slot = at.slot(0) + 1;
        leaf.item(slot).or_else(|| self.first_item_after_leaf(at))
    }

    #[cold]
    fn last_item_before_leaf(&self, at: &Cursor) -> Option<Item<'_, V>> {
        let parted = (1..at.height()).find(|&level| at.slot(level) > 0)?;
        let mut node = self.inner_at(at, parted)?.child(at.slot(parted) - 1);
        for _ in 1..parted {
            let inner = self.inner.get(node)?;
            node = inner.child(inner.len() - 1);
        }
        let leaf = self.leaves.get(node)?;
        leaf.item(leaf.len().checked_sub(1)?)
    }

    #[cold]
    fn first_item_after_leaf(&self, at: &Cursor) -> Option<Item<'_, V>> {
        let next = |level| self.inner_at(at, level).map(|inner| inner.child(at.slot(level) + 1));
        let (parted, mut node) = (1..at.height()).find_map(|level| {
            next(level).filter(|&child| child != NIL).map(|child| (level, child))
        })?;
        for _ in 1..parted {
            node = self.inner.get(node)?.child(0);
        }
        self.leaves.get(node)?.item(0)
    }

    /// The end of the entry before a cursor; `None` if there is none.
    ///
    /// Reads the leaf, and if the cursor is at its first entry the separators above, but no other
    /// leaf.
    #[inline]
    #[must_use]
    pub fn end_below(&self, at: &Cursor) -> Option<u64> {
        self.leaf(at)?.end_below(at.slot(0)).or_else(|| self.end_before_leaf(at))
    }

    /// The end of the last entry before the leaf of a cursor.
    #[cold]
    pub(super) fn end_before_leaf(&self, at: &Cursor) -> Option<u64> {
        (1..at.height()).find_map(|level| self.inner_at(at, level)?.end_below(at.slot(level)))
    }

    /// The end of the last entry.
    pub(super) fn last_end(&self) -> Option<u64> {
        self.end_below(&self.end())
    }

    /// The margin below the entry at a cursor; 0 at the end.
    #[inline(always)]
    pub(super) fn margin_at(&self, at: &Cursor) -> u64 {
        if M::NONE {
            return 0;
        }
        self.leaf(at).map_or(0, |leaf| leaf.margin(at.slot(0), self.margin))
    }

    #[inline(always)]
    pub(super) fn leaf(&self, at: &Cursor) -> Option<&Leaf<V, B>> {
        self.leaves.get(at.node(0))
    }

    /// The inner node of a path at a level from 1 up.
    #[inline(always)]
    pub(super) fn inner_at(&self, at: &Cursor, level: usize) -> Option<&Inner<B>> {
        self.inner.get(at.node(level))
    }

    /// Moves to the first entry of the next leaf; `false`, and the cursor stays, in the last one.
    #[cold]
    pub(super) fn next_leaf(&self, at: &mut Cursor) -> bool {
        for level in 1..at.height() {
            let next = at.slot(level) + 1;
            let Some(inner) = self.inner_at(at, level) else { return false };
            let child = inner.child(next);
            if child != NIL {
                at.set_slot(level, next);
                self.descend_first(at, level, child);
                return true;
            }
        }
        false
    }

    /// Moves to the last entry of the leaf before; `false`, and the cursor stays, in the first one.
    #[cold]
    pub(super) fn previous_leaf(&self, at: &mut Cursor) -> bool {
        for level in 1..at.height() {
            if let Some(previous) = at.slot(level).checked_sub(1) {
                let Some(inner) = self.inner_at(at, level) else { return false };
                at.set_slot(level, previous);
                self.descend_last(at, level, inner.child(previous));
                return true;
            }
        }
        false
    }

    /// Completes a path below a level with the first entry under `node`.
    fn descend_first(&self, at: &mut Cursor, below: usize, mut node: u32) {
        for level in (1..below).rev() {
            at.set(level, node, 0);
            node = self.inner.get(node).map_or(NIL, |inner| inner.child(0));
        }
        at.set(0, node, 0);
    }

    /// Completes a path below a level with the last entry under `node`.
    fn descend_last(&self, at: &mut Cursor, below: usize, mut node: u32) {
        for level in (1..below).rev() {
            let Some(inner) = self.inner.get(node) else { break };
            let last = inner.len() - 1;
            at.set(level, node, last);
            node = inner.child(last);
        }
        let last = self.leaves.get(node).map_or(0, |leaf| leaf.len().saturating_sub(1));
        at.set(0, node, last);
    }
}
