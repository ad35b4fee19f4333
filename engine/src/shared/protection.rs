//! What may be done at an address, asked without a lock.

use core::hint::spin_loop;

use super::{Locks, SharedVmSpace};
use crate::flags::Prot;
use crate::map::SharedKernel;
use crate::num::Addr;
use crate::objects::Objects;

/// A writer came in between, or the view is off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raced;

/// How often a reader tries before it queues up for the map lock: as long as a change takes to be
/// published that is more than a boundary, or somewhat longer.
const TRIES: usize = if cfg!(loom) { 1 } else { 32 };

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {
    /// The protection at an address; `None` if it is unmapped, or in a guard of FreeBSD 14.2: what
    /// is `Some` needs no growth.
    ///
    /// O(log n), and takes no lock and writes nothing unless writers keep coming in between: then it
    /// takes the map lock to read.
    #[inline]
    #[must_use]
    pub fn protection(&self, addr: Addr) -> Option<Prot> {
        match self.view.protection(addr.get()) {
            Some(answer) => answer,
            None => self.protection_again(addr),
        }
    }

    /// The same, but tried once: it never takes a lock.
    ///
    /// # Errors
    ///
    /// [`Raced`] if the view cannot say.
    #[inline]
    pub fn try_protection(&self, addr: Addr) -> Result<Option<Prot>, Raced> {
        self.view.protection(addr.get()).ok_or(Raced)
    }

    #[cold]
    fn protection_again(&self, addr: Addr) -> Option<Prot> {
        for _ in 1..TRIES {
            if self.view.is_off() {
                break;
            }
            spin_loop();
            if let Some(answer) = self.view.protection(addr.get()) {
                return answer;
            }
        }
        self.map.read().map().protection(addr)
    }
}
