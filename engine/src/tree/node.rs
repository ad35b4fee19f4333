//! The two kinds of node, and moving what they hold within a node and between two.
//!
//! A node is a set of parallel arrays whose used places come first. It has no length field: unused
//! places are marked, and the marks are such that a search needs no clamp (see [`VACANT`]). Without
//! the field both kinds are whole cache lines at the default width. Every move is a rotation or a
//! swap, so that marks and default values take the place of what has moved away.

use super::arena::{NIL, Node};
use super::search::{VACANT, rank, rank_but_last};

/// Entries: what the tree is for.
///
/// The ends come first, since a search reads only them; the values are not read by any search.
#[repr(C, align(64))]
pub(super) struct Leaf<V, const B: usize> {
    /// Ends of the entries, ascending; [`VACANT`] where unused.
    pub(super) ends: [u64; B],
    /// Starts of the entries; [`VACANT`] where unused, which no start can be.
    pub(super) starts: [u64; B],
    /// Values of the entries; the default where unused.
    pub(super) values: [V; B],
}

/// Children: nodes of the level below, all inner or all leaves. There is room for twice as many as a
/// leaf has room for entries, since they are a third of the size: fewer levels, for the same number
/// of cache lines in all.
#[repr(C, align(64))]
pub(super) struct Inner<const B: usize> {
    /// The largest end in each child but the last; [`VACANT`] from there on.
    pub(super) keys: [[u64; B]; 2],
    /// Indices of the children; [`NIL`] where unused.
    pub(super) children: [[u32; B]; 2],
    /// The widest gap before an entry of each child; 0 where unused.
    pub(super) gaps: [[u64; B]; 2],
}

impl<V: Default, const B: usize> Node for Leaf<V, B> {
    fn vacant() -> Self {
        Self {
            ends: [VACANT; B],
            starts: [VACANT; B],
            values: core::array::from_fn(|_| V::default()),
        }
    }

    fn link(&self) -> u32 {
        self.ends.first().and_then(|&end| u32::try_from(end).ok()).unwrap_or(NIL)
    }

    fn set_link(&mut self, next: u32) {
        if let Some(end) = self.ends.first_mut() {
            *end = if next == NIL { VACANT } else { u64::from(next) };
        }
    }
}

impl<const B: usize> Node for Inner<B> {
    fn vacant() -> Self {
        Self { keys: [[VACANT; B]; 2], children: [[NIL; B]; 2], gaps: [[0; B]; 2] }
    }

    fn link(&self) -> u32 {
        self.child(0)
    }

    fn set_link(&mut self, next: u32) {
        if let Some(child) = self.children_mut().first_mut() {
            *child = next;
        }
    }
}

impl<V, const B: usize> Leaf<V, B> {
    /// Entries in use.
    pub(super) fn len(&self) -> usize {
        rank(&self.starts, VACANT - 1)
    }

    pub(super) fn is_full(&self) -> bool {
        self.starts.last().is_some_and(|&start| start != VACANT)
    }

    /// The place of the first entry with an end above `addr`, which is not [`VACANT`].
    #[inline(always)]
    pub(super) fn rank(&self, addr: u64) -> usize {
        rank(&self.ends, addr)
    }

    /// Start and end of an entry.
    #[inline(always)]
    pub(super) fn range(&self, slot: usize) -> Option<(u64, u64)> {
        match (self.starts.get(slot), self.ends.get(slot)) {
            (Some(&start), Some(&end)) if start != VACANT => Some((start, end)),
            _ => None,
        }
    }

    /// Start and end of the entries, in order.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (u64, u64)> {
        let ranges = self.starts.iter().copied().zip(self.ends.iter().copied());
        ranges.take_while(|&(start, _)| start != VACANT)
    }

    /// The end of the entry before a place, within this leaf.
    pub(super) fn end_below(&self, slot: usize) -> Option<u64> {
        self.ends.get(slot.checked_sub(1)?).copied()
    }

    /// Puts an entry at a place; the leaf is not full.
    ///
    /// Every entry from there on is handed on to the next place, until the unused one is reached.
    pub(super) fn insert(&mut self, slot: usize, start: u64, end: u64, value: V) {
        let (mut start, mut end, mut value) = (start, end, value);
        for place in self.places(slot, B) {
            place.swap(&mut start, &mut end, &mut value);
            if start == VACANT {
                break;
            }
        }
    }

    /// The places from one up to another.
    #[inline(always)]
    fn places(&mut self, from: usize, to: usize) -> impl DoubleEndedIterator<Item = Place<'_, V>> {
        let starts = self.starts.get_mut(from..to).unwrap_or_default();
        let ends = self.ends.get_mut(from..to).unwrap_or_default();
        let values = self.values.get_mut(from..to).unwrap_or_default();
        let places = starts.iter_mut().zip(ends).zip(values);
        places.map(|((start, end), value)| Place { start, end, value })
    }

    /// Does it have fewer than `least` entries?
    pub(super) fn is_below(&self, least: usize) -> bool {
        self.starts.get(least.wrapping_sub(1)).is_some_and(|&start| start == VACANT)
    }

    /// Moves the entries after the first `keep` to a vacant leaf.
    pub(super) fn split(&mut self, vacant: &mut Self, keep: usize) {
        part(&mut self.starts, &mut vacant.starts, keep);
        part(&mut self.ends, &mut vacant.ends, keep);
        part(&mut self.values, &mut vacant.values, keep);
    }

    /// Moves the last `n` of this leaf's `len` entries to the front of the next leaf.
    pub(super) fn pass_right(&mut self, next: &mut Self, len: usize, n: usize) {
        pass_right(&mut self.starts, &mut next.starts, len, n);
        pass_right(&mut self.ends, &mut next.ends, len, n);
        pass_right(&mut self.values, &mut next.values, len, n);
    }

    /// Moves the first `n` entries of the next leaf behind this leaf's `len` ones.
    pub(super) fn pass_left(&mut self, next: &mut Self, len: usize, n: usize) {
        pass_left(&mut self.starts, &mut next.starts, len, n);
        pass_left(&mut self.ends, &mut next.ends, len, n);
        pass_left(&mut self.values, &mut next.values, len, n);
    }
}

impl<V: Default, const B: usize> Leaf<V, B> {
    /// Takes an entry out: its start, end and value.
    ///
    /// From the last entry on, every one is handed on to the place before.
    pub(super) fn remove(&mut self, slot: usize) -> Option<(u64, u64, V)> {
        self.range(slot)?;
        let len = self.len();
        let (mut start, mut end, mut value) = (VACANT, VACANT, V::default());
        for place in self.places(slot, len).rev() {
            place.swap(&mut start, &mut end, &mut value);
        }
        Some((start, end, value))
    }
}

/// A place of a leaf.
struct Place<'a, V> {
    start: &'a mut u64,
    end: &'a mut u64,
    value: &'a mut V,
}

impl<V> Place<'_, V> {
    #[inline(always)]
    fn swap(self, start: &mut u64, end: &mut u64, value: &mut V) {
        core::mem::swap(self.start, start);
        core::mem::swap(self.end, end);
        core::mem::swap(self.value, value);
    }
}

impl<const B: usize> Inner<B> {
    /// Most children of a node.
    pub(super) const ROOM: usize = 2 * B;

    #[inline(always)]
    pub(super) const fn keys(&self) -> &[u64] {
        self.keys.as_flattened()
    }

    #[inline(always)]
    pub(super) const fn keys_mut(&mut self) -> &mut [u64] {
        self.keys.as_flattened_mut()
    }

    #[inline(always)]
    pub(super) const fn children(&self) -> &[u32] {
        self.children.as_flattened()
    }

    #[inline(always)]
    pub(super) const fn children_mut(&mut self) -> &mut [u32] {
        self.children.as_flattened_mut()
    }

    #[inline(always)]
    pub(super) const fn gaps(&self) -> &[u64] {
        self.gaps.as_flattened()
    }

    #[inline(always)]
    pub(super) const fn gaps_mut(&mut self) -> &mut [u64] {
        self.gaps.as_flattened_mut()
    }

    /// Children in use; a node in use has one at least.
    pub(super) fn len(&self) -> usize {
        1 + rank_but_last(self.keys(), VACANT - 1)
    }

    /// Does it have fewer than `least` children?
    pub(super) fn is_below(&self, least: usize) -> bool {
        self.children().get(least.wrapping_sub(1)).is_some_and(|&child| child == NIL)
    }

    pub(super) fn is_full(&self) -> bool {
        self.children().last().is_some_and(|&child| child != NIL)
    }

    /// The place of the child with the first end above `addr`, which is not [`VACANT`].
    #[inline(always)]
    pub(super) fn rank(&self, addr: u64) -> usize {
        rank_but_last(self.keys(), addr)
    }

    /// The child at a place; [`NIL`] where there is none.
    #[inline(always)]
    pub(super) fn child(&self, slot: usize) -> u32 {
        self.children().get(slot).copied().unwrap_or(NIL)
    }

    /// The widest gap before an entry of a child; 0 where there is none.
    #[inline(always)]
    pub(super) fn gap(&self, slot: usize) -> u64 {
        self.gaps().get(slot).copied().unwrap_or(0)
    }

    /// The largest end before a child, as far as this node knows it.
    #[inline(always)]
    pub(super) fn end_below(&self, slot: usize) -> Option<u64> {
        self.keys().get(slot.checked_sub(1)?).copied()
    }

    /// The widest gap of all children.
    pub(super) fn widest(&self) -> u64 {
        self.gaps().iter().copied().fold(0, u64::max)
    }

    /// Puts a child right after the one at `slot`, which ends at `key`; the node is not full.
    pub(super) fn insert_after(&mut self, slot: usize, key: u64, child: u32) -> Option<()> {
        open(self.keys_mut(), slot);
        open(self.children_mut(), slot + 1);
        open(self.gaps_mut(), slot + 1);
        *self.keys_mut().get_mut(slot)? = key;
        *self.children_mut().get_mut(slot + 1)? = child;
        Some(())
    }

    /// Takes out the child right after the one at `slot`, which gets what that child held.
    pub(super) fn merge_after(&mut self, slot: usize) -> Option<()> {
        let gap = core::mem::take(self.gaps_mut().get_mut(slot + 1)?);
        let kept = self.gaps_mut().get_mut(slot)?;
        *kept = gap.max(*kept);
        *self.keys_mut().get_mut(slot)? = VACANT;
        *self.children_mut().get_mut(slot + 1)? = NIL;
        close(self.keys_mut(), slot);
        close(self.children_mut(), slot + 1);
        close(self.gaps_mut(), slot + 1);
        Some(())
    }

    /// Moves the children after the first `keep` to a vacant node; the largest end that is left.
    pub(super) fn split(&mut self, vacant: &mut Self, keep: usize) -> Option<u64> {
        part(self.keys_mut(), vacant.keys_mut(), keep);
        part(self.children_mut(), vacant.children_mut(), keep);
        part(self.gaps_mut(), vacant.gaps_mut(), keep);
        self.forget_last_key(keep)
    }

    /// Moves the last `n` of this node's `len` children to the front of the next node.
    ///
    /// `key` is the largest end in this node before; the answer is the one after.
    pub(super) fn pass_right(
        &mut self,
        next: &mut Self,
        len: usize,
        n: usize,
        key: u64,
    ) -> Option<u64> {
        *self.keys_mut().get_mut(len.checked_sub(1)?)? = key;
        pass_right(self.keys_mut(), next.keys_mut(), len, n);
        pass_right(self.children_mut(), next.children_mut(), len, n);
        pass_right(self.gaps_mut(), next.gaps_mut(), len, n);
        self.forget_last_key(len.checked_sub(n)?)
    }

    /// Moves the first `n` children of the next node behind this node's `len` ones.
    ///
    /// `key` is the largest end in this node before; the answer is the one after, or [`VACANT`]
    /// if nothing is left in the next node.
    pub(super) fn pass_left(
        &mut self,
        next: &mut Self,
        len: usize,
        n: usize,
        key: u64,
    ) -> Option<u64> {
        *self.keys_mut().get_mut(len.checked_sub(1)?)? = key;
        pass_left(self.keys_mut(), next.keys_mut(), len, n);
        pass_left(self.children_mut(), next.children_mut(), len, n);
        pass_left(self.gaps_mut(), next.gaps_mut(), len, n);
        self.forget_last_key(len.checked_add(n)?)
    }

    fn forget_last_key(&mut self, len: usize) -> Option<u64> {
        let last = self.keys_mut().get_mut(len.checked_sub(1)?)?;
        Some(core::mem::replace(last, VACANT))
    }
}

/// Moves the items after the first `keep` to a vacant array.
fn part<T>(items: &mut [T], vacant: &mut [T], keep: usize) {
    let tail = items.get_mut(keep..).unwrap_or_default();
    if let Some(vacant) = vacant.get_mut(..tail.len()) {
        tail.swap_with_slice(vacant);
    }
}

/// Makes an unused place at `slot` of an array that has one.
fn open<T>(items: &mut [T], slot: usize) {
    if let Some(tail @ [_, ..]) = items.get_mut(slot..) {
        tail.rotate_right(1);
    }
}

/// Moves the unused place at `slot` behind the used ones.
fn close<T>(items: &mut [T], slot: usize) {
    if let Some(tail @ [_, ..]) = items.get_mut(slot..) {
        tail.rotate_left(1);
    }
}

/// Moves the last `n` of `len` items to the front of `next`, which has room for them.
fn pass_right<T>(items: &mut [T], next: &mut [T], len: usize, n: usize) {
    next.rotate_right(n.min(next.len()));
    let tail = items.get_mut(len.saturating_sub(n)..len).unwrap_or_default();
    tail.iter_mut().zip(next).for_each(|(from, to)| core::mem::swap(from, to));
}

/// Moves the first `n` items of `next` behind the `len` ones, where there is room for them.
fn pass_left<T>(items: &mut [T], next: &mut [T], len: usize, n: usize) {
    let n = n.min(next.len());
    let room = items.get_mut(len..).unwrap_or_default();
    room.iter_mut().zip(next.iter_mut().take(n)).for_each(|(to, from)| core::mem::swap(to, from));
    next.rotate_left(n);
}
