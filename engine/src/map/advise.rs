//! `inherit` and `madvise`: attributes that no page table knows (rules 5.1 to 5.3).

use super::{Body, VmMap};
use crate::attr::{Access, Advice, Inherit};
use crate::flags::EntryFlags;
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Sets what a child gets of a range at fork: `vm_map_inherit(9)`, rule 5.1.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`], and [`Refusal::OtherRelease`] for [`Inherit::Zero`]. Nothing changed.
    pub fn inherit(&mut self, start: Addr, end: Addr, inherit: Inherit) -> Result<(), Refusal> {
        if inherit == Inherit::Zero {
            return Err(Refusal::OtherRelease); // 16.9
        }
        self.edit_range(start, end, |body| body.set_inherit(inherit))
    }

    /// Advises on the use of a range: `vm_map_madvise(9)`, rules 5.1 and 5.2.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] alone.
    pub fn advise(&mut self, start: Addr, end: Addr, advice: Advice) -> Result<(), Refusal> {
        self.edit_range(start, end, |body| match advice {
            Advice::Normal => body.access = Access::Normal,
            Advice::Sequential => body.access = Access::Sequential,
            Advice::Random => body.access = Access::Random,
            Advice::NoSync => body.flags |= EntryFlags::NOSYNC,
            Advice::AutoSync => body.flags = body.flags.difference(EntryFlags::NOSYNC),
            Advice::NoCore => body.flags |= EntryFlags::NOCOREDUMP,
            Advice::Core => body.flags = body.flags.difference(EntryFlags::NOCOREDUMP),
        })
    }

    /// Clips the range out and edits entry by entry, merging each as it is left.
    fn edit_range(
        &mut self,
        start: Addr,
        end: Addr,
        edit: impl Fn(&mut Body<O::Object>),
    ) -> Result<(), Refusal> {
        if start == end {
            return Ok(()); // 2.4
        }
        let range = self.clamp(start, end);
        self.ensure_clips(range)?;
        let mut at = self.tree.seek(range.start);
        self.front_split(&mut at, range.start)?;
        while self.tree.item(&at).is_some_and(|entry| entry.start < range.end) {
            self.back_split(&mut at, range.end)?;
            edit(self.body_mut(&at)?);
            self.simplify(&mut at)?;
            self.tree.advance(&mut at);
        }
        Ok(())
    }
}
