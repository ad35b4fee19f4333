//! Splitting and merging (L40 to L48): the only ways in which the list gets more VMAs or fewer.

use super::state::{Anon, Area, is_aligned, whole_pages};
use super::{Branch, Call, LinuxOracle};
use crate::linux::answer::Errno;
use crate::linux::rules::Rules;
use crate::linux::vma::VmaFlags;

impl LinuxOracle {
    /// L40: `munmap`.
    pub(super) fn munmap(&mut self, addr: u64, length: u64) -> Call {
        if !is_aligned(addr) {
            return self.refuse(Branch::MunmapUnaligned, Errno::EINVAL);
        }
        let end = whole_pages(length).and_then(|length| addr.checked_add(length));
        let Some(end) = end.filter(|&end| end != addr) else {
            return self.refuse(Branch::MunmapEmpty, Errno::EINVAL);
        };
        self.may_cut(addr, end)?;
        self.remove(addr, end);
        Ok(0)
    }

    /// L87: does neither end of a range lie inside one of the kernel's own mappings?
    pub(super) fn may_cut(&mut self, start: u64, end: u64) -> Result<(), Errno> {
        let inside = |area: &Area, at: u64| area.start < at && at < area.end;
        let cut = |area: &Area| area.is_special() && (inside(area, start) || inside(area, end));
        if self.state.list.iter().any(cut) {
            return self.refuse(Branch::SpecialCut, Errno::EINVAL);
        }
        Ok(())
    }

    /// Unmaps a range, and the guard pages in it.
    pub(super) fn remove(&mut self, start: u64, end: u64) {
        self.split_ends(start, end);
        let before = self.state.list.len();
        self.state.list.retain(|area| area.end <= start || end <= area.start);
        let some = self.state.list.len() != before;
        self.reach(if some { Branch::Removed } else { Branch::RemovedNothing });
        self.state.guards.retain(|&page| page < start || end <= page);
    }

    /// Splits what sticks out of a range at its ends.
    pub(super) fn split_ends(&mut self, start: u64, end: u64) {
        self.split(start);
        self.split(end);
    }

    /// L41: splits the VMA that `at` is inside of. Both parts keep everything.
    fn split(&mut self, at: u64) {
        let Some(x) = self.state.list.iter().position(|area| area.start < at && at < area.end)
        else {
            return;
        };
        let lower = &mut self.state.list[x];
        let upper = Area { start: at, pgoff: lower.pgoff_at(at), ..*lower };
        lower.end = at;
        self.state.list.insert(x + 1, upper);
        self.reach(if upper.has(VmaFlags::GD) { Branch::StackSplit } else { Branch::Split });
    }

    /// L43, L44: gives a part of VMA `x` other flags. The VMA that it is part of afterwards.
    ///
    /// That is to take the part out and to insert it with its new flags. What is left of the VMA does
    /// not merge with it, since its flags are others.
    pub(super) fn modify(&mut self, x: usize, start: u64, end: u64, flags: VmaFlags) -> usize {
        let area = self.state.list[x];
        let part = Area { start, end, flags, pgoff: area.pgoff_at(start), ..area };
        self.split_ends(start, end);
        self.state.list.retain(|area| area.start != start);
        self.insert(part)
    }

    /// L46: inserts a VMA into free space, and merges it with what it touches. The VMA that it is part
    /// of then.
    pub(super) fn insert(&mut self, part: Area) -> usize {
        let x = self.state.first_above(part.start);
        let lower = x.checked_sub(1).map(|lower| self.state.list[lower]);
        let lower =
            lower.filter(|lower| self.touch_alike(lower, &part) && self.may_join(&part, lower));
        let upper = self.state.list.get(x).copied();
        let upper =
            upper.filter(|upper| self.touch_alike(&part, upper) && self.may_join(&part, upper));
        match (lower, upper) {
            (None, None) => {
                self.reach(Branch::InsertedAlone);
                self.state.list.insert(x, part);
                x
            }
            (Some(lower), None) => self.join_lower(x - 1, lower, part),
            // L43: what both neighbours would be together decides.
            (Some(lower), Some(upper)) if !alike(lower.anon, upper.anon) => {
                self.reach(Branch::NeighboursDiffer);
                self.join_lower(x - 1, lower, part)
            }
            (Some(lower), Some(upper)) => {
                self.reach(Branch::MergedBoth);
                let anon = lower.anon.or(upper.anon).or(part.anon);
                let flags = lower.flags | (part.flags | upper.flags) & VmaFlags::GU;
                self.state.list[x - 1] = Area { end: upper.end, flags, anon, ..lower };
                self.state.list.remove(x);
                x - 1
            }
            (None, Some(upper)) => {
                self.reach(Branch::MergedUpper);
                self.reach_if(upper.has(VmaFlags::GD), Branch::MergedStacks);
                let anon = upper.anon.or(part.anon);
                let flags = upper.flags | part.flags & VmaFlags::GU;
                let Area { start, pgoff, .. } = part;
                self.state.list[x] = Area { start, pgoff, flags, anon, ..upper };
                x
            }
        }
    }

    /// L85: inserts a VMA that joins no upper neighbour, and a lower one only if that reaches above `floor`.
    pub(super) fn insert_above(&mut self, part: Area, floor: u64) {
        let x = self.state.first_above(part.start);
        let lower = x.checked_sub(1).map(|lower| self.state.list[lower]);
        let lower = lower.filter(|lower| {
            floor < lower.end && self.touch_alike(lower, &part) && self.may_join(&part, lower)
        });
        match lower {
            Some(lower) => {
                self.join_lower(x - 1, lower, part);
            }
            None => {
                self.reach(Branch::InsertedAlone);
                self.state.list.insert(x, part);
            }
        }
    }

    fn join_lower(&mut self, x: usize, lower: Area, part: Area) -> usize {
        self.reach(Branch::MergedLower);
        self.reach_if(lower.has(VmaFlags::GD), Branch::MergedStacks);
        let anon = lower.anon.or(part.anon);
        // L48
        let flags = lower.flags | part.flags & VmaFlags::GU;
        self.state.list[x] = Area { end: part.end, flags, anon, ..lower };
        x
    }

    /// L42 but for what has been written: does one go on where the other ends?
    fn touch_alike(&mut self, lower: &Area, upper: &Area) -> bool {
        if lower.end != upper.start {
            return false;
        }
        // L48
        if (lower.flags ^ upper.flags).intersects(!VmaFlags::GU) {
            return false;
        }
        // L72, L87
        if lower.object != upper.object || lower.is_special() {
            self.reach(Branch::ObjectsApart);
            return false;
        }
        let goes_on = lower.pgoff_at(lower.end) == upper.pgoff;
        self.reach_if(!goes_on, Branch::OffsetsApart);
        goes_on
    }

    /// L42, L45: does what has been written of a range let it merge into a neighbour?
    fn may_join(&mut self, part: &Area, neighbour: &Area) -> bool {
        let joins = match (part.anon, neighbour.anon) {
            (Some(_), None) => self.config.rules.contains(Rules::MERGE_INTO_CLEAN),
            _ => alike(part.anon, neighbour.anon),
        };
        self.reach_if(!joins, Branch::AnonsApart);
        joins
    }
}

/// Is one of them none, or are both the same?
fn alike(left: Option<Anon>, right: Option<Anon>) -> bool {
    left.is_none() || right.is_none() || left == right
}
