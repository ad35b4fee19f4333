//! D5.1 to D5.5: madvise and inherit.

use growstack::{Advice, EntryFlags, Inherit};

use super::{Branch, Oracle14};

impl Oracle14 {
    /// 2.4 and the clamp; nothing if the range is empty as given.
    pub(super) fn begin_range(&mut self, start: u64, end: u64) -> Option<(u64, u64)> {
        if start == end {
            self.reach(Branch::EmptyAsGiven);
            return None;
        }
        let reversed = start > end;
        let (start, end) = self.map.clamp(start, end);
        self.reach_if(reversed, Branch::Reversed);
        Some((start, end))
    }

    /// D5.1.
    pub(super) fn advise(&mut self, start: u64, end: u64, advice: Advice) {
        let Some((start, end)) = self.begin_range(start, end) else { return };
        let mut x = self.begin_walk(start);
        while self.map.in_walk(x, end) {
            self.back_split(x, end);
            self.map.advise_one(x, advice);
            self.reach_if(self.has(x, EntryFlags::GUARD), Branch::GuardAdvised);
            x = self.join_below(x) + 1;
        }
        // D5.4: also where nothing was walked.
        self.join_below(x);
    }

    /// D5.2, D5.3 and D5.5.
    pub(super) fn inherit(&mut self, start: u64, end: u64, inherit: Inherit) {
        let Some((start, end)) = self.begin_range(start, end) else { return };
        let first = self.begin_walk(start);
        if let Some(last) = self.map.holder(end.wrapping_sub(1)) {
            self.back_split(last, end);
        }
        let mut x = first;
        while self.map.in_walk(x, end) {
            self.inherit_one(x, inherit);
            // D5.2: copy does not look below the range.
            let edge = x == first && inherit == Inherit::Copy;
            self.reach_if(edge, Branch::InheritCopyEdge);
            x = if edge { x } else { self.join_below(x) } + 1;
        }
        self.join_below(x);
    }

    /// D5.5.
    fn inherit_one(&mut self, x: usize, inherit: Inherit) {
        let guard = self.has(x, EntryFlags::GUARD);
        let entry = &mut self.map.process.entries[x];
        if guard && inherit == Inherit::Zero {
            self.reach(Branch::InheritZeroGuard);
            return;
        }
        entry.inherit = inherit;
        self.reach(match (inherit, guard) {
            (Inherit::Zero, _) => Branch::InheritZero,
            (_, true) => Branch::InheritGuard,
            (_, false) => Branch::InheritSet,
        });
    }
}
