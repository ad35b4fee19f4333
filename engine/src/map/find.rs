//! `findspace` and `find`: the first gap that fits (rules 7.4 to 7.6 and 16.5).

use super::{Mapping, VmMap};
use crate::attr::FindSpace;
use crate::change::Change;
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::refusal::Refusal;

/// Where [`find`](VmMap::find) puts a mapping.
///
/// ```
/// use growstack::{Addr, FindRequest, Mapping, Prot, Size, VmMap};
/// # fn main() -> Result<(), growstack::Refusal> {
/// let mut map = VmMap::new(Addr::new(0x1000), Addr::new(0x8000_0000_0000));
/// let request = FindRequest::any(Addr::new(0x1_0000), Size::new(0x3000));
/// let found = map.find(request, Mapping::anonymous(Prot::RW), |_| ())?;
/// assert_eq!(found, Addr::new(0x1_0000));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FindRequest {
    /// Where the mapping goes, or where the search begins. It is not aligned.
    pub start: Addr,
    /// Bytes to map.
    pub length: Size,
    /// Whether there is a search.
    pub space: FindSpace,
    /// With a search, the address that the mapping must end at or below (rule 16.5).
    pub max_addr: Option<Addr>,
}

impl FindRequest {
    /// The first fit at or above `start`.
    #[must_use]
    pub const fn any(start: Addr, length: Size) -> Self {
        Self { start, length, space: FindSpace::Any, max_addr: None }
    }
}

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
        let fits = start.checked_add(length).is_some_and(|end| end <= max);
        let found = if fits { self.tree.first_fit(start, length) } else { None };
        found
            .map(Addr::new)
            .ok_or_else(|| Refusal::NoGap { start: Addr::new(start), length: Size::new(length) })
    }

    /// Maps memory at an address, or at the first fit at or above it: `vm_map_find(9)`, rule 7.6.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoGap`] and [`Refusal::AboveMaxAddr`] of the search, and those of
    /// [`insert`](Self::insert); nothing changed.
    pub fn find(
        &mut self,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        let FindRequest { start, length, space, max_addr } = request;
        let start = match space {
            FindSpace::No => start,
            FindSpace::Any => {
                let found = self.find_space(start, length)?;
                let end = found.wrapping_add(length); // A fit does not wrap.
                if let Some(max_addr) = max_addr.filter(|&max_addr| end > max_addr) {
                    return Err(Refusal::AboveMaxAddr { end, max_addr });
                }
                found
            }
        };
        self.insert(start, start.wrapping_add(length), mapping, tell)?;
        Ok(start)
    }
}
