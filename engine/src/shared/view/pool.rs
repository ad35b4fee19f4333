//! Where nodes live: in chunks that are neither moved nor given back while the process is shared,
//! so that a reader may follow any index at any time.

use alloc::boxed::Box;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

use super::node::{NIL, Node};

/// Nodes of a chunk, chunks of a block, and blocks: half a million nodes.
#[cfg(not(loom))]
const CHUNK: u32 = 16;
#[cfg(loom)]
const CHUNK: u32 = 2;
const CHUNKS: u32 = 512;
const BLOCKS: usize = 64;

type Chunk<N> = [N; CHUNK as usize];
type Block<N> = [OnceBox<Chunk<N>>; CHUNKS as usize];

/// The nodes, for readers and the writer.
pub(super) struct Nodes<N> {
    blocks: Box<[OnceBox<Block<N>>]>,
}

/// Which of them are in use: for the writer, under the map lock.
#[derive(Debug)]
pub(super) struct Pool {
    /// Nodes allocated.
    allocated: u32,
    /// The first node never handed out.
    fresh: u32,
    /// Head of the list of nodes given back.
    free: u32,
    used: u32,
}

/// The allocator refused, or the indices have run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Exhausted;

impl<N: Node> Nodes<N> {
    /// No node, and room for the places of blocks.
    pub(super) fn new() -> Result<Self, Exhausted> {
        Ok(Self { blocks: many(BLOCKS, OnceBox::new)? })
    }

    /// The node at an index; `None` if it is not allocated.
    #[inline(always)]
    pub(super) fn get(&self, at: u32) -> Option<&N> {
        let block = self.blocks.get((at / (CHUNK * CHUNKS)) as usize)?.get()?;
        block.get((at / CHUNK % CHUNKS) as usize)?.get()?.get((at % CHUNK) as usize)
    }

    /// Allocates the chunk that an index is in.
    fn allocate(&self, at: u32) -> Result<(), Exhausted> {
        let place = self.blocks.get((at / (CHUNK * CHUNKS)) as usize).ok_or(Exhausted)?;
        if place.get().is_none() {
            place.set(array(OnceBox::new)?).map_err(|_| Exhausted)?;
        }
        let chunk = place.get().and_then(|block| block.get((at / CHUNK % CHUNKS) as usize));
        chunk.ok_or(Exhausted)?.set(array(N::vacant)?).map_err(|_| Exhausted)
    }
}

impl Pool {
    pub(super) const fn new() -> Self {
        Self { allocated: 0, fresh: 0, free: NIL, used: 0 }
    }

    /// Allocates until `spare` nodes are not in use.
    pub(super) fn reserve<N: Node>(
        &mut self,
        nodes: &Nodes<N>,
        spare: usize,
    ) -> Result<(), Exhausted> {
        while ((self.allocated - self.used) as usize) < spare {
            nodes.allocate(self.allocated)?;
            self.allocated += CHUNK;
        }
        Ok(())
    }

    /// A node that is not in use; what it holds is of no meaning.
    pub(super) fn take<N: Node>(&mut self, nodes: &Nodes<N>) -> Result<u32, Exhausted> {
        self.reserve(nodes, 1)?;
        let taken = if let Some(node) = nodes.get(self.free) {
            core::mem::replace(&mut self.free, node.link())
        } else {
            self.fresh += 1;
            self.fresh - 1
        };
        self.used += 1;
        Ok(taken)
    }

    /// Gives a node back.
    pub(super) fn give_back<N: Node>(&mut self, nodes: &Nodes<N>, at: u32) {
        if let Some(node) = nodes.get(at) {
            node.set_link(self.free);
            self.free = at;
            self.used -= 1;
        }
    }

    /// Nodes in use.
    #[cfg(all(test, not(loom)))]
    pub(super) const fn used(&self) -> u32 {
        self.used
    }

    /// Gives every node back.
    pub(super) const fn clear(&mut self) {
        self.fresh = 0;
        self.free = NIL;
        self.used = 0;
    }
}

/// A number of things, unless the allocator refuses.
fn many<T>(length: usize, make: impl FnMut() -> T) -> Result<Box<[T]>, Exhausted> {
    let mut items = Vec::new();
    items.try_reserve_exact(length).map_err(|_| Exhausted)?;
    items.resize_with(length, make);
    Ok(items.into_boxed_slice())
}

pub(in super::super) fn array<T, const N: usize>(
    make: impl FnMut() -> T,
) -> Result<Box<[T; N]>, Exhausted> {
    many(N, make)?.try_into().map_err(|_| Exhausted)
}
