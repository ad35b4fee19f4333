//! `brk` (L81 to L85).

use super::state::{Area, whole_pages};
use super::{Branch, Call, LinuxOracle, PAGE};
use crate::linux::config::Program;
use crate::linux::vma::VmaFlags;

impl LinuxOracle {
    /// L81: it never fails, but answers where the heap ends.
    pub(super) fn brk(&mut self, end: u64) -> Call {
        let old = self.state.brk;
        let Some(program) = self.config.program else { return Ok(old) };
        if end < program.heap.get() {
            self.reach(Branch::BrkAsked);
            return Ok(old);
        }
        let (Some(new_page), Some(old_page)) = (whole_pages(end), whole_pages(old)) else {
            return Ok(old);
        };
        if !self.may_have_data(program, end) {
            self.reach(Branch::BrkDataLimit);
            return Ok(old);
        }
        let done = if new_page == old_page {
            self.reach(Branch::BrkSame);
            true
        } else if end <= old {
            self.shrink_heap(new_page, old_page)
        } else {
            self.extend_heap(program, old_page, new_page)
        };
        if done {
            self.state.brk = end;
        }
        Ok(self.state.brk)
    }

    /// L82.
    fn may_have_data(&self, program: Program, end: u64) -> bool {
        let limit = self.state.soft.data;
        let heap = end - program.heap.get();
        limit == u64::MAX || heap.saturating_add(program.data.get()) <= limit
    }

    /// L83.
    fn shrink_heap(&mut self, new: u64, old: u64) -> bool {
        let x = self.state.first_above(new);
        if self.state.list.get(x).is_none_or(|area| old <= area.start) {
            self.reach(Branch::BrkNothing);
            return false;
        }
        self.reach(Branch::BrkShrunk);
        self.remove(new, old);
        true
    }

    /// L84, L85.
    fn extend_heap(&mut self, program: Program, start: u64, end: u64) -> bool {
        let pages = (end - start) / PAGE;
        let flags = VmaFlags::RD | VmaFlags::WR | VmaFlags::AC | self.state.def_flags;
        if !self.has_room_for_heap(start, end) {
            self.reach(Branch::BrkNoRoom);
            return false;
        }
        if !self.may_lock(pages, flags) || !self.may_expand(pages, flags) || !self.may_commit(pages)
        {
            self.reach(Branch::BrkLimit);
            return false;
        }
        self.reach(Branch::BrkExtended);
        let part = Area { start, end, flags, anon: None, pgoff: start / PAGE, object: None };
        self.insert_above(part, program.heap.get());
        if flags.contains(VmaFlags::LO) {
            self.populate_quietly(start, end - start);
        }
        true
    }

    /// L84: a page stays free above it, and the gap of a stack.
    fn has_room_for_heap(&self, start: u64, end: u64) -> bool {
        let next = self.state.list.get(self.state.first_above(start));
        end <= self.config.window.end().get()
            && next.is_none_or(|next| end.saturating_add(PAGE) <= self.start_gap(next))
    }
}
