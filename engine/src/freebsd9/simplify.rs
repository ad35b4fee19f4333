//! Merging an entry with both neighbours ("simplify", section 3).

use crate::map::{Freebsd9, VmMap};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Rule 3.2: merges the entry with its lower neighbour, then with its upper one, if it can.
    /// The cursor stays on the entry. Never needs a node.
    pub(super) fn simplify(&mut self, at: &mut Cursor) -> Result<(), Refusal> {
        self.simplify_down(at)?;
        self.simplify_up(at)
    }

    /// The entry takes its upper neighbour's end.
    pub(super) fn simplify_up(&mut self, at: &mut Cursor) -> Result<(), Refusal> {
        let Some(end) = self.upper_to_merge(at).map(|upper| upper.end) else { return Ok(()) };
        let start = self.entry(at)?.start;
        self.tree.advance(at);
        self.tree.remove(at);
        self.tree.retreat(at);
        self.tree.set_bounds(at, start, end);
        Ok(())
    }
}
