//! Recomputing every invariant of a tree.
//!
//! A fuzzer that takes note of compares makes a call of each, and calls this after every operation.
//! So what holds of every place of a node is computed without a branch, and
//! looked at once for the node; only where something is off is it gone through place by place.

use super::arena::{NIL, Node};
use super::margin::Margin;
use super::node::{Inner, Leaf};
use super::prediction::Excess;
use super::search::VACANT;
use super::{MAX_HEIGHT, Tree};
use core::fmt;

/// An invariant of the index that does not hold. The number is that of the list in the sources.
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
    /// I9: an operation took more nodes than were predicted for it. Only debug builds know.
    Prediction {
        /// Nodes in use then.
        in_use: usize,
        /// The most there should have been.
        predicted: usize,
    },
    /// I9: an entry was inserted for which no node was predicted, had it taken one. Only debug
    /// builds know.
    Place {
        /// The leaf.
        leaf: u32,
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
            Self::Prediction { in_use, predicted } => {
                write!(f, "I9: {in_use} nodes in use where {predicted} were predicted")
            }
            Self::Place { leaf } => {
                write!(f, "I9: an insertion into leaf {leaf} that was not predicted")
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

/// A leaf in sum.
struct Survey {
    /// 0 if the marks are right, and every entry is in order and inside the bounds.
    wrong: u64,
    /// Places in use, wherever they are.
    used: u64,
    /// The end of the last entry, or what was below the leaf.
    top: u64,
    /// The widest gap before an entry.
    widest: u64,
}

impl Survey {
    /// Of a leaf that `below` is the end of the entry before, in a tree that ends at `max`.
    fn of<V, const B: usize>(leaf: &Leaf<V, B>, below: u64, max: u64) -> Self {
        let mut sum = Self { wrong: 0, used: 0, top: below, widest: 0 };
        let mut below = below;
        for (&start, &end) in leaf.starts.iter().zip(&leaf.ends) {
            // No start in use is `VACANT`, the one number that has no next one: 1 or 0, and all
            // ones or 0.
            let next = start.saturating_add(1);
            let used = next.wrapping_sub(start);
            let mask = used.wrapping_neg();
            // What is in order leaves nothing. A vacant place does if its end is `VACANT` too, and
            // no start in use can follow that.
            let misplaced = below.saturating_sub(start) | next.saturating_sub(end);
            sum.wrong |= misplaced | (end.saturating_sub(max) & mask);
            sum.used = sum.used.wrapping_add(used);
            sum.widest = sum.widest.max(start.wrapping_sub(below) & mask);
            sum.top = sum.top.max(end & mask);
            below = end;
        }
        sum
    }
}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
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
        match self.prediction.excess() {
            Some(Excess::Nodes { in_use, predicted }) => {
                Err(Violation::Prediction { in_use, predicted })
            }
            Some(Excess::Place { leaf }) => Err(Violation::Place { leaf }),
            None => self.check_arenas(&walk),
        }
    }

    /// Checks what is under a node, and gives the widest gap in it.
    fn check_node(&self, node: u32, level: usize, walk: &mut Walk) -> Result<u64, Violation> {
        if level == 0 { self.check_leaf(node, walk) } else { self.check_inner(node, level, walk) }
    }

    fn check_fill(&self, node: u32, level: usize, len: usize) -> Result<(), Violation> {
        // The root may be a leaf with one entry, or an inner node with two children.
        let is_root = level + 1 == self.height;
        let least = if is_root { level.min(1) + 1 } else { Self::least(level) };
        if len < least { Err(Violation::Fill { level, node, len }) } else { Ok(()) }
    }

    fn check_leaf(&self, node: u32, walk: &mut Walk) -> Result<u64, Violation> {
        let leaf = self.leaves.get(node).ok_or(Violation::Level { level: 0, node })?;
        let Survey { wrong, used, top, widest } = Survey::of(leaf, walk.below, self.max);
        // Counted one by one, since the search relies on what is checked here.
        let len = usize::try_from(used).unwrap_or(B);
        self.check_fill(node, 0, len)?;
        if wrong != 0 {
            self.find_in_leaf(leaf, node, walk.below)?;
        }
        // The sum knows of no margin.
        let widest = if M::NONE { widest } else { leaf.widest(walk.below, self.margin) };
        walk.below = top;
        walk.entries += len;
        walk.leaves += 1;
        Ok(widest)
    }

    /// The first place of a leaf that is not as it should be.
    fn find_in_leaf(&self, leaf: &Leaf<V, B>, node: u32, mut below: u64) -> Result<(), Violation> {
        let len = leaf.starts.iter().take_while(|&&start| start != VACANT).count();
        for (slot, (&start, &end)) in leaf.starts.iter().zip(&leaf.ends).enumerate() {
            if slot >= len {
                if (start, end) != (VACANT, VACANT) {
                    return Err(Violation::Mark { level: 0, node, slot });
                }
                continue;
            }
            if start < below || start >= end || end > self.max {
                return Err(Violation::Order { start, end, below });
            }
            below = end;
        }
        Ok(())
    }

    fn check_inner(&self, node: u32, level: usize, walk: &mut Walk) -> Result<u64, Violation> {
        let inner = self.inner.get(node).ok_or(Violation::Level { level, node })?;
        let len = inner.children().iter().take_while(|&&child| child != NIL).count();
        self.check_fill(node, level, len)?;
        // The node as its children have it.
        let mut found = Inner::<B>::vacant();
        let mut widest = 0;
        let children = found.children.as_flattened_mut().iter_mut();
        let keys = found.keys.as_flattened_mut();
        let places = children.zip(&mut *keys).zip(found.gaps.as_flattened_mut());
        for (((child, key), gap), &kept) in places.zip(inner.children()).take(len) {
            *child = kept;
            *gap = self.check_node(kept, level - 1, walk)?;
            *key = walk.below;
            widest = widest.max(*gap);
        }
        if let Some(last) = len.checked_sub(1).and_then(|last| keys.get_mut(last)) {
            *last = VACANT;
        }
        if (inner.children, inner.keys, inner.gaps) != (found.children, found.keys, found.gaps) {
            find_in_inner(inner, &found, (node, level, len))?;
        }
        walk.inner += 1;
        Ok(widest)
    }

    /// No node is reached twice, since its entries would then not be in order.
    fn check_arenas(&self, walk: &Walk) -> Result<(), Violation> {
        let free = self.leaves.freed().filter(|leaf| is_vacant_leaf(leaf)).count();
        let (handed_out, used, reached) =
            (self.leaves.handed_out(), self.leaves.used(), walk.leaves);
        if used != reached || used + free != handed_out {
            return Err(Violation::Nodes { leaves: true, handed_out, used, reached, free });
        }
        let free = self.inner.freed().filter(|inner| is_vacant_inner(inner)).count();
        let (handed_out, used, reached) = (self.inner.handed_out(), self.inner.used(), walk.inner);
        if used != reached || used + free != handed_out {
            return Err(Violation::Nodes { leaves: false, handed_out, used, reached, free });
        }
        Ok(())
    }
}

/// The first place in which an inner node of `len` children is not as `found`.
fn find_in_inner<const B: usize>(
    inner: &Inner<B>,
    found: &Inner<B>,
    (node, level, len): (u32, usize, usize),
) -> Result<(), Violation> {
    let kept = inner.keys().iter().zip(inner.children()).zip(inner.gaps());
    let found = found.keys().iter().zip(found.gaps());
    for (slot, (((&key, &child), &gap), (&end, &widest))) in kept.zip(found).enumerate() {
        let marked = (slot + 1 < len || key == VACANT) && (slot < len || gap == 0);
        if !marked || (slot >= len && child != NIL) {
            return Err(Violation::Mark { level, node, slot });
        }
        if key != end {
            return Err(Violation::Separator { node, slot, kept: key, end });
        }
        if gap != widest {
            return Err(Violation::Gap { node, slot, kept: gap, widest });
        }
    }
    Ok(())
}

/// Does a leaf on the free list hold nothing? Its first end is the link of the list.
fn is_vacant_leaf<V, const B: usize>(leaf: &Leaf<V, B>) -> bool {
    let marks = leaf.starts.iter().chain(leaf.ends.iter().skip(1));
    marks.fold(VACANT, |all, mark| all & mark) == VACANT
}

/// Does an inner node on the free list hold nothing? Its first child is the link of the list.
fn is_vacant_inner<const B: usize>(inner: &Inner<B>) -> bool {
    let keys = inner.keys().iter().fold(VACANT, |all, key| all & key);
    let children = inner.children().iter().skip(1).fold(NIL, |all, child| all & child);
    let gaps = inner.gaps().iter().fold(0, |any, gap| any | gap);
    (keys, children, gaps) == (VACANT, NIL, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every leaf of four places with starts and ends out of a few numbers, the extreme ones among
    /// them: the sum is clean where going from place to place finds nothing, and nowhere else.
    #[test]
    fn a_leaf_in_sum_is_what_its_places_are() {
        const NUMBERS: [u64; 6] = [0, 1, 2, 3, VACANT - 1, VACANT];
        let mut sound = 0_u32;
        for max in [2, 3, VACANT] {
            let tree = Tree::<u64, 4>::new(1, max);
            for mut choice in 0..NUMBERS.len().pow(8) {
                let mut leaf = Leaf::<u64, 4>::vacant();
                for number in leaf.starts.iter_mut().chain(&mut leaf.ends) {
                    *number = NUMBERS[choice % NUMBERS.len()];
                    choice /= NUMBERS.len();
                }
                let sum = Survey::of(&leaf, 1, max);
                let (starts, ends) = (leaf.starts, leaf.ends);
                let walked = tree.find_in_leaf(&leaf, 0, 1);
                assert_eq!(sum.wrong == 0, walked.is_ok(), "{starts:?} {ends:?} to {max}");
                if sum.wrong == 0 {
                    sound += 1;
                    let used = starts.iter().filter(|&&start| start != VACANT).count();
                    assert_eq!(sum.used, used as u64);
                    assert_eq!(sum.top, *ends[..used].last().unwrap_or(&1));
                    assert_eq!(sum.widest, leaf.widest(1, ()));
                }
            }
        }
        assert!(sound > 20, "{sound}");
    }
}
