//! Where the nodes live: chunks of equal nodes, named by `u32` indices.
//!
//! A chunk is allocated once and neither moved nor given back before the arena goes, so growing
//! costs no copy and a free node stays there for an edit that must not fail. An index is a chunk
//! number and a slot within the chunk, cut at a fixed bit, which makes an access one load from the
//! directory and one from the node. The first chunks are short of their stride, so that a small map
//! stays small; the numbers left out are never handed out.

use alloc::vec::Vec;
use core::mem::size_of;

/// The index of no node.
pub(super) const NIL: u32 = u32::MAX;

/// Most bytes of a chunk, unless one node is larger.
const CHUNK_BYTES: usize = 64 * 1024;

/// Nodes in the first chunk; each one after it has twice as many, up to the stride.
const FIRST_CHUNK: usize = 4;

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
    /// Chunk `k` has room for `Self::room(k)` nodes, and holds those ever handed out.
    chunks: Vec<Vec<N>>,
    /// The chunk that fresh nodes come from, unless it is full.
    open: usize,
    /// Head of the list of nodes given back.
    free: u32,
    used: usize,
    allocated: usize,
}

impl<N: Node> Arena<N> {
    /// Bits of an index that name the slot.
    const SHIFT: u32 = match CHUNK_BYTES.checked_div(size_of::<N>()) {
        Some(fit) if fit > 0 => fit.ilog2(),
        _ => 0,
    };
    const STRIDE: usize = 1 << Self::SHIFT;

    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), open: 0, free: NIL, used: 0, allocated: 0 }
    }

    /// Nodes in use.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Nodes allocated and not in use.
    pub(super) fn spare(&self) -> usize {
        self.allocated - self.used
    }

    /// Bytes allocated.
    pub(super) fn memory(&self) -> usize {
        self.allocated * size_of::<N>() + self.chunks.capacity() * size_of::<Vec<N>>()
    }

    /// How many nodes chunk `k` has room for.
    fn room(k: usize) -> usize {
        let doublings = k.min(Self::SHIFT as usize);
        (FIRST_CHUNK << doublings).min(Self::STRIDE)
    }

    #[inline(always)]
    fn split(at: u32) -> (usize, usize) {
        ((at >> Self::SHIFT) as usize, at as usize & (Self::STRIDE - 1))
    }

    /// The index of a slot; `None` past the last index below [`NIL`].
    fn join(chunk: usize, slot: usize) -> Option<u32> {
        let index = chunk.checked_mul(Self::STRIDE)?.checked_add(slot)?;
        u32::try_from(index).ok().filter(|&index| index != NIL)
    }

    /// The node at an index; `None` for [`NIL`] and for an index never handed out.
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

    /// Allocates until at least `spare` nodes are free.
    pub(super) fn reserve(&mut self, spare: usize) -> Result<(), Exhausted> {
        while self.spare() < spare {
            self.grow()?;
        }
        Ok(())
    }

    fn grow(&mut self) -> Result<(), Exhausted> {
        let chunk = self.chunks.len();
        let room = Self::room(chunk);
        // So that no node of the chunk is without an index.
        Self::join(chunk, room - 1).ok_or(Exhausted)?;
        let mut nodes = Vec::new();
        nodes.try_reserve_exact(room).map_err(|_| Exhausted)?;
        self.chunks.try_reserve(1).map_err(|_| Exhausted)?;
        self.chunks.push(nodes);
        self.allocated += room;
        Ok(())
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
        loop {
            let chunk = self.chunks.get_mut(self.open)?;
            let slot = chunk.len();
            if slot < Self::room(self.open) {
                let at = Self::join(self.open, slot)?;
                // Within the capacity reserved, so this does not allocate.
                chunk.push(N::vacant());
                return Some(at);
            }
            self.open += 1;
        }
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

    /// Drops every node, and keeps the memory.
    pub(super) fn clear(&mut self) {
        for chunk in &mut self.chunks {
            chunk.clear();
        }
        self.open = 0;
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
