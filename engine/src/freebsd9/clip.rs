//! Splitting an entry at an address (section 4).

use crate::map::{Freebsd9, VmMap, coalesce};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// How a front split at an address inside an entry will go.
///
/// The entry is simplified first (rule 4.2). When it merges with a neighbour and is then split,
/// only the boundary between the two moves, so that no entry is added and no node is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FrontSplit {
    /// The address is not inside the entry: nothing to do.
    None,
    /// No neighbour merges: the lower part becomes an entry of its own.
    Insert,
    /// The lower neighbour merges, and takes the lower part over.
    Lower,
    /// The upper neighbour merges, and takes the upper part over.
    Upper,
    /// Both merge: the lower one takes the lower part over, the upper one vanishes.
    Both,
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// How a front split of the entry at `cursor` will go.
    pub(super) fn plan_front_split(&self, cursor: &Cursor, at: u64) -> FrontSplit {
        match self.tree.item(cursor) {
            Some(entry) if entry.start < at && at < entry.end => {}
            _ => return FrontSplit::None,
        }
        match (self.lower_to_merge(cursor).is_some(), self.upper_to_merge(cursor).is_some()) {
            (false, false) => FrontSplit::Insert,
            (true, false) => FrontSplit::Lower,
            (false, true) => FrontSplit::Upper,
            (true, true) => FrontSplit::Both,
        }
    }

    /// Rule 4.2. The cursor is on the part that starts at `at` afterwards. Nodes must have been
    /// made sure of; without them nothing changes.
    pub(super) fn front_split(&mut self, cursor: &mut Cursor, at: u64) -> Result<(), Refusal> {
        match self.plan_front_split(cursor, at) {
            FrontSplit::None => {}
            FrontSplit::Insert => {
                self.split(cursor, at)?;
                self.tree.advance(cursor);
            }
            FrontSplit::Lower => self.move_lower_boundary(cursor, at)?,
            FrontSplit::Upper => self.move_upper_boundary(cursor, at)?,
            FrontSplit::Both => {
                self.simplify_up(cursor)?;
                self.move_lower_boundary(cursor, at)?;
            }
        }
        Ok(())
    }

    /// The lower neighbour and the entry merge and are split at `at`: the boundary between them
    /// moves up. The neighbour gets the entry's `avail`, the entry the neighbour's offset.
    fn move_lower_boundary(&mut self, cursor: &mut Cursor, at: u64) -> Result<(), Refusal> {
        let mut lower = cursor.clone();
        self.tree.retreat(&mut lower);
        let (below, entry) = (self.entry(&lower)?, self.entry(cursor)?);
        debug_assert!(coalesce::merge(&below, &entry));
        let (start, end, offset) = (below.start, entry.end, below.value.offset);
        self.drop_handle(&lower)?;
        let merged = self.entry(cursor)?.value.clone().with_offset(offset);
        let upper = Self::upper_part(&merged, start, at);
        self.tree.set_bounds(cursor, at, end);
        self.replace(cursor, upper)?;
        self.tree.set_bounds(&lower, start, at);
        self.replace(&lower, merged)
    }

    /// The entry and the upper neighbour merge and are split at `at`: the boundary between them
    /// moves down. The cursor moves to the neighbour, which is the upper part now.
    fn move_upper_boundary(&mut self, cursor: &mut Cursor, at: u64) -> Result<(), Refusal> {
        let mut above = cursor.clone();
        self.tree.advance(&mut above);
        let (entry, next) = (self.entry(cursor)?, self.entry(&above)?);
        debug_assert!(coalesce::merge(&entry, &next));
        let (start, end) = (entry.start, next.end);
        self.drop_handle(&above)?;
        let upper = Self::upper_part(self.entry(cursor)?.value, start, at);
        self.tree.set_bounds(cursor, start, at);
        self.tree.set_bounds(&above, at, end);
        self.replace(&above, upper)?;
        *cursor = above;
        Ok(())
    }

    /// Drops the handle of an entry that is about to be replaced: a merge drops one before the split
    /// after it clones one, and objects may look at their references in between (17.14).
    fn drop_handle(&mut self, cursor: &Cursor) -> Result<(), Refusal> {
        self.body_mut(cursor)?.object = None;
        Ok(())
    }
}
