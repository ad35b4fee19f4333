//! `findspace` and `find` (D7.3 to D7.8).

use crate::attr::FindSpace;
use crate::change::Change;
use crate::flags::{MapFlags, Prot};
use crate::map::{FindRequest, Freebsd14, Mapping, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::refusal::Refusal;

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// D7.3 and D7.4. Always the first fit: the real kernel sometimes misses the space above the last
    /// entry, by what was looked up before.
    pub(super) fn run_find_space(&self, start: Addr, length: Size) -> Result<Addr, Refusal> {
        let (min, max) = self.tree.bounds();
        let start = start.get().max(min);
        let fits = start < max && length.get() <= max - start;
        let found = if !fits {
            None
        } else if length == Size::ZERO {
            Some(self.tree.get(start).map_or(start, |holder| holder.end))
        } else {
            self.tree.first_fit(start, length.get())
        };
        found.map(Addr::new).ok_or(Refusal::NoGap { start: Addr::new(start), length })
    }

    /// D7.5 to D7.8.
    pub(super) fn run_find(
        &mut self,
        state: Option<&StackState<Freebsd14>>,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        let FindRequest { start, length, space, .. } = request;
        let stack = mapping.stack_state(state)?;
        if space == FindSpace::No && mapping.flags.contains(MapFlags::REMAP) {
            self.remap(stack, start, length, mapping, tell)?;
            return Ok(start);
        }
        let clustered = is_clustered(request, &mapping);
        let at = self.place_to_find(request, &mapping)?;
        match stack {
            Some(state) => self.stack_parts(state, at, length, &mapping, tell).map(|_| ())?,
            None => self.run_insert(at, at.wrapping_add(length), mapping, tell)?,
        }
        if clustered {
            self.of_map.placed(at.get());
        }
        Ok(at)
    }

    /// D7.5 and D7.6: where there is space, if it is to be searched for.
    #[inline(always)]
    pub(super) fn place_to_find(
        &self,
        request: FindRequest,
        mapping: &Mapping<O::Object>,
    ) -> Result<Addr, Refusal> {
        let FindRequest { start, length, space, max_addr } = request;
        match space {
            FindSpace::No => Ok(start),
            FindSpace::Any if is_clustered(request, mapping) => self.find_clustered(length),
            FindSpace::Any => self.find_below(start, length, max_addr),
        }
    }

    /// D7.5: the one fit, if it ends at or below `max_addr`.
    fn find_below(
        &self,
        start: Addr,
        length: Size,
        max_addr: Option<Addr>,
    ) -> Result<Addr, Refusal> {
        let found = self.run_find_space(start, length)?;
        let end = found.wrapping_add(length); // A fit does not wrap.
        match max_addr.filter(|&max_addr| max_addr != Addr::ZERO && end > max_addr) {
            Some(max_addr) => Err(Refusal::AboveMaxAddr { end, max_addr }),
            None => Ok(found),
        }
    }

    /// The search of D7.6: from the cluster address, then from 0.
    fn find_clustered(&self, length: Size) -> Result<Addr, Refusal> {
        let cluster = self.of_map.address();
        if cluster != 0
            && let Ok(found) = self.run_find_space(Addr::new(cluster), length)
        {
            return Ok(found);
        }
        self.run_find_space(Addr::ZERO, length)
    }
}

/// D7.6: is the search free to choose?
fn is_clustered<O>(request: FindRequest, mapping: &Mapping<O>) -> bool {
    let FindRequest { start, space, max_addr, .. } = request;
    let anywhere = start == Addr::ZERO && max_addr.is_none_or(|max_addr| max_addr == Addr::ZERO);
    space == FindSpace::Any
        && anywhere
        && mapping.object.is_none()
        && !mapping.flags.intersects(MapFlags::INHERIT_SHARE | MapFlags::GROWTH)
        && mapping.prot != Prot::NONE
}

impl<O> Mapping<O> {
    /// The state for a stack, if this is one (D7.8).
    pub(super) fn stack_state<'s>(
        &self,
        state: Option<&'s StackState<Freebsd14>>,
    ) -> Result<Option<&'s StackState<Freebsd14>>, Refusal> {
        if !self.flags.intersects(MapFlags::GROWTH) {
            return Ok(None);
        }
        state.map(Some).ok_or(Refusal::NoStackState)
    }
}
