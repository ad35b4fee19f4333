//! `findspace` and `find`: the first gap that fits (rules 7.4 to 7.6 and 16.5).

use super::{Mapping, VmMap};
use crate::attr::FindSpace;
use crate::change::Change;
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::refusal::Refusal;

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// The lowest address at or above `start` with `length` unmapped bytes from there on:
    /// `vm_map_findspace(9)`, rule 7.4. `start` is not aligned. O(log n), by the largest gaps
    /// that the index keeps for each subtree.
    ///
    /// A `length` of zero finds `start` itself if it is unmapped or some entry starts there
    /// (rule 7.5, quirk q21).
    ///
    /// # Errors
    ///
    /// [`Refusal::NoGap`].
    pub fn find_space(&self, start: Addr, length: Size) -> Result<Addr, Refusal> {
        let (min, max) = self.tree.bounds();
        let (start, length) = (start.get().max(min), length.get());
        let none = Refusal::NoGap { start: Addr::new(start), length: Size::new(length) };
        if start.checked_add(length).is_none_or(|end| end > max) {
            return Err(none);
        }
        self.tree.first_fit(start, length).map(Addr::new).ok_or(none)
    }

    /// Maps `length` bytes at `start`, or at the first fit at or above it: `vm_map_find(9)`,
    /// rule 7.6. With a search, `max_addr` other than 0 is an address that the new mapping must
    /// end at or below (rule 16.5).
    ///
    /// # Errors
    ///
    /// [`Refusal::NoGap`] and [`Refusal::AboveMaxAddr`] of the search, and those of
    /// [`insert`](Self::insert); nothing changed.
    pub fn find(
        &mut self,
        start: Addr,
        length: Size,
        max_addr: Addr,
        space: FindSpace,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        let start = match space {
            FindSpace::No => start,
            FindSpace::Any => {
                let found = self.find_space(start, length)?;
                let end = found.wrapping_add(length); // A fit does not wrap.
                if max_addr != Addr::ZERO && end > max_addr {
                    return Err(Refusal::AboveMaxAddr { end, max_addr });
                }
                found
            }
        };
        self.insert(start, start.wrapping_add(length), mapping, tell)?;
        Ok(start)
    }
}
