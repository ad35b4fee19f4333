//! The writer of the view: one at a time, under the map lock held to write.

use super::node::{Children, INNER, LEAF, NIL, VACANT};
use super::pool::{Exhausted, Pool};
use super::row::{Editable as _, join, split};
use super::{MOST_LEVELS, UNMAPPED, View, value};
use crate::change::Change;
use crate::entry::Entry;
use crate::range::AddrRange;
use crate::refusal::Refusal;

/// Pieces of a leaf, and children of an inner node, with more of which it is split. Readers need not
/// know.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Room {
    pieces: usize,
    children: usize,
}

impl Room {
    /// As many as there are places.
    pub(in super::super) const WHOLE: Self = Self { pieces: LEAF, children: INNER };
    /// So few that few entries make several levels: for tests.
    pub(in super::super) const NARROW: Self = Self { pieces: 4, children: 4 };

    /// A node with no more than this is put together with a neighbour,
    const fn least(room: usize) -> usize {
        room / 4
    }

    /// if both have no more than this; room is left, or the next change would part them again.
    const fn most(room: usize) -> usize {
        room / 4 * 3
    }
}

/// Which nodes are in use, and where the tree begins: what only the writer needs to know.
#[derive(Debug)]
pub(in super::super) struct Publisher {
    leaves: Pool,
    inner: Pool,
    root: u32,
    levels: u32,
    /// The last even count.
    count: u64,
    room: Room,
    /// Is the view on?
    on: bool,
}

/// The way down to a leaf.
struct Path {
    /// For each level of inner nodes, the lowest first: the node, and the place in it.
    steps: [(u32, usize); MOST_LEVELS as usize],
    leaf: u32,
    /// The addresses that the leaf holds.
    low: u64,
    high: u64,
}

impl Publisher {
    pub(in super::super) const fn new(room: Room) -> Self {
        let (leaves, inner) = (Pool::new(), Pool::new());
        Self { leaves, inner, root: NIL, levels: 0, count: 0, room, on: false }
    }

    /// Makes nodes available, so that the next `n` leaves and inner nodes cost no allocation.
    pub(in super::super) fn reserve(&mut self, view: &View, n: usize) -> Result<(), Refusal> {
        self.leaves.reserve(&view.leaves, n)?;
        Ok(self.inner.reserve(&view.inner, n)?)
    }

    /// Makes the view from the entries of a map, and turns it on. O(n log n).
    pub(in super::super) fn publish<O>(
        &mut self,
        view: &View,
        entries: impl Iterator<Item = Entry<O>>,
    ) -> Result<(), Refusal> {
        self.turn_off(view);
        self.leaves.clear();
        self.inner.clear();
        self.levels = 0;
        self.root = self.leaves.take(&view.leaves)?;
        let leaf = view.leaves.get(self.root).ok_or(Exhausted)?;
        leaf.fill(core::iter::empty(), u64::from(UNMAPPED));
        for entry in entries {
            self.assign(view, entry.range, value(entry.prot))?;
        }
        self.set_root(view);
        self.count = view.count.close(self.count);
        self.on = true;
        Ok(())
    }

    /// Is the view on?
    pub(in super::super) const fn is_on(&self) -> bool {
        self.on
    }

    fn turn_off(&mut self, view: &View) {
        view.count.turn_off();
        self.on = false;
    }

    fn set_root(&self, view: &View) {
        view.count.set_root(self.root, self.levels);
    }

    /// Gives every address of a range a value. O(log n) for each leaf that the range touches.
    fn assign(&mut self, view: &View, range: AddrRange, value: u8) -> Result<(), Exhausted> {
        let (mut start, end) = (range.start().get(), range.end().get());
        while start < end {
            let path = self.descend(view, start).ok_or(Exhausted)?;
            let upto = end.min(path.high);
            debug_assert!(start < upto, "the leaf that {start:#x} leads to ends at {upto:#x}");
            if upto <= start {
                return Err(Exhausted); // A broken view is of no use, and no reason never to end.
            }
            self.assign_in_leaf(view, &path, start, upto, value)?;
            start = upto;
        }
        Ok(())
    }

    /// Gives a range a value if one key is all that changes by it, and without the count, for
    /// readers may see such a change at any time ([`Leaf::shift`](super::node::Leaf::shift)). Is
    /// that so?
    fn shift(&self, view: &View, range: AddrRange, value: u8) -> bool {
        let (mut at, mut low, mut high) = (self.root, 0, VACANT);
        for _ in 0..self.levels {
            let Some(inner) = view.inner.get(at) else { return false };
            let slot = inner.rank(range.start().get());
            if slot > 0 {
                low = inner.key(slot - 1);
            }
            high = high.min(inner.key(slot));
            at = inner.child(slot);
        }
        view.leaves.get(at).is_some_and(|leaf| leaf.shift((low, high), range, value))
    }

    /// The way to the leaf that holds an address other than the last.
    fn descend(&self, view: &View, addr: u64) -> Option<Path> {
        let mut path =
            Path { steps: [(NIL, 0); MOST_LEVELS as usize], leaf: self.root, low: 0, high: VACANT };
        for level in (0..self.levels).rev() {
            let inner = view.inner.get(path.leaf)?;
            let slot = inner.rank(addr);
            *path.steps.get_mut(level as usize)? = (path.leaf, slot);
            path.low = slot.checked_sub(1).map_or(path.low, |below| inner.key(below));
            path.high = path.high.min(inner.key(slot));
            path.leaf = inner.child(slot);
        }
        Some(path)
    }

    fn assign_in_leaf(
        &mut self,
        view: &View,
        path: &Path,
        start: u64,
        end: u64,
        value: u8,
    ) -> Result<(), Exhausted> {
        let leaf = view.leaves.get(path.leaf).ok_or(Exhausted)?;
        let pieces = leaf.row(path.low);
        let changed = pieces.with(start, end, value, path.high);
        let room = self.room.pieces;
        if changed.len() > room {
            let at_end = start >= pieces.from(pieces.len() - 1);
            let (key, next) =
                split(&mut self.leaves, &view.leaves, (leaf, &changed), room, at_end)?;
            return self.insert_child(view, path, key, next);
        }
        leaf.write(&changed, 0, changed.len());
        if changed.len() <= Room::least(room) {
            self.merge(view, path, 0);
        }
        Ok(())
    }

    /// Puts a node after the one that a path leads to, and splits the nodes above it that are full.
    fn insert_child(
        &mut self,
        view: &View,
        path: &Path,
        mut key: u64,
        mut child: u32,
    ) -> Result<(), Exhausted> {
        for &(at, slot) in path.steps.iter().take(self.levels as usize) {
            let inner = view.inner.get(at).ok_or(Exhausted)?;
            let children = inner.row(0);
            let at_end = slot + 1 == children.len();
            let children = children.inserted(slot + 1, key, child);
            let room = self.room.children;
            if children.len() <= room {
                inner.write(&children, 0, children.len());
                return Ok(());
            }
            (key, child) = split(&mut self.inner, &view.inner, (inner, &children), room, at_end)?;
        }
        if self.levels == MOST_LEVELS {
            return Err(Exhausted);
        }
        let root = self.inner.take(&view.inner)?;
        view.inner.get(root).ok_or(Exhausted)?.fill(&[key], &[self.root, child]);
        self.root = root;
        self.levels += 1;
        self.set_root(view);
        Ok(())
    }

    /// Puts the node that a path takes below a level, a leaf at the lowest, together with the one
    /// after or before it, if one of them has room.
    fn merge(&mut self, view: &View, path: &Path, level: usize) {
        let Some(&(at, slot)) = path.steps.get(level) else { return };
        let Some(inner) = view.inner.get(at) else { return }; // None above the root.
        let children = inner.row(0);
        for lower in [Some(slot), slot.checked_sub(1)].into_iter().flatten() {
            let upper = lower + 1;
            let (Some(below), Some(above)) = (children.item(lower), children.item(upper)) else {
                continue;
            };
            let two = (below, children.from(upper), above);
            let joined = if level == 0 {
                join(&mut self.leaves, &view.leaves, two, Room::most(self.room.pieces))
            } else {
                join(&mut self.inner, &view.inner, two, Room::most(self.room.children))
            };
            if joined.is_some() {
                let children = children.removed(upper);
                inner.write(&children, 0, children.len());
                return self.shrink(view, path, level, &children);
            }
        }
    }

    /// After a node at a level lost a child: takes a root of one child away, or puts the node
    /// together with the one after or before it.
    fn shrink(&mut self, view: &View, path: &Path, level: usize, children: &Children) {
        if level + 1 < self.levels as usize {
            if children.len() <= Room::least(self.room.children) {
                self.merge(view, path, level + 1);
            }
        } else if children.len() == 1 {
            self.inner.give_back(&view.inner, self.root);
            self.root = children.item(0).unwrap_or(NIL);
            self.levels -= 1;
            self.set_root(view);
        }
    }

    /// How often the window was closed, twice.
    #[cfg(all(test, not(loom)))]
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Levels of inner nodes, and leaves and inner nodes in use.
    #[cfg(all(test, not(loom)))]
    pub(super) const fn shape(&self) -> (u32, u32, u32) {
        (self.levels, self.leaves.used(), self.inner.used())
    }
}

/// What a change is to the view: nothing, or a value for a range.
#[inline]
fn step(change: Change) -> Option<(AddrRange, u8)> {
    match change {
        Change::Unmapped(range) => Some((range, UNMAPPED)),
        Change::Mapped(range, prot) | Change::Protected(range, prot) => Some((range, value(prot))),
        Change::Wired(_) | Change::Unwired(_) | Change::CopyOnWrite(_) => None,
    }
}

/// What one operation changes, published as one.
#[must_use]
pub(in super::super) struct Publication<'a> {
    view: &'a View,
    publisher: &'a mut Publisher,
    /// The first change, until it is known whether it is the only one.
    held: Option<(AddrRange, u8)>,
    open: bool,
    finished: bool,
}

impl<'a> Publication<'a> {
    pub(in super::super) const fn new(view: &'a View, publisher: &'a mut Publisher) -> Self {
        Self { view, publisher, held: None, open: false, finished: false }
    }

    /// Follows a change, after reporting it to the kernel. Readers see nothing of the first one
    /// until there is a second or the operation is over.
    #[inline]
    pub(in super::super) fn follow(&mut self, change: Change, tell: &mut impl FnMut(Change)) {
        tell(change);
        let Some((range, value)) = step(change) else { return };
        if self.open {
            self.assign(range, value);
        } else if let Some((first, before)) = self.held.take() {
            self.assign(first, before);
            self.assign(range, value);
        } else {
            self.held = Some((range, value));
        }
    }

    /// The same for an operation of which it is known that this is all that it changes.
    #[inline]
    pub(in super::super) fn follow_only(&mut self, change: Change, tell: &mut impl FnMut(Change)) {
        tell(change);
        let Some((range, value)) = step(change) else { return };
        if !self.shift(range, value) {
            self.assign(range, value);
        }
    }

    /// Publishes what was followed. Without this, as after a panic, nobody knows what the map and
    /// the view have in common, and the view is turned off.
    pub(in super::super) fn finish(mut self) {
        self.finished = true;
    }

    /// Gives a range a value without a window, if one key is all that changes. Is that so?
    #[inline]
    fn shift(&self, range: AddrRange, value: u8) -> bool {
        self.publisher.on && self.publisher.shift(self.view, range, value)
    }

    /// Gives a range a value inside the window, which is opened for it.
    #[inline(never)]
    fn assign(&mut self, range: AddrRange, value: u8) {
        if !self.publisher.on {
            return;
        }
        if !self.open {
            self.view.count.open(self.publisher.count);
            self.open = true;
        }
        if self.publisher.assign(self.view, range, value).is_err() {
            self.publisher.turn_off(self.view);
            self.open = false;
        }
    }
}

impl Drop for Publication<'_> {
    fn drop(&mut self) {
        if !self.finished {
            return self.publisher.turn_off(self.view);
        }
        if let Some((range, value)) = self.held
            && !self.shift(range, value)
        {
            self.assign(range, value);
        }
        if self.open {
            self.publisher.count = self.view.count.close(self.publisher.count);
        }
    }
}
