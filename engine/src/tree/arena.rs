//! Where the nodes live: chunks of nodes, named by `u32` indices.
//!
//! A chunk is allocated once and neither moved nor given back before the arena goes, so growing
//! costs no copy and a free node stays there for an edit that must not fail. To have memory back,
//! [`Tree::shrink`](super::Tree::shrink) moves the entries to an arena of its size.
//!
//! An index is the number of a chunk and a slot in it. Chunks become longer as the arena grows, so
//! that there are few of them, and their table has room in the arena itself: an access is one load
//! from the table, next to the root, and one from the node. From 32 nodes on, a new chunk adds at
//! most a quarter to what there is, and past 32,768 nodes at most half.

use alloc::vec::Vec;
use core::mem::size_of;

/// The index of no node.
pub(super) const NIL: u32 = u32::MAX;

/// Bits of an index that name the slot.
const SHIFT: u32 = 26;

/// Slots that an index can name.
const SLOTS: u32 = 1 << SHIFT;

/// Chunks that an index can name. The last one is never made, so that [`NIL`] is no index; the others
/// have room for 6,291,456 nodes.
const CHUNKS: usize = 1 << (u32::BITS - SHIFT);

/// Nodes that a chunk has room for.
const fn room(chunk: usize) -> usize {
    match chunk {
        0..16 => 8,
        16..48 => 32 << ((chunk - 16) / 4),
        _ => 16_384 << ((chunk - 48) / 2),
    }
}

/// The most nodes of an arena.
pub(super) const MOST_NODES: usize = {
    let (mut nodes, mut chunk) = (0, 0);
    while chunk < CHUNKS - 1 {
        nodes += room(chunk);
        chunk += 1;
    }
    nodes
};

const _: () = assert!(MOST_NODES == 6_291_456);

/// What an arena asks of the nodes it holds.
pub(super) trait Node {
    /// A node with nothing in it.
    fn vacant() -> Self;
    /// The link to the next free node, while this one is free.
    fn link(&self) -> u32;
    /// Sets that link; [`NIL`] makes a free node vacant again.
    fn set_link(&mut self, next: u32);
}

/// The allocator refused, or the indices have run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

/// A growing set of nodes.
pub(super) struct Arena<N> {
    used: usize,
    /// Nodes that the chunks have room for.
    allocated: usize,
    /// Head of the list of nodes given back.
    free: u32,
    /// Chunks allocated.
    count: u32,
    /// The chunk that nodes never handed out come from next.
    filling: usize,
    /// The nodes handed out so far; capacity for more.
    chunks: [Vec<N>; CHUNKS],
}

impl<N: Node> Arena<N> {
    pub(super) const fn new() -> Self {
        let chunks = [const { Vec::new() }; CHUNKS];
        Self { used: 0, allocated: 0, free: NIL, count: 0, filling: 0, chunks }
    }

    /// Nodes in use.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Nodes allocated and not in use.
    pub(super) fn spare(&self) -> usize {
        self.allocated - self.used
    }

    #[inline(always)]
    const fn split(at: u32) -> (usize, usize) {
        ((at >> SHIFT) as usize, (at % SLOTS) as usize)
    }

    /// The node at an index; `None` for [`NIL`] and for any other that is not handed out.
    #[inline(always)]
    pub(super) fn get(&self, at: u32) -> Option<&N> {
        let (chunk, slot) = Self::split(at);
        self.chunks.get(chunk)?.get(slot)
    }

    #[inline(always)]
    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut N> {
        let (chunk, slot) = Self::split(at);
        self.chunks.get_mut(chunk)?.get_mut(slot)
    }

    /// Two different nodes at once.
    pub(super) fn pair_mut(&mut self, a: u32, b: u32) -> Option<(&mut N, &mut N)> {
        let ((chunk_a, slot_a), (chunk_b, slot_b)) = (Self::split(a), Self::split(b));
        if chunk_a == chunk_b {
            let chunk = self.chunks.get_mut(chunk_a)?;
            let [a, b] = chunk.get_disjoint_mut([slot_a, slot_b]).ok()?;
            return Some((a, b));
        }
        let [chunk_a, chunk_b] = self.chunks.get_disjoint_mut([chunk_a, chunk_b]).ok()?;
        Some((chunk_a.get_mut(slot_a)?, chunk_b.get_mut(slot_b)?))
    }

    /// Are there indices for this number of nodes beside those in use?
    pub(super) fn has_indices(&self, nodes: usize) -> bool {
        nodes <= MOST_NODES - self.used
    }

    /// Allocates until at least `spare` nodes are free; on failure, allocates none.
    pub(super) fn reserve(&mut self, spare: usize) -> Result<(), Exhausted> {
        if self.spare() < spare { self.reserve_chunks(spare) } else { Ok(()) }
    }

    #[cold]
    fn reserve_chunks(&mut self, spare: usize) -> Result<(), Exhausted> {
        let wanted = self.used.checked_add(spare).ok_or(Exhausted)?;
        let count = Self::chunks_for(wanted).ok_or(Exhausted)?;
        let had = self.chunks();
        for at in had..count {
            if let Some(chunk) = self.chunks.get_mut(at)
                && chunk.try_reserve_exact(room(at)).is_err()
            {
                self.give_up(had);
                return Err(Exhausted);
            }
            self.allocated += room(at);
            self.count += 1;
        }
        Ok(())
    }

    /// The number of chunks that have room for `nodes` nodes; `None` if there are no indices for them.
    fn chunks_for(nodes: usize) -> Option<usize> {
        let mut left = nodes;
        (0..CHUNKS).find(|&chunk| {
            let filled = left == 0;
            left = left.saturating_sub(room(chunk));
            filled
        })
    }

    /// Gives back the chunks after the first `kept`, from which no node was ever taken.
    pub(super) fn give_up(&mut self, kept: usize) {
        for at in kept..self.chunks() {
            if let Some(chunk) = self.chunks.get_mut(at) {
                debug_assert!(chunk.is_empty());
                *chunk = Vec::new();
            }
            self.allocated -= room(at);
            self.count -= 1;
        }
    }

    /// Chunks allocated.
    pub(super) fn chunks(&self) -> usize {
        self.count as usize
    }

    /// Bytes of the chunks that hold `nodes` nodes.
    pub(super) fn bytes_for(nodes: usize) -> usize {
        let chunks = Self::chunks_for(nodes).unwrap_or(CHUNKS);
        (0..chunks).map(room).sum::<usize>().saturating_mul(size_of::<N>())
    }

    /// Bytes of all chunks.
    pub(super) fn bytes(&self) -> usize {
        self.allocated * size_of::<N>()
    }

    /// A vacant node out of the free ones; `None` if there is none.
    pub(super) fn take(&mut self) -> Option<u32> {
        let taken = self.take_freed().or_else(|| self.take_fresh())?;
        self.used += 1;
        Some(taken)
    }

    fn take_freed(&mut self) -> Option<u32> {
        let at = self.free;
        let node = self.get_mut(at)?;
        let next = node.link();
        node.set_link(NIL);
        self.free = next;
        Some(at)
    }

    fn take_fresh(&mut self) -> Option<u32> {
        if self.chunks.get(self.filling)?.len() == room(self.filling) {
            self.filling += 1;
        }
        if self.filling >= self.chunks() {
            return None;
        }
        let chunk = self.chunks.get_mut(self.filling)?;
        let slot = u32::try_from(chunk.len()).ok()?;
        // Written where it stays: to push a node is to copy one.
        chunk.resize_with(chunk.len() + 1, N::vacant);
        Some((u32::try_from(self.filling).ok()? << SHIFT) + slot)
    }

    /// Gives a node back; it must be vacant.
    pub(super) fn give_back(&mut self, at: u32) {
        let next = self.free;
        if let Some(node) = self.get_mut(at) {
            node.set_link(next);
            self.free = at;
            self.used -= 1;
        }
    }

    /// Drops what every node holds, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.chunks.iter_mut().for_each(Vec::clear);
        self.filling = 0;
        self.free = NIL;
        self.used = 0;
    }

    /// The nodes on the free list, at most as many as were ever handed out.
    pub(super) fn freed(&self) -> impl Iterator<Item = &N> {
        let mut next = self.free;
        let mut left = self.handed_out();
        core::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let node = self.get(next)?;
            next = node.link();
            Some(node)
        })
    }

    /// Nodes ever handed out since the last [`clear`](Self::clear).
    pub(super) fn handed_out(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }
}
