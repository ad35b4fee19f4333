//! The red-black tree of `intrusive-collections`, keyed by the end of an entry: a node for each
//! entry, bounds and value in it, as kernels have them.

#![allow(clippy::must_use_candidate, missing_docs)] // What the macro of the crate makes.

use intrusive_collections::rbtree::Cursor;
use intrusive_collections::{Bound::Excluded, KeyAdapter, RBTree, RBTreeLink, intrusive_adapter};
use std::cell::Cell;

use crate::peer::{Around, Bounds, Grown, PeerMap, Value, down, up};

#[derive(Debug)]
struct Node {
    link: RBTreeLink,
    // Cells, since the tree hands out shared references; a growth never changes the order.
    start: Cell<u64>,
    end: Cell<u64>,
    value: Cell<Value>,
}

impl Node {
    fn boxed(start: u64, end: u64, value: Value) -> Box<Self> {
        let (start, end, value) = (Cell::new(start), Cell::new(end), Cell::new(value));
        Box::new(Self { link: RBTreeLink::new(), start, end, value })
    }

    #[inline]
    fn bounds(&self) -> Bounds {
        (self.start.get(), self.end.get())
    }
}

intrusive_adapter!(ByEnd = Box<Node>: Node { link => RBTreeLink });

impl<'a> KeyAdapter<'a> for ByEnd {
    type Key = u64;

    #[inline]
    fn get_key(&self, node: &'a Node) -> u64 {
        node.end.get()
    }
}

/// Nodes in order of their ends.
pub struct RedBlack(RBTree<ByEnd>);

impl core::fmt::Debug for RedBlack {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RedBlack").finish_non_exhaustive()
    }
}

impl RedBlack {
    #[inline]
    fn at(&self, addr: u64) -> Cursor<'_, ByEnd> {
        self.0.lower_bound(Excluded(&addr))
    }
}

impl PeerMap for RedBlack {
    #[inline(always)]
    fn entry(&self, addr: u64) -> Option<(Bounds, Value)> {
        let node = self.at(addr).get()?;
        (node.start.get() <= addr).then(|| (node.bounds(), node.value.get()))
    }

    #[inline(always)]
    fn neighbours(&self, addr: u64) -> Around {
        let at = self.at(addr);
        let below = at.peek_prev().get().map_or(0, |node| node.end.get());
        Around { below, above: at.get().map(Node::bounds) }
    }

    fn empty(_: u64) -> Self {
        Self(RBTree::new(ByEnd::new()))
    }

    #[inline]
    fn insert(&mut self, start: u64, end: u64, value: Value) {
        self.0.insert(Node::boxed(start, end, value));
    }

    #[inline]
    fn remove(&mut self, _: u64, end: u64) -> u64 {
        self.0.find_mut(&end).remove().map_or(0, |node| node.value.get().word())
    }

    fn set_start(&mut self, old: Bounds, start: u64) {
        if let Some(node) = self.0.find(&old.1).get() {
            node.start.set(start);
        }
    }

    fn set_end(&mut self, old: Bounds, end: u64) {
        if let Some(node) = self.0.find(&old.1).get() {
            node.end.set(end);
        }
    }

    #[inline]
    fn set_value(&mut self, bounds: Bounds, value: Value) {
        if let Some(node) = self.0.find(&bounds.1).get() {
            node.value.set(value);
        }
    }

    fn from(&self, addr: u64) -> impl Iterator<Item = Bounds> + '_ {
        let mut at = self.at(addr);
        std::iter::from_fn(move || {
            let bounds = at.get().map(Node::bounds)?;
            at.move_next();
            Some(bounds)
        })
    }

    #[inline]
    fn grow_down(&mut self, addr: u64) -> Grown {
        let mut at = self.0.lower_bound_mut(Excluded(&addr));
        let below = at.peek_prev().get().map_or(0, |node| node.end.get());
        match down(addr, below, at.get().map(Node::bounds)) {
            Ok((old, start)) => {
                if let Some(node) = at.get() {
                    node.value.set(Value::PLAIN);
                }
                at.insert_before(Node::boxed(start, old.0, Value::GROWS_DOWN));
                Grown::To(start)
            }
            Err(other) => other,
        }
    }

    #[inline]
    fn grow_up(&mut self, addr: u64) -> Grown {
        let at = self.at(addr);
        let lower = at.peek_prev();
        let Some(node) = lower.get() else { return Grown::Refused };
        match up(addr, node.bounds(), at.get().map(Node::bounds)) {
            Ok(end) => {
                node.end.set(end);
                Grown::To(end)
            }
            Err(other) => other,
        }
    }
}
