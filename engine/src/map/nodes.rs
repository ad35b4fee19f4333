//! Room in the index, made before anything changes (rule 16.7).
//!
//! An operation adds at most two entries, where it clips the two ends of its range; in FreeBSD 14.2
//! three, where `fixed` puts a stack and its gap inside an entry. So it takes at most
//! [`VmMap::MAX_NODES_PER_OPERATION`] nodes. What it may need is predicted from the index
//! as it stands, the nodes are made available, and only then does the map change. The prediction
//! counts every clip that may come and is never too low. It is too high where a node counted turns
//! out not to be needed: entries merge on the way; the swap for `protect` runs out before the clip
//! at the end; or what `fixed` puts in the place of other mappings merges with what is left of
//! them.

use super::{Body, Kernel, VmMap};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::{Cursor, OutOfNodes, Tree, Violation};

impl From<OutOfNodes> for Refusal {
    fn from(_: OutOfNodes) -> Self {
        Self::OutOfNodes
    }
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// The most index nodes that one operation can need, leaves and inner ones together, whatever
    /// the map.
    pub const MAX_NODES_PER_OPERATION: usize =
        K::MOST_INSERTIONS * Tree::<Body<O::Object>, B>::MAX_NODES_PER_INSERT;

    /// Makes `n` leaves and `n` inner nodes available now, so that the next `n` nodes of either
    /// kind cost no allocation. They stay until the map goes or [shrinks](Self::shrink). With
    /// [`MAX_NODES_PER_OPERATION`](Self::MAX_NODES_PER_OPERATION)
    /// reserved, no operation allocates; a growth, which adds one entry, needs half of that at most.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] if the allocator refuses or the cap is in the way; no node is taken
    /// then. The index has room for some six million nodes of a kind, and no operation gets more.
    ///
    /// Nodes are allocated in pieces, of which the largest is a quarter of the nodes there are, and
    /// past 32,768 nodes half: an allocator that has no such piece refuses.
    pub fn reserve_nodes(&mut self, n: usize) -> Result<(), Refusal> {
        Ok(self.tree.reserve_nodes(n)?)
    }

    /// Gives back the memory that the index does not need for its entries, reserved nodes included.
    ///
    /// The index keeps the memory of nodes that it no longer uses, so that an operation can use them
    /// again: a map that has held a million entries keeps room for as many. This moves the entries
    /// to nodes of their own, which are then seven eighths full, or does nothing where that would
    /// save no memory. O(n), and until it is done there is memory for both.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] if the allocator refuses or the cap is in the way; nothing changed.
    pub fn shrink(&mut self) -> Result<(), Refusal> {
        Ok(self.tree.shrink()?)
    }

    /// The most nodes that may be in use at a time; `None`, the default, for no cap. Operations
    /// that would need more are refused with [`Refusal::OutOfNodes`]. A cap below the nodes in use
    /// counts as their number, so that an operation can use again what it sets free on the way. A child
    /// starts with its parent's.
    pub fn set_node_cap(&mut self, cap: Option<usize>) {
        let in_use = self.tree.nodes_in_use();
        self.tree.set_node_cap(cap.map(|cap| cap.max(in_use)));
    }

    /// Index nodes in use.
    #[must_use]
    pub fn nodes_in_use(&self) -> usize {
        self.tree.nodes_in_use()
    }

    /// Index nodes allocated and not in use.
    #[must_use]
    pub fn nodes_free(&self) -> usize {
        self.tree.nodes_free()
    }

    /// Bytes that the index has allocated, spare capacity included.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.tree.memory()
    }

    /// The number of nodes that a look-up visits.
    #[must_use]
    pub fn height(&self) -> usize {
        self.tree.height()
    }

    /// Recomputes every invariant of the index.
    ///
    /// # Errors
    ///
    /// The first invariant found broken.
    pub fn check_index(&self) -> Result<(), Violation> {
        self.tree.check()
    }

    /// Room for one insertion before `at`.
    pub(crate) fn ensure_one(&mut self, at: &Cursor) -> Result<(), Refusal> {
        Ok(self.tree.ensure_for([Some(at), None])?)
    }
}
