//! `fault`: `vm_map_lookup(9)` with the growth of stacks before it, which is what the handler of a
//! page fault wants of the map.

use super::decide::Beside;
use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::Prot;
use crate::growth::Growth;
use crate::map::{Freebsd9, StackState, VmMap, holds};
use crate::num::Addr;
use crate::objects::Objects;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// The stack next to an address that is not mapped grows first.
    pub(super) fn run_fault(
        &mut self,
        state: &mut StackState<Freebsd9>,
        addr: Addr,
        access: Prot,
        tell: impl FnMut(Change),
    ) -> Result<Fault<O::Object>, FaultError> {
        let mut at = Cursor::default();
        let above = self.tree.seek_into(addr.get(), &mut at).map(Beside::of);
        let growth = self.grow_at(state, &mut at, above, addr, tell).map_err(FaultError::Growth)?;
        let grown = match growth {
            Growth::NoStack => return Err(FaultError::Unmapped { addr }),
            Growth::AlreadyMapped => None,
            Growth::Grown { added, .. } => Some(added),
        };
        if self.tree.item(&at).is_none_or(|entry| !holds(&entry, addr)) {
            // Wiring what was added moves entries.
            self.tree.seek_into(addr.get(), &mut at);
        }
        let entry = self.make_ready_at(&at, addr, access)?;
        Ok(Fault { entry: entry.ok_or(FaultError::Unmapped { addr })?, grown })
    }
}
