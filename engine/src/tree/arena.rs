//! Where the nodes live: chunks of equal nodes, named by `u32` indices.
//!
//! A chunk is allocated once and neither moved nor given back before the arena goes, so growing
//! costs no copy and a free node stays there for an edit that must not fail. To have memory back,
//! [`Tree::shrink`](super::Tree::shrink) moves the entries to an arena of its size. An index is the number
//! of a chunk and a slot in it. All chunks are of one length that the compiler knows, so that an
//! access is one load from the directory, one from the node, and no check of the slot. They are
//! short, so that a small map stays small; the directory of a map of a million entries is then some
//! 90 KB.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::size_of;

/// The index of no node.
pub(super) const NIL: u32 = u32::MAX;

/// Bits of an index that name the slot.
const SHIFT: u32 = 3;

/// Nodes of a chunk.
const CHUNK: usize = 1 << SHIFT;

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
    chunks: Vec<Box<[N; CHUNK]>>,
    /// The index of the first node never handed out; those after it are vacant, too.
    fresh: usize,
    /// Head of the list of nodes given back.
    free: u32,
    used: usize,
}

impl<N: Node> Arena<N> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), fresh: 0, free: NIL, used: 0 }
    }

    /// Nodes in use.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Nodes allocated and not in use.
    pub(super) fn spare(&self) -> usize {
        self.allocated() - self.used
    }

    fn allocated(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// Bytes allocated.
    pub(super) fn memory(&self) -> usize {
        self.bytes() + self.chunks.capacity() * size_of::<Box<[N; CHUNK]>>()
    }

    #[inline(always)]
    const fn split(at: u32) -> (usize, usize) {
        ((at >> SHIFT) as usize, at as usize % CHUNK)
    }

    /// The node at an index; `None` for [`NIL`] and for any other that is not allocated.
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

    /// Allocates until at least `spare` nodes are free; on failure, allocates none.
    pub(super) fn reserve(&mut self, spare: usize) -> Result<(), Exhausted> {
        if self.spare() < spare { self.reserve_chunks(spare) } else { Ok(()) }
    }

    #[cold]
    fn reserve_chunks(&mut self, spare: usize) -> Result<(), Exhausted> {
        let chunks = self.used.checked_add(spare).ok_or(Exhausted)?.div_ceil(CHUNK);
        // So that no node is without an index.
        let nodes = chunks.checked_mul(CHUNK).ok_or(Exhausted)?;
        u32::try_from(nodes).map_err(|_| Exhausted)?;
        let missing = chunks - self.chunks.len();
        let mut added = Vec::new();
        added.try_reserve_exact(missing).map_err(|_| Exhausted)?;
        for _ in 0..missing {
            added.push(Self::chunk()?);
        }
        self.chunks.try_reserve(missing).map_err(|_| Exhausted)?;
        self.chunks.append(&mut added);
        Ok(())
    }

    /// Gives back the chunks after the first `kept`, from which no node was ever taken. Their places in
    /// the directory stay, a word for each.
    pub(super) fn give_up(&mut self, kept: usize) {
        debug_assert!(self.fresh <= kept * CHUNK);
        self.chunks.truncate(kept);
    }

    /// Chunks allocated.
    pub(super) fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Bytes of the chunks that hold `nodes` nodes.
    pub(super) const fn bytes_for(nodes: usize) -> usize {
        nodes.div_ceil(CHUNK) * CHUNK * size_of::<N>()
    }

    /// Bytes of all chunks.
    pub(super) fn bytes(&self) -> usize {
        self.allocated() * size_of::<N>()
    }

    fn chunk() -> Result<Box<[N; CHUNK]>, Exhausted> {
        let mut nodes = Vec::new();
        nodes.try_reserve_exact(CHUNK).map_err(|_| Exhausted)?;
        nodes.resize_with(CHUNK, N::vacant);
        nodes.into_boxed_slice().try_into().map_err(|_| Exhausted)
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
        let at = u32::try_from(self.fresh).ok()?;
        self.get(at)?;
        self.fresh += 1;
        Some(at)
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
        let handed_out = self.chunks.iter_mut().flat_map(|chunk| chunk.iter_mut()).take(self.fresh);
        handed_out.for_each(|node| *node = N::vacant());
        self.fresh = 0;
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
        self.fresh
    }
}
