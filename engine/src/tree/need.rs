//! Nodes an insertion takes, and having them ready before.

use super::margin::Margin;
use super::{Cursor, Tree};
use core::fmt;

/// Nodes, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Leaves.
    pub leaves: usize,
    /// Inner nodes.
    pub inner: usize,
}

impl Need {
    /// No node.
    pub const NONE: Self = Self { leaves: 0, inner: 0 };

    /// Nodes of both kinds.
    #[must_use]
    pub fn total(self) -> usize {
        self.leaves.saturating_add(self.inner)
    }

    fn add(&mut self, level: usize, nodes: usize) {
        if level == 0 {
            self.leaves += nodes;
        } else {
            self.inner += nodes;
        }
    }
}

/// Nodes were to be had neither from the free ones nor from the allocator, or the cap forbids them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfNodes {
    /// Free nodes asked for.
    pub need: Need,
    /// Nodes in use.
    pub in_use: usize,
    /// Most nodes in use, if a cap is set.
    pub cap: Option<usize>,
}

impl fmt::Display for OutOfNodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Need { leaves, inner } = self.need;
        write!(f, "no {leaves} leaves and {inner} inner nodes for {} in use", self.in_use)?;
        match self.cap {
            Some(cap) => write!(f, " with a cap of {cap}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for OutOfNodes {}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// The nodes that one insertion before `at` takes, exactly. O(height), and O(1) if the leaf has
    /// room, which it nearly always has.
    #[inline]
    #[must_use]
    pub fn need_one(&self, at: &Cursor) -> Need {
        if self.has_free_place(at) { Need::NONE } else { self.need_to_split(at) }
    }

    /// The nodes that one insertion takes before `at`, where the leaf is full: one for each full level
    /// from there up, and a root above them if all are.
    #[cold]
    pub(super) fn need_to_split(&self, at: &Cursor) -> Need {
        let full = self.full_levels(at);
        let root = usize::from(full == self.height);
        Need { leaves: 1, inner: (full + root).saturating_sub(1) }
    }

    /// Levels from the leaf up on which the path's node is full, up to the first on which it is not.
    pub(super) fn full_levels(&self, at: &Cursor) -> usize {
        (0..self.height).take_while(|&level| self.is_full_at(at, level)).count()
    }

    fn is_full_at(&self, at: &Cursor, level: usize) -> bool {
        if level == 0 {
            self.leaf(at).is_some_and(super::node::Leaf::is_full)
        } else {
            self.inner_at(at, level).is_some_and(super::node::Inner::is_full)
        }
    }

    /// The nodes that two insertions take, one before `a` and one before `b`, in either order and
    /// with no other edit between them, exactly. `a` is not behind `b`. O(height).
    ///
    /// From the leaves up, an insertion adds one to its node at each level for as long as it splits
    /// them, and the two add up where their paths meet. A node that gets more than it has room for
    /// splits once: since `B` is 4 or more, either half has room for the second.
    #[must_use]
    pub fn need_two(&self, a: &Cursor, b: &Cursor) -> Need {
        let mut need = Need::NONE;
        if self.height == 0 {
            need.add(0, 1);
            return need;
        }
        // What comes up each path; b's share moves to a's where they meet.
        let mut incoming = [1, 1];
        for level in 0..self.height {
            if a.node(level) == b.node(level) {
                incoming = [incoming[0] + incoming[1], 0];
            }
            for (path, incoming) in [a, b].into_iter().zip(&mut incoming) {
                let room = Self::room(level) - self.len_at(path, level).min(Self::room(level));
                *incoming = usize::from(*incoming > room);
                need.add(level, *incoming);
            }
            if incoming == [0, 0] {
                return need;
            }
        }
        // The root has split.
        need.add(self.height, 1);
        need
    }

    /// The nodes that three insertions before `at` take, at the most. O(height).
    #[must_use]
    pub(crate) fn need_three(&self, at: &Cursor) -> Need {
        let mut need = Need::NONE;
        if self.height == 0 {
            need.add(0, 1);
            return need;
        }
        let mut incoming = 3;
        for level in 0..self.height {
            let room = Self::room(level);
            let free = room - self.len_at(at, level).min(room);
            // What is left after a split goes into one half, in which the first is already.
            let rest = usize::saturating_sub(incoming, free + 1);
            incoming = usize::from(incoming > free) + usize::from(rest >= room / 2);
            need.add(level, incoming);
            if incoming == 0 {
                return need;
            }
        }
        need.add(self.height, 1);
        need
    }

    /// Entries or children of a path's node.
    pub(super) fn len_at(&self, at: &Cursor, level: usize) -> usize {
        if level == 0 {
            self.leaf(at).map_or(0, super::node::Leaf::len)
        } else {
            self.inner_at(at, level).map_or(0, super::node::Inner::len)
        }
    }

    /// Makes `nodes` nodes free, so that insertions that take no more cannot fail.
    ///
    /// # Errors
    ///
    /// [`OutOfNodes`] if the allocator refuses, or the cap is below that. The
    /// entries stay as they are; some nodes may have become free.
    #[inline]
    pub fn ensure(&mut self, need: Need) -> Result<(), OutOfNodes> {
        if need == Need::NONE { Ok(()) } else { self.make_free(need) }
    }

    /// Makes the nodes free that insertions before these places take, which are in order, and
    /// predicts that there will be no others. O(height).
    ///
    /// # Errors
    ///
    /// As [`ensure`](Self::ensure).
    #[inline]
    pub(crate) fn ensure_for(&mut self, places: [Option<&Cursor>; 2]) -> Result<(), OutOfNodes> {
        let need = match places {
            [None, None] => Need::NONE,
            [Some(at), None] | [None, Some(at)] => self.need_one(at),
            [Some(a), Some(b)] => self.need_two(a, b),
        };
        self.ensure(need)?;
        self.predict(need, places);
        Ok(())
    }

    /// [`ensure_for`](Self::ensure_for) three insertions before `at`, for which it may make some nodes more
    /// than they take.
    ///
    /// # Errors
    ///
    /// As [`ensure`](Self::ensure).
    pub(crate) fn ensure_three(&mut self, at: &Cursor) -> Result<(), OutOfNodes> {
        let need = self.need_three(at);
        self.ensure(need)?;
        self.predict(need, [Some(at), Some(at)]);
        Ok(())
    }

    /// Predicts one insertion before `at`, which asks for its nodes itself.
    #[inline(always)]
    pub(crate) fn predict_one(&mut self, at: &Cursor) {
        if cfg!(debug_assertions) {
            self.predict(self.need_one(at), [Some(at), None]);
        }
    }

    /// Predicts that there will be no insertion.
    #[inline(always)]
    pub(crate) fn predict_none(&mut self) {
        self.predict(Need::NONE, [None, None]);
    }

    /// Predicts one insertion before `at`, where an entry goes first and makes room for it.
    #[inline(always)]
    pub(crate) fn predict_in_place(&mut self, at: &Cursor) {
        self.predict(Need::NONE, [Some(at), None]);
    }

    #[inline(always)]
    fn predict(&mut self, need: Need, places: [Option<&Cursor>; 2]) {
        if cfg!(debug_assertions) {
            let most = self.nodes_in_use().saturating_add(need.total());
            self.prediction.set(most, places.map(|at| at.map(|at| at.node(0))));
        }
    }

    #[cold]
    fn make_free(&mut self, need: Need) -> Result<(), OutOfNodes> {
        let in_use = self.nodes_in_use();
        let refused = OutOfNodes { need, in_use, cap: self.cap };
        let after = in_use.saturating_add(need.total());
        let indices = self.leaves.has_indices(need.leaves) && self.inner.has_indices(need.inner);
        if self.cap.is_some_and(|cap| after > cap) || !indices {
            return Err(refused);
        }
        let had = self.leaves.chunks();
        self.leaves.reserve(need.leaves).map_err(|_| refused)?;
        self.inner.reserve(need.inner).map_err(|_| {
            self.leaves.give_up(had);
            refused
        })
    }

    /// Makes `n` leaves and `n` inner nodes free. More than there are indices for, some six million, are
    /// refused, and leave no memory behind.
    ///
    /// # Errors
    ///
    /// As [`ensure`](Self::ensure).
    pub fn reserve_nodes(&mut self, n: usize) -> Result<(), OutOfNodes> {
        self.ensure(Need { leaves: n, inner: n })
    }

    /// Sets the most nodes to be in use, leaves and inner ones together; `None` for no such limit.
    ///
    /// A cap below what is in use takes nothing away: it refuses more.
    pub fn set_node_cap(&mut self, cap: Option<usize>) {
        self.cap = cap;
    }

    /// The most nodes to be in use.
    pub(crate) fn node_cap(&self) -> Option<usize> {
        self.cap
    }

    /// Nodes in use.
    #[must_use]
    pub fn nodes_in_use(&self) -> usize {
        self.leaves.used() + self.inner.used()
    }

    /// Nodes allocated and not in use.
    #[must_use]
    pub fn nodes_free(&self) -> usize {
        self.leaves.spare() + self.inner.spare()
    }

    /// Bytes allocated for nodes, free nodes included.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.leaves.bytes() + self.inner.bytes()
    }
}
