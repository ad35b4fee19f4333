//! What no map that changes can be expected to beat: a static S+-tree of the same ends.

use crate::contender::{Around, Bounds, Index};
use crate::machine::simd::StaticTree;

/// Ends in full nodes of sixteen, counted with AVX2 where there is; starts beside them.
#[derive(Debug)]
pub struct Floor {
    ends: StaticTree,
    starts: Vec<u64>,
}

impl Floor {
    /// A tree of entries in address order.
    #[must_use]
    pub fn new(entries: &[Bounds]) -> Self {
        let ends: Vec<u64> = entries.iter().map(|entry| entry.1).collect();
        let starts = entries.iter().map(|entry| entry.0).collect();
        Self { ends: StaticTree::new(&ends), starts }
    }

    #[inline]
    fn bounds(&self, rank: usize) -> Option<Bounds> {
        Some((*self.starts.get(rank)?, self.ends.key(rank)?))
    }
}

impl Index for Floor {
    #[inline(always)]
    fn lookup(&self, addr: u64) -> Option<Bounds> {
        self.bounds(self.ends.rank(addr)).filter(|&(start, _)| start <= addr)
    }

    #[inline(always)]
    fn neighbours(&self, addr: u64) -> Around {
        let rank = self.ends.rank(addr);
        let below = rank.checked_sub(1).and_then(|rank| self.ends.key(rank)).unwrap_or(0);
        Around { below, above: self.bounds(rank) }
    }
}
