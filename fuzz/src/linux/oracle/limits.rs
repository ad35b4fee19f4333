//! What limits allow (L5 to L7, L19).

use super::state::{Area, is_data};
use super::{LinuxOracle, PAGE};
use crate::linux::config::{Capabilities, Overcommit};
use crate::linux::vma::VmaFlags;

impl LinuxOracle {
    /// L5: may `pages` more be mapped with these flags?
    pub(super) fn may_expand(&self, pages: u64, flags: VmaFlags) -> bool {
        let state = &self.state;
        let total = self.config.base_pages.saturating_add(state.pages(|_| true));
        if total.saturating_add(pages) > state.soft.address_space / PAGE {
            return false;
        }
        if !is_data(flags) {
            return true;
        }
        let data = self.config.base_data.saturating_add(state.pages(Area::is_data));
        // A limit of exactly 0 is none.
        let limit = if state.soft.data == 0 { self.config.hard.data } else { state.soft.data };
        data.saturating_add(pages) <= limit / PAGE
    }

    /// L6: may `pages` more be mapped with these flags, if they lock?
    pub(super) fn may_lock(&self, pages: u64, flags: VmaFlags) -> bool {
        !flags.contains(VmaFlags::LO)
            || self.locks_without_limit()
            || self.locked().saturating_add(pages) <= self.state.soft.memlock / PAGE
    }

    /// L7: may anything be locked?
    pub(super) fn may_lock_at_all(&self) -> bool {
        self.state.soft.memlock != 0 || self.locks_without_limit()
    }

    pub(super) fn locks_without_limit(&self) -> bool {
        self.config.capabilities.contains(Capabilities::IPC_LOCK)
    }

    /// The pages that count as locked.
    pub(super) fn locked(&self) -> u64 {
        self.state.pages(|area| area.has(VmaFlags::LO)).saturating_add(self.state.leaked)
    }

    /// L19: will the system commit `pages` in one step?
    pub(super) fn may_commit(&self, pages: u64) -> bool {
        match self.config.overcommit {
            Overcommit::Heuristic => pages <= self.config.committable,
            Overcommit::Always => true,
        }
    }
}
