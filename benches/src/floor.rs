//! The floor of look-ups: a static tree of whole cache lines, which cannot be edited and is no peer.
//!
//! Inner nodes have sixteen keys, a cache line each, and their children at computed places, so that a
//! level takes one access to memory and no pointer. It has what only a static tree can have: full nodes,
//! no gaps, and pages of four bytes for addresses of eight. A map of one node has no descent to save, and
//! is no slower.

use std::hint::black_box;

use growstack::PAGE_SIZE;

use crate::layout::{Layout, Span};
use crate::op::Op;
use crate::peer::Value;
use crate::subject::{Subject, chained, independent};
use crate::work::Batch;

/// Keys of a node: as many as a cache line holds.
const KEYS: usize = 16;
/// Children of an inner node.
const CHILDREN: usize = KEYS + 1;
/// Most inner levels: enough for 100 million entries.
const LEVELS: usize = 6;
/// Look-ups that [`Floor::Many`] descends with side by side.
const AT_ONCE: usize = 16;

/// How the static tree is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Floor {
    /// One look-up after the other, as every other map.
    One,
    /// Sixteen look-ups at once, level by level: their accesses to memory overlap, which a fault at a
    /// time cannot have.
    Many,
}

impl Floor {
    /// Both.
    pub const ALL: [Self; 2] = [Self::One, Self::Many];

    /// Its name in tables and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "floor: static tree",
            Self::Many => "floor: static tree, 16 at once",
        }
    }

    /// Is this an operation that it answers? Never one that edits.
    #[must_use]
    pub const fn has(self, op: Op) -> bool {
        match self {
            Self::One => matches!(
                op,
                Op::LookupLatency
                    | Op::LookupThroughput
                    | Op::LookupEntry
                    | Op::NeighboursLatency
                    | Op::NeighboursThroughput
            ),
            Self::Many => matches!(op, Op::LookupThroughput),
        }
    }

    /// The static tree of the entries of a layout.
    #[must_use]
    pub fn make(self, layout: &Layout) -> Box<dyn Subject> {
        Box::new(Asked { floor: self, tree: StaticTree::new(layout) })
    }
}

/// The largest end in each child, in pages; [`i32::MAX`] for the last one of a level and past it.
#[derive(Clone)]
#[repr(align(64))]
struct Inner([i32; KEYS]);

/// Ends and starts of sixteen entries, in pages: two lines that a processor fetches as a pair.
#[derive(Clone)]
#[repr(align(128))]
struct Leaf {
    ends: [i32; KEYS],
    starts: [i32; KEYS],
}

/// The place of an entry.
type Place = (usize, usize);

struct StaticTree {
    /// Where the nodes of each level begin, the root first.
    levels: [usize; LEVELS],
    height: usize,
    inner: Vec<Inner>,
    leaves: Vec<Leaf>,
    values: Vec<Value>,
}

impl StaticTree {
    fn new(layout: &Layout) -> Self {
        let leaves = layout.spans.chunks(KEYS).map(|spans| {
            let mut leaf = Leaf { ends: [i32::MAX; KEYS], starts: [i32::MAX; KEYS] };
            for ((end, start), span) in leaf.ends.iter_mut().zip(&mut leaf.starts).zip(spans) {
                (*end, *start) = (page(span.end), page(span.start));
            }
            leaf
        });
        let leaves: Vec<Leaf> = leaves.collect();
        let mut levels: Vec<Vec<Inner>> = Vec::new();
        let mut largest: Vec<i32> = leaves.iter().map(|leaf| leaf.ends[KEYS - 1]).collect();
        while largest.len() > 1 {
            if let Some(last) = largest.last_mut() {
                *last = i32::MAX;
            }
            let nodes = largest.chunks(CHILDREN).map(|children| {
                let mut keys = [i32::MAX; KEYS];
                keys.iter_mut().zip(children).for_each(|(key, child)| *key = *child);
                Inner(keys)
            });
            levels.push(nodes.collect());
            let last = |children: &[i32]| children.last().copied().unwrap_or(i32::MAX);
            largest = largest.chunks(CHILDREN).map(last).collect();
        }
        let values = layout.spans.iter().map(Span::value).collect();
        let mut tree =
            Self { levels: [0; LEVELS], height: levels.len(), inner: Vec::new(), leaves, values };
        for (begin, nodes) in tree.levels.iter_mut().zip(levels.into_iter().rev()) {
            *begin = tree.inner.len();
            tree.inner.extend(nodes);
        }
        tree
    }

    /// The node of the next level below that has the first end above a page.
    #[inline(always)]
    fn child(&self, level: usize, node: usize, rank: impl FnOnce(&[i32; KEYS]) -> usize) -> usize {
        node * CHILDREN + self.inner.get(level + node).map_or(0, |node| rank(&node.0))
    }

    /// The place of the first entry with an end above a page.
    #[inline(always)]
    fn seek(&self, page: i32) -> Place {
        let levels = self.levels.iter().take(self.height);
        let leaf = levels.fold(0, |node, level| self.child(*level, node, |keys| rank(keys, page)));
        (leaf, self.leaves.get(leaf).map_or(0, |leaf| rank(&leaf.ends, page)))
    }

    /// Start and end of the entry at a place, in pages.
    #[inline(always)]
    fn bounds(&self, (leaf, slot): Place) -> Option<(i32, i32)> {
        let leaf = self.leaves.get(leaf)?;
        Some((*leaf.starts.get(slot)?, *leaf.ends.get(slot)?))
    }

    /// The bounds of the entry at a place, if it holds a page, as one number.
    #[inline(always)]
    fn holds(&self, place: Place, page: i32) -> u64 {
        let found = self.bounds(place).filter(|(start, _)| *start <= page);
        found.map_or(0, |(start, end)| address(start ^ end))
    }

    #[inline(always)]
    fn lookup(&self, addr: u64) -> u64 {
        self.holds(self.seek(page(addr)), page(addr))
    }

    fn entry(&self, addr: u64) -> u64 {
        let (leaf, slot) = self.seek(page(addr));
        black_box(self.values.get(leaf * KEYS + slot).copied());
        self.holds((leaf, slot), page(addr))
    }

    fn neighbours(&self, addr: u64) -> u64 {
        let (leaf, slot) = self.seek(page(addr));
        let below = match slot.checked_sub(1) {
            Some(slot) => self.bounds((leaf, slot)),
            None => leaf.checked_sub(1).and_then(|leaf| self.bounds((leaf, KEYS - 1))),
        };
        let above = self.bounds((leaf, slot)).filter(|(start, _)| *start != i32::MAX);
        address(below.map_or(0, |(_, end)| end) ^ above.map_or(0, |(start, _)| start))
    }

    /// The sum of many look-ups, which descend side by side.
    fn lookups(&self, batch: &Batch) -> u64 {
        let mut sum = 0_u64;
        for asked in batch.chunks(AT_ONCE) {
            let mut nodes = [0; AT_ONCE];
            for level in self.levels.iter().take(self.height) {
                for (node, (addr, _)) in nodes.iter_mut().zip(asked) {
                    *node = self.child(*level, *node, |keys| rank_of_many(keys, page(*addr)));
                }
            }
            for (leaf, (addr, _)) in nodes.into_iter().zip(asked) {
                let rank = |leaf: &Leaf| rank_of_many(&leaf.ends, page(*addr));
                let slot = self.leaves.get(leaf).map_or(0, rank);
                sum = sum.wrapping_add(self.holds((leaf, slot), page(*addr)));
            }
        }
        sum
    }
}

/// How many keys are at or below a page, without a branch: the last key of every four picks the four.
#[inline(always)]
fn rank(keys: &[i32; KEYS], page: i32) -> usize {
    let below = |key: i32| usize::from(key <= page);
    let (fours, _) = keys.as_chunks::<4>();
    let [one, two, three, _] = fours else { return 0 };
    let skip = below(one[3]) + below(two[3]) + below(three[3]);
    let Some(&[a, b, c, d]) = fours.get(skip) else { return 0 };
    4 * skip + below(a) + below(b) + below(c) + below(d)
}

/// The same with more compares but vectors of them: later to answer, and more look-ups a second.
#[inline(always)]
fn rank_of_many(keys: &[i32; KEYS], page: i32) -> usize {
    let below: i32 = keys.iter().map(|key| i32::from(*key <= page)).sum();
    usize::try_from(below).unwrap_or(0)
}

/// The page of an address of a layout. All of them are below 2^43, so none is negative.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "layouts are far below 2^43 bytes")]
const fn page(addr: u64) -> i32 {
    (addr / PAGE_SIZE) as i32
}

#[inline(always)]
const fn address(page: i32) -> u64 {
    page.unsigned_abs() as u64 * PAGE_SIZE
}

struct Asked {
    floor: Floor,
    tree: StaticTree,
}

impl Subject for Asked {
    fn name(&self) -> &'static str {
        self.floor.name()
    }

    fn has(&self, op: Op) -> bool {
        self.floor.has(op)
    }

    fn prepare(&mut self, _: Op, _: &Batch) {}

    fn run(&mut self, op: Op, batch: &Batch) -> u64 {
        let tree = &self.tree;
        match op {
            Op::LookupLatency => chained(batch, |addr, _| tree.lookup(addr)),
            Op::LookupThroughput if self.floor == Floor::Many => tree.lookups(batch),
            Op::LookupThroughput => independent(batch, |addr| tree.lookup(addr)),
            Op::LookupEntry => chained(batch, |addr, _| tree.entry(addr)),
            Op::NeighboursLatency => chained(batch, |addr, _| tree.neighbours(addr)),
            Op::NeighboursThroughput => independent(batch, |addr| tree.neighbours(addr)),
            _ => unreachable!("{op:?} is no look-up"),
        }
    }

    fn undo(&mut self, _: Op, _: &Batch) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes on either side of one more level, and in the last leaf of a level.
    #[test]
    fn a_static_tree_answers_at_every_bound() {
        for n in [4, 16, 17, 272, 273, 4624, 4625, 5000] {
            let layout = Layout::stacks(n, 1);
            let tree = StaticTree::new(&layout);
            let mut below = 0;
            for span in &layout.spans {
                let bounds = span.start ^ span.end;
                for addr in [span.start, span.end - 1] {
                    assert_eq!((tree.lookup(addr), tree.entry(addr)), (bounds, bounds), "{n}");
                }
                assert_eq!(tree.lookup(span.start - 1), 0, "{n}");
                assert_eq!(tree.neighbours(span.start - 1), below ^ span.start, "{n}");
                below = span.end;
            }
            assert_eq!((tree.lookup(below), tree.neighbours(below)), (0, below), "{n}");
            let batch: Batch = layout.spans.iter().map(|span| (span.start, *span)).collect();
            let sum = independent(&batch, |addr| tree.lookup(addr));
            assert_eq!(tree.lookups(&batch), sum, "{n}");
        }
    }
}
