//! Insertion, and the splits that make room for it.
//!
//! Room is made before the entry goes in, from the top down: every full node on the path, from the
//! highest of those that are full without a break down to the leaf, is split while its parent has
//! room. A split moves entries without changing any, so that the widest gap of the two halves is
//! the one recorded for the whole, and nothing above the parent changes. Only the entry itself then
//! changes gaps.

use super::margin::Margin;
use super::tally::{Step, note};
use super::{Cursor, OutOfNodes, Tree};

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// Inserts an entry right before the cursor's place; the cursor is then at it.
    ///
    /// The range must not be empty, and must lie within the tree's bounds and between the entries on
    /// either side of that place; debug builds assert that.
    ///
    /// # Errors
    ///
    /// [`OutOfNodes`] if it takes nodes that are not to be had. Nothing has changed then but that
    /// some nodes may have become free.
    #[inline(always)]
    pub fn insert(
        &mut self,
        at: &mut Cursor,
        start: u64,
        end: u64,
        value: V,
    ) -> Result<(), OutOfNodes> {
        self.predict_one(at);
        let below = self.end_below(at);
        self.insert_predicted(at, (start, end), value, below)
    }

    /// The same as a part of an operation that has predicted its nodes, and knows where the entry
    /// below ends.
    pub(crate) fn insert_predicted(
        &mut self,
        at: &mut Cursor,
        (start, end): (u64, u64),
        value: V,
        below: Option<u64>,
    ) -> Result<(), OutOfNodes> {
        self.insert_and_edit(at, (start, end), value, below, |_| ())
    }

    /// The same, and the value of the entry at the cursor, above the new one, is edited while its leaf
    /// is at hand.
    #[inline(always)]
    pub(crate) fn insert_and_edit(
        &mut self,
        at: &mut Cursor,
        range: (u64, u64),
        value: V,
        below: Option<u64>,
        edit: impl FnOnce(&mut V),
    ) -> Result<(), OutOfNodes> {
        if !self.has_free_place(at) {
            return self.insert_in_full(at, range, value, below, edit);
        }
        self.put(at, range, value, below, edit);
        Ok(())
    }

    /// The same where the leaf is full.
    #[cold]
    #[inline(never)]
    fn insert_in_full(
        &mut self,
        at: &mut Cursor,
        range: (u64, u64),
        value: V,
        below: Option<u64>,
        edit: impl FnOnce(&mut V),
    ) -> Result<(), OutOfNodes> {
        self.ensure(self.need_to_split(at))?;
        self.make_room(at);
        self.put(at, range, value, below, edit);
        Ok(())
    }

    /// The same where the leaf has room.
    #[inline(always)]
    fn put(
        &mut self,
        at: &Cursor,
        range: (u64, u64),
        value: V,
        below: Option<u64>,
        edit: impl FnOnce(&mut V),
    ) {
        debug_assert!(self.has_room(at, 0, range.0, range.1), "{range:#x?} is taken");
        debug_assert_eq!(self.end_below(at), below);
        self.prediction.insertion(at.node(0));
        let placed = self.place(at, range, value, below, edit);
        debug_assert!(placed.is_some(), "a void cursor");
    }

    /// Parts the entry at a cursor at an address inside it, where the node that it takes is free. The part
    /// below has a value of its own, and that of the part above is edited. The cursor is then at the
    /// one below. No gap changes, so that nothing above the leaf does.
    #[inline(always)]
    pub(crate) fn part_ensured(
        &mut self,
        at: &mut Cursor,
        addr: u64,
        below: V,
        edit: impl FnOnce(&mut V),
    ) {
        if !self.has_free_place(at) {
            self.make_room(at);
        }
        self.prediction.insertion(at.node(0));
        let slot = at.slot(0);
        let Some(leaf) = self.leaves.get_mut(at.node(0)) else { return };
        let Some((start, end)) = leaf.range(slot) else { return };
        debug_assert!(start < addr && addr < end, "{addr:#x} is not inside");
        if let Some(start) = leaf.starts.get_mut(slot) {
            *start = addr;
        }
        leaf.values.get_mut(slot).map(edit);
        leaf.insert(slot, start, addr, below);
        self.len += 1;
    }

    /// Puts an entry into the cursor's leaf, which has room; `below` is where the one below ends, and
    /// the value at the cursor is edited before.
    ///
    /// That never changes the leaf's last end but in the last leaf, where no separator has it: a
    /// cursor is past the last entry of a leaf only at the end of the tree.
    #[inline(always)]
    pub(super) fn place(
        &mut self,
        at: &Cursor,
        (start, end): (u64, u64),
        value: V,
        below: Option<u64>,
        edit: impl FnOnce(&mut V),
    ) -> Option<()> {
        let slot = at.slot(0);
        let below = below.unwrap_or(self.min);
        let leaf = self.leaves.get_mut(at.node(0))?;
        let next = leaf.range(slot);
        let margins = (self.margin.below(&value), leaf.margin(slot, self.margin));
        leaf.values.get_mut(slot).map(edit);
        leaf.insert(slot, start, end, value);
        self.len += 1;
        let ahead = start.saturating_sub(below).saturating_sub(margins.0);
        match next {
            Some((next, _)) => {
                let top = next.saturating_sub(margins.1);
                let whole = top.saturating_sub(below);
                self.regap(at, whole, ahead.max(top.saturating_sub(end)));
            }
            None => self.regap(at, 0, ahead),
        }
        Some(())
    }

    #[inline(always)]
    pub(super) fn has_free_place(&self, at: &Cursor) -> bool {
        self.leaf(at).is_some_and(|leaf| !leaf.is_full())
    }

    /// Makes room in the cursor's leaf out of free nodes, of which there are enough. The cursor goes
    /// with the entry it is at.
    #[cold]
    fn make_room(&mut self, at: &mut Cursor) {
        self.prediction.move_entries();
        let made = self.split_full(at);
        debug_assert!(made.is_some(), "a void cursor");
        self.prediction.nodes(self.leaves.used() + self.inner.used());
    }

    fn split_full(&mut self, at: &mut Cursor) -> Option<()> {
        if self.height == 0 {
            self.root = self.leaves.take()?;
            self.height = 1;
            at.push_root(self.root, 0);
            return Some(());
        }
        // Past the last place of a full leaf is the end of the tree. What goes in there is likely
        // to go on, so the nodes left behind stay as full as they can with the new ones not
        // underfull.
        let at_end = at.slot(0) == B;
        let full = self.full_levels(at);
        if full == self.height {
            self.grow_root(at)?;
        }
        if at_end {
            note(Step::SplitAtEnd);
        }
        for level in (0..full).rev() {
            let room = Self::room(level);
            let keep = if at_end { room + 1 - Self::least(level) } else { room / 2 };
            self.split(at, level, keep)?;
        }
        Some(())
    }

    /// Puts a new root above the old one, its only child until that is split.
    pub(super) fn grow_root(&mut self, at: &mut Cursor) -> Option<()> {
        note(Step::RootGrowth);
        let gap = self.widest(at, self.height.checked_sub(1)?);
        let root = self.inner.take()?;
        let inner = self.inner.get_mut(root)?;
        *inner.children_mut().first_mut()? = self.root;
        *inner.gaps_mut().first_mut()? = gap;
        self.root = root;
        self.height += 1;
        at.push_root(root, 0);
        Some(())
    }

    /// Splits the full node at a level after `keep` entries or children. The parent has room.
    fn split(&mut self, at: &mut Cursor, level: usize, keep: usize) -> Option<()> {
        let left = at.node(level);
        let (right, key, gap) = if level == 0 {
            note(Step::LeafSplit);
            let right = self.leaves.take()?;
            let (l, r) = self.leaves.pair_mut(left, right)?;
            l.split(r, keep);
            let key = l.end_below(keep)?;
            (right, key, r.widest(key, self.margin))
        } else {
            note(Step::InnerSplit);
            let right = self.inner.take()?;
            let (l, r) = self.inner.pair_mut(left, right)?;
            (right, l.split(r, keep)?, r.widest())
        };
        let (above, slot) = (at.node(level + 1), at.slot(level + 1));
        // One half has the widest gap of the whole.
        let whole = self.inner_at(at, level + 1)?.gap(slot);
        let kept = if gap < whole { whole } else { self.widest(at, level) };
        let parent = self.inner.get_mut(above)?;
        parent.insert_after(slot, key, right)?;
        *parent.gaps_mut().get_mut(slot)? = kept;
        *parent.gaps_mut().get_mut(slot + 1)? = gap;
        let place = at.slot(level);
        if place >= keep {
            at.set(level, right, place - keep);
            at.set_slot(level + 1, slot + 1);
        }
        Some(())
    }

    /// Looks again for the gaps of two adjacent children of a path's node at a level from 1 up, of
    /// which the first is at `slot`.
    pub(super) fn regap_pair(&mut self, at: &Cursor, level: usize, slot: usize) -> Option<()> {
        let mut path = at.clone();
        for slot in [slot, slot + 1] {
            path.set_slot(level, slot);
            path.set(level - 1, self.inner_at(at, level)?.child(slot), 0);
            let gap = self.widest(&path, level - 1);
            *self.inner.get_mut(at.node(level))?.gaps_mut().get_mut(slot)? = gap;
        }
        Some(())
    }
}
