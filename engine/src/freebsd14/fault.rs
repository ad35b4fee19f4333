//! `fault`: `vm_map_lookup(9)`, in which a fault in a gap grows the stack.

use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::{EntryFlags, Prot};
use crate::map::{Freebsd14, StackState, VmMap, holds};
use crate::num::Addr;
use crate::objects::Objects;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// The stack of a gap grows first; a plain guard allows no access.
    pub(super) fn run_fault(
        &mut self,
        state: &mut StackState<Freebsd14>,
        addr: Addr,
        access: Prot,
        tell: impl FnMut(Change),
    ) -> Result<Fault<O::Object>, FaultError> {
        let mut at = Cursor::default();
        let unmapped = FaultError::Unmapped { addr };
        let entry = self.tree.seek_into(addr.get(), &mut at).filter(|entry| holds(entry, addr));
        let grown = if entry.ok_or(unmapped)?.value.has_any(EntryFlags::STACK_GAP) {
            let growth = self.grow_at(state, &mut at, addr, tell).map_err(FaultError::Growth)?;
            growth.added()
        } else {
            None
        };
        let entry = self.make_ready_at(&at, addr, access)?;
        Ok(Fault { entry: entry.ok_or(unmapped)?, grown })
    }
}
