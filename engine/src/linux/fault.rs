//! `fault`: growth, then what the entry allows (L21, L22), then its anonymous memory (L51).

use super::grow::Above;
use crate::change::Change;
use crate::fault::{Fault, FaultError};
use crate::flags::Prot;
use crate::map::{Linux, StackState, VmMap, allowed, corrupt, holds};
use crate::num::Addr;
use crate::objects::Objects;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// A growth stays, even if the entry then does not allow the access (L21).
    pub(super) fn run_fault(
        &mut self,
        state: &mut StackState<Linux>,
        addr: Addr,
        access: Prot,
        tell: impl FnMut(Change),
    ) -> Result<Fault<O::Object>, FaultError> {
        let mut at = Cursor::default();
        let above = self.tree.seek_into(addr.get(), &mut at).map(Above::of);
        if !above.is_some_and(|above| above.holds(addr) || above.grows_down()) {
            return Err(FaultError::Unmapped { addr });
        }
        let growth = self.grow_at(state, &at, above, addr, tell).map_err(FaultError::Growth)?;
        let entry = self.tree.item(&at).filter(|entry| holds(entry, addr));
        let entry = entry.ok_or_else(|| FaultError::Growth(corrupt()))?;
        allowed::<Linux, _>(&entry, access)?;
        if access.contains(Prot::WRITE) {
            self.give_anon(&at).map_err(FaultError::Growth)?;
        }
        let entry = self.entry(&at).map_err(FaultError::Growth)?;
        let entry = entry.value.view(entry.start, entry.end).cloned();
        Ok(Fault { entry, grown: growth.added() })
    }
}
