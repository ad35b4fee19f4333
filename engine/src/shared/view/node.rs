//! The two kinds of node, made of nothing but atomics.
//!
//! A torn read of a node is no more than a wrong number: readers check what they take for an index,
//! and throw away what they found if a writer was at work meanwhile.

use super::super::sync::{AtomicU32, AtomicU64, Ordering};
use super::row::{Editable, Row};
use crate::range::AddrRange;

/// Words of a leaf: all but the last are keys, the last has four bits for each stretch.
#[cfg(not(loom))]
pub(super) const LEAF: usize = 16;
/// Children of an inner node.
#[cfg(not(loom))]
pub(super) const INNER: usize = 32;
// A model of few entries must split and merge nodes.
#[cfg(loom)]
pub(super) const LEAF: usize = 4;
#[cfg(loom)]
pub(super) const INNER: usize = 4;

/// What unused key places hold; no address that is looked for.
pub(super) const VACANT: u64 = u64::MAX;

/// The index of no node.
pub(super) const NIL: u32 = u32::MAX;

/// Bits of a value.
const VALUE_BITS: usize = 4;

/// How the key is stored that moves.
const SHIFTED: Ordering = Ordering::Release;

/// A stretch of the address space, cut by keys into at most `LEAF` pieces, each with a value: two
/// cache lines.
#[repr(align(128))]
pub(super) struct Leaf {
    words: [AtomicU64; LEAF],
}

/// Children, parted by keys: each holds the addresses from the key before it on.
#[repr(align(128))]
pub(super) struct Inner {
    /// The last one is always vacant.
    keys: [AtomicU64; INNER],
    children: [AtomicU32; INNER],
}

/// What a pool asks of its nodes.
pub(super) trait Node {
    /// A node with nothing in it.
    fn vacant() -> Self;
    /// The next free node, while this one is free.
    fn link(&self) -> u32;
    /// Sets it.
    fn set_link(&self, next: u32);
}

impl Leaf {
    /// The value at an address that is in this leaf.
    #[inline(always)]
    pub(super) fn value(&self, addr: u64) -> u8 {
        let slot = rank(&self.words, addr);
        let values = self.words.last().map_or(0, load);
        value_of(values, slot)
    }

    /// The keys in use.
    pub(super) fn keys(&self) -> impl Iterator<Item = u64> {
        self.words.iter().take(LEAF - 1).map(load).take_while(|&key| key != VACANT)
    }

    /// The four bits of each piece, the first in the lowest.
    pub(super) fn values(&self) -> u64 {
        self.words.last().map_or(0, load)
    }

    /// Gives a range a value by moving one key, as a growth does, and says whether that was possible:
    /// the range must lie at the end of a piece, leave something of it, and touch a piece of that
    /// value. The leaf holds the addresses from `low` up to `high`.
    ///
    /// Readers need no sequence count for this. The key is one word, and no other word changes. A
    /// reader may load each key at another time, with any number of keys moved in between. Its answer
    /// is still the number of keys at or below its address at *one* of these times:
    ///
    /// - The keys are in order at all times, so that the keys at or below an address are the first
    ///   ones. The reader's number is therefore at least the least of these numbers over the time of
    ///   its walk, and at most the greatest.
    /// - One key moves at a time, so that the number changes by one at a time, and takes each value
    ///   between the least and the greatest.
    ///
    /// The store is a release: a thread that saw it, and fenced, sees all moves before it.
    pub(super) fn shift(&self, (low, high): (u64, u64), range: AddrRange, value: u8) -> bool {
        let (start, end) = (range.start().get(), range.end().get());
        let slot = rank(&self.words, start);
        let keys = self.words.get(..LEAF - 1).unwrap_or_default();
        let (from, upto) = (slot.checked_sub(1).and_then(|below| keys.get(below)), keys.get(slot));
        let values = self.values();
        if let Some(upto) = upto
            && load(upto) == end
            && end < high
            && from.map_or(low, load) < start
            && value_of(values, slot + 1) == value
        {
            upto.store(start, SHIFTED);
            return true;
        }
        if let Some(from) = from
            && load(from) == start
            && end < upto.map_or(high, load).min(high)
            && value_of(values, slot - 1) == value
        {
            from.store(end, SHIFTED);
            return true;
        }
        false
    }

    /// Sets all of it; unused places become vacant.
    pub(super) fn fill(&self, keys: impl Iterator<Item = u64>, values: u64) {
        let padded = keys.chain(core::iter::repeat(VACANT));
        for (word, key) in self.words.iter().take(LEAF - 1).zip(padded) {
            store(word, key);
        }
        if let Some(word) = self.words.last() {
            store(word, values);
        }
    }
}

/// The value of a piece, of those of a leaf.
#[inline(always)]
fn value_of(values: u64, slot: usize) -> u8 {
    // Four bits are left.
    (values >> (slot * VALUE_BITS) & 0xf) as u8
}

impl Inner {
    /// The place of the child that holds an address.
    #[inline(always)]
    pub(super) fn rank(&self, addr: u64) -> usize {
        rank(&self.keys, addr)
    }

    /// The child at a place.
    #[inline(always)]
    pub(super) fn child(&self, slot: usize) -> u32 {
        self.children.get(slot).map_or(NIL, |child| child.load(Ordering::Relaxed))
    }

    /// The key after the child at a place; [`VACANT`] if there is none.
    pub(super) fn key(&self, slot: usize) -> u64 {
        self.keys.get(slot).map_or(VACANT, load)
    }

    /// Sets all of it; unused places become vacant.
    pub(super) fn fill(&self, keys: &[u64], children: &[u32]) {
        let keys = keys.iter().copied().chain(core::iter::repeat(VACANT));
        for (word, key) in self.keys.iter().zip(keys) {
            store(word, key);
        }
        let children = children.iter().copied().chain(core::iter::repeat(NIL));
        for (place, child) in self.children.iter().zip(children) {
            if cfg!(loom) || place.load(Ordering::Relaxed) != child {
                place.store(child, Ordering::Relaxed);
            }
        }
    }
}

/// The pieces of a leaf that was changed in one place, and the children of two nodes.
type Pieces = Row<u8, { LEAF + 2 }>;
pub(super) type Children = Row<u32, { 2 * INNER }>;

impl Editable<{ LEAF + 2 }> for Leaf {
    type Item = u8;

    fn row(&self, low: u64) -> Pieces {
        let values = self.values();
        let from = core::iter::once(low).chain(self.keys());
        Row::of(from.zip(0..).map(|(from, slot)| (from, value_of(values, slot))))
    }

    fn write(&self, row: &Pieces, first: usize, end: usize) {
        let (keys, pieces) = row.part(first, end);
        let values = pieces.iter().rev();
        let values = values.fold(0, |values, &value| values << VALUE_BITS | u64::from(value));
        self.fill(keys.iter().copied(), values);
    }
}

impl Editable<{ 2 * INNER }> for Inner {
    type Item = u32;

    fn row(&self, low: u64) -> Children {
        let from = core::iter::once(low).chain(self.keys.iter().map(load));
        let children = self.children.iter().map(|child| child.load(Ordering::Relaxed));
        Row::of(from.zip(children.take_while(|&child| child != NIL)))
    }

    fn write(&self, row: &Children, first: usize, end: usize) {
        let (keys, children) = row.part(first, end);
        self.fill(keys, children);
    }
}

/// How many of `words` but the last, which is no key, are at or below `addr`.
///
/// The search is that of the map's own index ([`crate::tree`]): the last key of each group of four
/// picks the group, and three more compares the place in it, with no branch that depends on a key.
#[inline(always)]
fn rank(words: &[AtomicU64], addr: u64) -> usize {
    let (groups, _) = words.as_chunks::<4>();
    let Some((_, probed)) = groups.split_last() else { return 0 };
    let skip: usize = probed.iter().map(|[_, _, _, last]| at_or_below(last, addr)).sum();
    let Some([a, b, c, _]) = groups.get(skip) else { return 0 };
    4 * skip + at_or_below(a, addr) + at_or_below(b, addr) + at_or_below(c, addr)
}

#[inline(always)]
fn at_or_below(key: &AtomicU64, addr: u64) -> usize {
    usize::from(load(key) <= addr)
}

#[inline(always)]
fn load(word: &AtomicU64) -> u64 {
    word.load(Ordering::Relaxed)
}

/// Stores only what differs: a reader keeps the cache line of what stays. loom looks for orders to
/// try between a store and the last access before it, which must not be the writer's own.
#[inline(always)]
fn store(word: &AtomicU64, value: u64) {
    if cfg!(loom) || load(word) != value {
        word.store(value, Ordering::Relaxed);
    }
}

impl Node for Leaf {
    fn vacant() -> Self {
        Self { words: core::array::from_fn(|_| AtomicU64::new(VACANT)) }
    }

    fn link(&self) -> u32 {
        self.words.first().and_then(|word| u32::try_from(load(word)).ok()).unwrap_or(NIL)
    }

    fn set_link(&self, next: u32) {
        if let Some(word) = self.words.first() {
            store(word, u64::from(next));
        }
    }
}

impl Node for Inner {
    fn vacant() -> Self {
        Self {
            keys: core::array::from_fn(|_| AtomicU64::new(VACANT)),
            children: core::array::from_fn(|_| AtomicU32::new(NIL)),
        }
    }

    fn link(&self) -> u32 {
        self.child(0)
    }

    fn set_link(&self, next: u32) {
        if let Some(child) = self.children.first() {
            child.store(next, Ordering::Relaxed);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// A leaf of pieces from 0, 0x10, 0x20 and so on, with values.
    fn leaf(pieces: u64, values: u64) -> Leaf {
        let leaf = Leaf::vacant();
        leaf.fill((1..pieces).map(|piece| 0x10 * piece), values);
        leaf
    }

    fn keys(leaf: &Leaf) -> alloc::vec::Vec<u64> {
        leaf.keys().collect()
    }

    #[test]
    fn one_boundary_moves() {
        let (leaf, whole) = (leaf(3, 0x0b0), (0, VACANT));
        let range = AddrRange::between;
        assert!(leaf.shift(whole, range(0x0c, 0x10), 0xb), "down");
        assert_eq!(keys(&leaf), [0x0c, 0x20]);
        assert!(leaf.shift(whole, range(0x20, 0x24), 0xb), "up");
        assert_eq!(keys(&leaf), [0x0c, 0x24]);
        assert!(leaf.shift(whole, range(0x0c, 0x10), 0), "the middle one from below");
        assert!(leaf.shift(whole, range(0x22, 0x24), 0), "and from above");
        assert_eq!((keys(&leaf), leaf.values()), (alloc::vec![0x10, 0x22], 0x0b0));
    }

    #[test]
    fn what_takes_more_than_a_boundary_is_left_alone() {
        let (leaf, range) = (leaf(3, 0x0b0), AddrRange::between);
        let whole = (0, VACANT);
        assert!(!leaf.shift(whole, range(0x04, 0x08), 0xb), "a new piece");
        assert!(!leaf.shift(whole, range(0x0c, 0x10), 0xc), "of a value that no neighbour has");
        assert!(!leaf.shift(whole, range(0x20, 0x24), 0xc), "nor has it above");
        assert!(!leaf.shift(whole, range(0x00, 0x10), 0xb), "all of the first piece");
        assert!(!leaf.shift(whole, range(0x10, 0x20), 0), "all of the middle one");
        assert!(!leaf.shift(whole, range(0x0c, 0x12), 0xb), "of two pieces");
        assert!(!leaf.shift((0, 0x30), range(0x20, 0x30), 0xb), "all of the last one");
        assert!(leaf.shift((0, 0x30), range(0x20, 0x2f), 0xb));
        assert_eq!(keys(&leaf), [0x10, 0x2f]);
    }

    /// What a reader counts that sees each key at another time.
    #[test]
    fn keys_seen_at_different_times_count_as_at_one_of_them() {
        let (leaf, whole) = (leaf(LEAF as u64, 0x0b0b_0b0b_0b0b_0b0b), (0, VACANT));
        let mut random = 1_u64;
        let mut draw = |below: u64| {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (random >> 33) % below
        };
        let mut times = alloc::vec![keys(&leaf)];
        while times.len() < 1000 {
            let (start, value) = (draw(0x100), if draw(2) == 0 { 0 } else { 0xb });
            if leaf.shift(whole, AddrRange::between(start, start + 1 + draw(8)), value) {
                times.push(keys(&leaf));
            }
        }
        let at = |keys: &[u64], addr| keys.iter().filter(|&&key| key <= addr).count();
        let mut torn = 0;
        for window in times.windows(4) {
            for addr in 0..0x100 {
                let seen: [_; LEAF] = core::array::from_fn(|slot| {
                    let time = window.get(usize::try_from(draw(4)).unwrap_or(0));
                    AtomicU64::new(time.and_then(|keys| keys.get(slot)).map_or(0, |&key| key))
                });
                let counted = rank(&seen, addr);
                assert!(window.iter().any(|keys| at(keys, addr) == counted), "{addr:#x} {seen:x?}");
                torn += usize::from(window.iter().any(|keys| at(keys, addr) != counted));
            }
        }
        assert!(torn > 1000, "{torn} times it made a difference");
    }

    #[test]
    fn the_word_of_values_is_no_key() {
        let values = 0x0b0b_0b0b_0b0b_0b0b;
        let leaf = leaf(LEAF as u64, values);
        let last = 0x10 * (LEAF as u64 - 1);
        assert!(!leaf.shift((0, VACANT), AddrRange::between(last + 8, values), 0xb));
        assert!(leaf.shift((0, VACANT), AddrRange::between(last, values + 1), 0xb));
        assert_eq!(keys(&leaf).last(), Some(&(values + 1)));
    }
}
