//! The published view: what may be done at each address, for readers that take no lock.
//!
//! It is a step function of the address: *unmapped*, or a protection. Every [`Change`](crate::Change)
//! that the map reports sets it for a range, under the map lock held to write. Neighbouring stretches
//! of one value are one piece, whatever entries they are made of, so that a growth moves one boundary.
//!
//! A B+tree parts the address space among its leaves, and each leaf its stretch into pieces. Every
//! word that a reader sees is an atomic, and nodes are neither moved nor given back, so that no read
//! can be worse than wrong; a [sequence count](count) says which ones may be. Where one word is all
//! that changes, as for a growth, the count stays and no read is wrong. A reader writes nothing, so
//! that as many as there are cores read at once.
//!
//! It is for the fault on an address that is mapped: it says whether that is so and what may be done
//! there, which decides a spurious fault, a fault on a page that is resident, and a violation. It
//! cannot say which object is behind the address: handles may count their references, which a reader
//! without a lock cannot do, and two words more for each piece would make a leaf four cache lines
//! longer. A fault that needs the object takes the map lock to read
//! ([`fault`](super::SharedVmSpace::fault)).
//!
//! The view is a cache. If no node can be had for it, it is turned off, and readers take the map lock
//! until it is [published again](publisher::Publisher::publish); no operation fails for that.

mod count;
mod node;
mod pool;
mod publisher;
mod row;
#[cfg(all(test, not(loom)))]
mod tests;

pub(super) use pool::array;
pub(super) use publisher::{Publication, Publisher, Room};

use crate::flags::Prot;
use crate::refusal::Refusal;
use count::Count;
use node::{Inner, Leaf};
use pool::{Exhausted, Nodes};

/// Most levels of inner nodes; as many as a walk ever goes down.
const MOST_LEVELS: u32 = 16;

/// The view, as readers see it.
pub(super) struct View {
    count: Count,
    inner: Nodes<Inner>,
    leaves: Nodes<Leaf>,
}

/// A value of the step function: 0 for unmapped, else a bit for mapped and the protection.
fn value(prot: Prot) -> u8 {
    MAPPED | prot.bits()
}

const MAPPED: u8 = 8;
const UNMAPPED: u8 = 0;

impl From<Exhausted> for Refusal {
    fn from(_: Exhausted) -> Self {
        Self::OutOfNodes
    }
}

impl View {
    /// A view that is off.
    pub(super) fn new() -> Result<Self, Refusal> {
        Ok(Self { count: Count::off(), inner: Nodes::new()?, leaves: Nodes::new()? })
    }

    /// The protection at an address, or that it is unmapped; `None` if a writer came in between, or
    /// the view is off.
    #[inline(always)]
    pub(super) fn protection(&self, addr: u64) -> Option<Option<Prot>> {
        let value = self.count.read(|root, levels| self.walk(root, levels, addr))?;
        Some((value & MAPPED != 0).then(|| Prot::from_bits_truncate(value)))
    }

    /// Is it no use to try again?
    pub(super) fn is_off(&self) -> bool {
        self.count.is_off()
    }

    /// Goes down to the leaf that holds an address. While a writer is at work, the indices and even
    /// the number of levels may be anything: `None` then, after a bounded number of steps.
    #[inline(always)]
    fn walk(&self, root: u32, levels: u32, addr: u64) -> Option<u8> {
        if addr == u64::MAX {
            return Some(UNMAPPED); // No entry holds it, and vacant keys look like it.
        }
        let mut at = root;
        for _ in 0..levels.min(MOST_LEVELS) {
            let inner = self.inner.get(at)?;
            at = inner.child(inner.rank(addr));
        }
        Some(self.leaves.get(at)?.value(addr))
    }
}
