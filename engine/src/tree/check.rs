//! Recomputing every invariant of a tree.

use super::arena::NIL;
use super::search::VACANT;
use super::{MAX_HEIGHT, Tree};
use core::fmt;

/// An invariant that does not hold. The number is that of the [module's](super) list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// I1: an entry is empty, out of bounds, or starts before the end of the one before it.
    Order {
        /// Its start.
        start: u64,
        /// Its end.
        end: u64,
        /// The end of the entry before it, or the lower bound.
        below: u64,
    },
    /// I2: a path of the tree leads to no node, or the height does not go with the root.
    Level {
        /// The level, counted from the leaves.
        level: usize,
        /// The index that names no node there.
        node: u32,
    },
    /// I3: a node has too few entries or children.
    Fill {
        /// The level, counted from the leaves.
        level: usize,
        /// The node.
        node: u32,
        /// Its entries or children.
        len: usize,
    },
    /// I4: a separator is not the largest end in its child.
    Separator {
        /// The inner node.
        node: u32,
        /// The place of the child.
        slot: usize,
        /// The key kept.
        kept: u64,
        /// The largest end.
        end: u64,
    },
    /// I5: a gap kept is not the widest one in its child.
    Gap {
        /// The inner node.
        node: u32,
        /// The place of the child.
        slot: usize,
        /// The gap kept.
        kept: u64,
        /// The widest gap.
        widest: u64,
    },
    /// I6: a place is not marked as unused behind the last one in use, or is before it.
    Mark {
        /// The level, counted from the leaves.
        level: usize,
        /// The node.
        node: u32,
        /// The place.
        slot: usize,
    },
    /// I7: the number of entries is another than the one recorded.
    Count {
        /// The number recorded.
        recorded: usize,
        /// The number found.
        found: usize,
    },
    /// I8: the nodes in use and those free are not all the nodes handed out.
    Nodes {
        /// Whether this is about leaves, and not inner nodes.
        leaves: bool,
        /// Nodes handed out.
        handed_out: usize,
        /// Nodes in use by the arena's count.
        used: usize,
        /// Nodes reached from the root.
        reached: usize,
        /// Vacant nodes on the free list.
        free: usize,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Order { start, end, below } => {
                write!(f, "I1: entry [{start:#x}, {end:#x}) after {below:#x}")
            }
            Self::Level { level, node } => write!(f, "I2: no node {node} at level {level}"),
            Self::Fill { level, node, len } => {
                write!(f, "I3: node {node} at level {level} holds {len}")
            }
            Self::Separator { node, slot, kept, end } => {
                write!(
                    f,
                    "I4: key {kept:#x} of child {slot} of node {node}, which ends at {end:#x}"
                )
            }
            Self::Gap { node, slot, kept, widest } => {
                write!(f, "I5: gap {kept:#x} of child {slot} of node {node}, which has {widest:#x}")
            }
            Self::Mark { level, node, slot } => {
                write!(f, "I6: mark of place {slot} of node {node} at level {level}")
            }
            Self::Count { recorded, found } => {
                write!(f, "I7: {recorded} entries recorded, {found} found")
            }
            Self::Nodes { leaves, handed_out, used, reached, free } => {
                let kind = if leaves { "leaves" } else { "inner nodes" };
                write!(
                    f,
                    "I8: {handed_out} {kind} handed out, {used} used, {reached} reached, {free} free"
                )
            }
        }
    }
}

impl core::error::Error for Violation {}

/// What was seen so far, in address order.
struct Walk {
    below: u64,
    entries: usize,
    leaves: usize,
    inner: usize,
}

impl<V: Default, const B: usize> Tree<V, B> {
    /// Recomputes every invariant of the [module's](super) list from the entries. O(n).
    ///
    /// # Errors
    ///
    /// The first [`Violation`] found.
    pub fn check(&self) -> Result<(), Violation> {
        let mut walk = Walk { below: self.min, entries: 0, leaves: 0, inner: 0 };
        if (self.height == 0) != (self.root == NIL) || self.height > MAX_HEIGHT {
            return Err(Violation::Level { level: self.height, node: self.root });
        }
        if let Some(top) = self.height.checked_sub(1) {
            self.check_node(self.root, top, &mut walk)?;
        }
        if walk.entries != self.len {
            return Err(Violation::Count { recorded: self.len, found: walk.entries });
        }
        self.check_arenas(&walk)
    }

    /// Checks what is under a node, and gives the widest gap in it.
    fn check_node(&self, node: u32, level: usize, walk: &mut Walk) -> Result<u64, Violation> {
        if level == 0 { self.check_leaf(node, walk) } else { self.check_inner(node, level, walk) }
    }

    fn check_fill(&self, node: u32, level: usize, len: usize) -> Result<(), Violation> {
        let least = match (level + 1 == self.height, level) {
            (true, 0) => 1,
            (true, _) => 2,
            (false, _) => Self::least(level),
        };
        if len < least { Err(Violation::Fill { level, node, len }) } else { Ok(()) }
    }

    fn check_leaf(&self, node: u32, walk: &mut Walk) -> Result<u64, Violation> {
        let leaf = self.leaves.get(node).ok_or(Violation::Level { level: 0, node })?;
        // Counted one by one, since the search relies on what is checked here.
        let len = leaf.starts.iter().take_while(|&&start| start != VACANT).count();
        self.check_fill(node, 0, len)?;
        let mut widest = 0;
        for (slot, (&start, &end)) in leaf.starts.iter().zip(&leaf.ends).enumerate() {
            if slot >= len {
                if (start, end) != (VACANT, VACANT) {
                    return Err(Violation::Mark { level: 0, node, slot });
                }
                continue;
            }
            if start < walk.below || start >= end || end > self.max {
                return Err(Violation::Order { start, end, below: walk.below });
            }
            widest = widest.max(start - walk.below);
            walk.below = end;
        }
        walk.entries += len;
        walk.leaves += 1;
        Ok(widest)
    }

    fn check_inner(&self, node: u32, level: usize, walk: &mut Walk) -> Result<u64, Violation> {
        let inner = self.inner.get(node).ok_or(Violation::Level { level, node })?;
        let len = inner.children().iter().take_while(|&&child| child != NIL).count();
        self.check_fill(node, level, len)?;
        let mut widest = 0;
        let places = inner.keys().iter().zip(inner.children()).zip(inner.gaps()).enumerate();
        for (slot, ((&key, &child), &gap)) in places {
            let marked = (slot + 1 < len || key == VACANT) && (slot < len || gap == 0);
            if !marked || (slot >= len && child != NIL) {
                return Err(Violation::Mark { level, node, slot });
            }
            if slot >= len {
                continue;
            }
            let found = self.check_node(child, level - 1, walk)?;
            if slot + 1 < len && key != walk.below {
                return Err(Violation::Separator { node, slot, kept: key, end: walk.below });
            }
            if gap != found {
                return Err(Violation::Gap { node, slot, kept: gap, widest: found });
            }
            widest = widest.max(found);
        }
        walk.inner += 1;
        Ok(widest)
    }

    /// No node is reached twice, since its entries would then not be in order.
    fn check_arenas(&self, walk: &Walk) -> Result<(), Violation> {
        // The first end and the first child are the links of the list.
        let vacant_leaves = self.leaves.freed().filter(|leaf| {
            let mut marks = leaf.starts.iter().chain(leaf.ends.iter().skip(1));
            marks.all(|&mark| mark == VACANT)
        });
        let free = vacant_leaves.count();
        let (handed_out, used, reached) =
            (self.leaves.handed_out(), self.leaves.used(), walk.leaves);
        if used != reached || used + free != handed_out {
            return Err(Violation::Nodes { leaves: true, handed_out, used, reached, free });
        }
        let vacant_inner = self.inner.freed().filter(|inner| {
            inner.keys().iter().all(|&key| key == VACANT)
                && inner.children().iter().skip(1).all(|&child| child == NIL)
                && inner.gaps().iter().all(|&gap| gap == 0)
        });
        let free = vacant_inner.count();
        let (handed_out, used, reached) = (self.inner.handed_out(), self.inner.used(), walk.inner);
        if used != reached || used + free != handed_out {
            return Err(Violation::Nodes { leaves: false, handed_out, used, reached, free });
        }
        Ok(())
    }
}
