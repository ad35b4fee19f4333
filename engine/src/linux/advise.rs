//! `madvise` and what a child gets (L60).

use super::walk::AtHole;
use crate::attr::{Advice, Inherit};
use crate::map::{Body, Clamped, Linux, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    pub(super) fn run_advise(
        &mut self,
        start: Addr,
        end: Addr,
        advice: Advice,
    ) -> Result<(), Refusal> {
        match advice {
            Advice::NoSync | Advice::AutoSync => Err(Refusal::NotInLinux),
            _ => self.advise_range(start, end, |body| body.advise(advice)),
        }
    }

    /// `MADV_DONTFORK` is none, `MADV_WIPEONFORK` zero, and copy clears both.
    pub(super) fn run_inherit(
        &mut self,
        start: Addr,
        end: Addr,
        inherit: Inherit,
    ) -> Result<(), Refusal> {
        match inherit {
            Inherit::Share => Err(Refusal::NotInLinux),
            _ => self.advise_range(start, end, |body| body.set_inherit(inherit)),
        }
    }

    /// An edit that is advice. Where it changes nothing, nothing merges.
    fn advise_range(
        &mut self,
        start: Addr,
        end: Addr,
        edit: impl Fn(&mut Body<O::Object>),
    ) -> Result<(), Refusal> {
        let range = Clamped { start: start.get(), end: end.get() };
        if range.start >= range.end {
            return Ok(());
        }
        self.ensure_clips(range)?;
        self.walk(range, AtHole::Report, |map, at, part| {
            let old = map.entry(at)?.value;
            let mut new = old.clone();
            edit(&mut new);
            let same = new.flags == old.flags && new.access == old.access && new.same_modes(old);
            if same { Ok(()) } else { map.modify(at, part, &edit) }
        })
    }
}
