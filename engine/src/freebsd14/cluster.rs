//! The address near which small mappings are kept together (D7.2 and D7.6).

use crate::map::{Freebsd14, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;

/// The cluster address of a map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cluster {
    /// 0 for none.
    at: u64,
    /// D7.2: does the address move when the entry below it is deleted? On in every map. That rule is
    /// from the source alone: no recorded answer depends on it.
    follows: bool,
}

impl Cluster {
    /// None, as in an empty map.
    pub(super) const NONE: Self = Self { at: 0, follows: true };

    /// Where a search begins; 0 if anywhere.
    pub(super) const fn address(self) -> u64 {
        self.at
    }

    /// Has none, as in a new map.
    pub(super) const fn forget(&mut self) {
        self.at = 0;
    }

    /// Follows a mapping that was placed by a search (D7.6).
    pub(super) const fn placed(&mut self, at: u64) {
        if self.at == 0 || at < self.at {
            self.at = at;
        }
    }

    /// Follows the deletion of an entry (D7.2).
    pub(super) fn follow(&mut self, gone: AddrRange) {
        if self.follows && gone.end().get() == self.at {
            self.at = gone.start().get();
        }
    }
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// The cluster address: where [`find`](Self::find) begins to look for space if it is free to choose
    /// (D7.6). `None` until it has chosen once.
    #[must_use]
    pub fn cluster(&self) -> Option<Addr> {
        Some(Addr::new(self.of_map.at)).filter(|&at| at != Addr::ZERO)
    }

    /// Sets whether the cluster address moves down when the entry that ends there is deleted (D7.2), as
    /// it does at first. No recorded answer of the real kernel depends on that rule.
    pub const fn set_cluster_follows(&mut self, on: bool) {
        self.of_map.follows = on;
    }
}
