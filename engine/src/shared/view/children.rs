//! An inner node taken apart, to be changed and put together again.

use super::node::{INNER, Inner, NIL};
use super::search::VACANT;

/// Children in order, with the key between each two.
#[derive(Clone, Copy)]
pub(super) struct Children {
    keys: [u64; 2 * INNER],
    nodes: [u32; 2 * INNER],
    len: usize,
}

impl Children {
    pub(super) fn of(inner: &Inner) -> Self {
        let mut children = Self { keys: [VACANT; 2 * INNER], nodes: [NIL; 2 * INNER], len: 0 };
        for slot in 0..INNER {
            let node = inner.child(slot);
            if node == NIL {
                break;
            }
            children.push(node, inner.key(slot));
        }
        children
    }

    fn push(&mut self, node: u32, key: u64) {
        let places = (self.nodes.get_mut(self.len), self.keys.get_mut(self.len));
        if let (Some(place), Some(after)) = places {
            *place = node;
            *after = key;
            self.len += 1;
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The child at a place; [`NIL`] if there is none.
    pub(super) fn node(&self, slot: usize) -> u32 {
        self.nodes.get(slot).copied().unwrap_or(NIL)
    }

    /// The key after the child at a place.
    pub(super) fn key(&self, slot: usize) -> u64 {
        self.keys.get(slot).copied().unwrap_or(VACANT)
    }

    /// Puts a child after the one at a place, with the key between them.
    pub(super) fn insert_after(&mut self, slot: usize, key: u64, node: u32) {
        if let Some(places) = self.nodes.get_mut(slot + 1..=self.len) {
            places.rotate_right(1);
            places.iter_mut().take(1).for_each(|place| *place = node);
        }
        if let Some(places) = self.keys.get_mut(slot..=self.len) {
            places.rotate_right(1);
            places.iter_mut().take(1).for_each(|place| *place = key);
        }
        self.len += 1;
    }

    /// Takes the child after the one at a place out, and the key between them.
    pub(super) fn remove_after(&mut self, slot: usize) {
        if let Some(places) = self.nodes.get_mut(slot + 1..self.len) {
            places.rotate_left(1);
        }
        if let Some(places) = self.keys.get_mut(slot..self.len) {
            places.rotate_left(1);
        }
        self.len -= 1;
    }

    /// These children and those of the next node, with the key between them; `None` if there would
    /// be more than `most`.
    pub(super) fn joined(&self, key: u64, next: &Self, most: usize) -> Option<Self> {
        if self.len + next.len > most {
            return None;
        }
        let mut both = *self;
        if let Some(last) = both.len.checked_sub(1).and_then(|last| both.keys.get_mut(last)) {
            *last = key;
        }
        (0..next.len).for_each(|slot| both.push(next.node(slot), next.key(slot)));
        Some(both)
    }

    /// Puts the children from `first` on up to `end`, at most `INNER` of them, into a node.
    pub(super) fn write(&self, inner: &Inner, first: usize, end: usize) {
        let nodes = self.nodes.get(first..end).unwrap_or_default();
        let keys = self.keys.get(first..end.saturating_sub(1)).unwrap_or_default();
        inner.fill(keys, nodes);
    }
}
