//! What has been written, and populating (L50 to L54).

use super::state::{Area, key};
use super::{Branch, LinuxOracle};
use crate::linux::vma::VmaFlags;

/// What stops populating.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unpopulated {
    /// Nothing may touch it.
    NoAccess,
    /// A guard page.
    Guard,
}

impl LinuxOracle {
    /// Does a protection key forbid every access to memory with these flags?
    pub(super) fn has_key(&self, flags: VmaFlags) -> bool {
        self.config.keys && key(flags) != 0
    }

    /// L50: gives a VMA that has never been written an identity.
    pub(super) fn make_written(&mut self, x: usize) {
        let list = &self.state.list;
        let area = list[x];
        // L74: what is shared is the object's.
        if area.anon.is_some() || area.has(VmaFlags::SH) {
            return;
        }
        let upper = list.get(x + 1).filter(|upper| self.share(&area, upper));
        let lower = x.checked_sub(1).map(|x| &list[x]).filter(|lower| self.share(lower, &area));
        let (anon, branch) =
            match (upper.and_then(|area| area.anon), lower.and_then(|area| area.anon)) {
                (Some(anon), _) => (anon, Branch::AnonOfUpper),
                (None, Some(anon)) => (anon, Branch::AnonOfLower),
                (None, None) => (self.state.new_anon(), Branch::AnonNew),
            };
        self.state.list[x].anon = Some(anon);
        self.reach(branch);
    }

    /// Would the two be one VMA but for their access?
    fn share(&self, lower: &Area, upper: &Area) -> bool {
        let other = VmaFlags::all() - VmaFlags::ACCESS - VmaFlags::GU;
        lower.end == upper.start
            && lower.flags & other == upper.flags & other
            && self.has_key(lower.flags) == self.has_key(upper.flags)
            && lower.object == upper.object
            && lower.pgoff_at(lower.end) == upper.pgoff
    }

    /// L54 of a part of one VMA.
    fn populate_part(&mut self, x: usize, start: u64, end: u64) -> Result<(), Unpopulated> {
        let area = self.state.list[x];
        // L87
        if area.has(VmaFlags::IO) {
            return Ok(());
        }
        if area.has(VmaFlags::LF) {
            self.reach(Branch::PopulateOnFault);
            return Ok(());
        }
        if !area.is_accessible() || self.has_key(area.flags) {
            self.reach(Branch::PopulateNoAccess);
            return Err(Unpopulated::NoAccess);
        }
        let guard = self.state.first_guard(start, end);
        if area.has(VmaFlags::WR) && start < guard {
            self.reach(Branch::PopulateStores);
            self.make_written(x);
        }
        if guard < end {
            self.reach(Branch::PopulateGuard);
            return Err(Unpopulated::Guard);
        }
        Ok(())
    }

    /// L54, as far as nothing stops it. Holes are passed over.
    pub(super) fn populate(&mut self, start: u64, end: u64) -> Result<(), Unpopulated> {
        let mut x = self.state.first_above(start);
        while let Some(&Area { start: first, end: last, .. }) = self.state.list.get(x) {
            if first.max(start) >= end {
                break;
            }
            self.populate_part(x, first.max(start), last.min(end))?;
            x += 1;
        }
        Ok(())
    }

    /// Populating whose errors nobody hears of: the next VMA has its turn all the same.
    pub(super) fn populate_quietly(&mut self, start: u64, length: u64) {
        let (mut at, end) = (start, start.saturating_add(length));
        while let Some(&Area { start: first, end: last, .. }) =
            self.state.list.get(self.state.first_above(at)).filter(|area| area.start < end)
        {
            let stop = last.min(end);
            // The error is ignored by rule L39.
            _ = self.populate(first.max(at), stop);
            at = stop;
            if at >= end {
                break;
            }
        }
    }

    /// L61: touches the pages of a range, all of them stores or all of them loads. The first page that
    /// cannot be had, or why.
    pub(super) fn touch_all(&mut self, start: u64, end: u64, write: bool) -> Result<(), Touched> {
        let mut at = start;
        while at < end {
            let Some(x) = self.state.holder(at) else { return Err(Touched::Hole) };
            let area = self.state.list[x];
            let needed = if write { VmaFlags::WR } else { VmaFlags::RD };
            if !area.has(needed) || self.has_key(area.flags) {
                return Err(Touched::Forbidden);
            }
            let stop = area.end.min(end);
            let guard = self.state.first_guard(at, stop);
            if write && at < guard {
                self.make_written(x);
            }
            if guard < stop {
                return Err(Touched::Guard);
            }
            at = stop;
        }
        Ok(())
    }
}

/// What stops a walk that touches every page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Touched {
    /// Nothing is mapped.
    Hole,
    /// The protection forbids it.
    Forbidden,
    /// A guard page.
    Guard,
}
