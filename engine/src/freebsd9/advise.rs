//! `inherit` and `madvise`: attributes that no page table knows (rules 5.1 to 5.3).

use crate::attr::{Advice, Inherit};
use crate::map::{Body, Freebsd9, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Rule 5.1.
    pub(super) fn run_inherit(
        &mut self,
        start: Addr,
        end: Addr,
        inherit: Inherit,
    ) -> Result<(), Refusal> {
        if inherit == Inherit::Zero {
            return Err(Refusal::OtherRelease); // 16.9
        }
        self.edit_range(start, end, |body| body.set_inherit(inherit))
    }

    /// Rules 5.1 and 5.2.
    pub(super) fn run_advise(
        &mut self,
        start: Addr,
        end: Addr,
        advice: Advice,
    ) -> Result<(), Refusal> {
        self.edit_range(start, end, |body| body.advise(advice))
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
