//! `findspace` and `find`: the first gap that fits (rules 7.4 to 7.6 and 16.5).

use crate::attr::FindSpace;
use crate::change::Change;
use crate::map::{FindRequest, Freebsd9, Mapping, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::refusal::Refusal;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Rules 7.4 and 7.5.
    pub(super) fn run_find_space(&self, start: Addr, length: Size) -> Result<Addr, Refusal> {
        let (min, max) = self.tree.bounds();
        let (start, length) = (start.get().max(min), length.get());
        let fits = start.checked_add(length).is_some_and(|end| end <= max);
        let found = if fits { self.tree.first_fit(start, length) } else { None };
        found
            .map(Addr::new)
            .ok_or_else(|| Refusal::NoGap { start: Addr::new(start), length: Size::new(length) })
    }

    /// Rules 7.6 and 16.5.
    pub(super) fn run_find(
        &mut self,
        _: Option<&StackState<Freebsd9>>,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        let FindRequest { start, length, space, max_addr } = request;
        let start = match space {
            FindSpace::No => start,
            FindSpace::Any => {
                let found = self.run_find_space(start, length)?;
                let end = found.wrapping_add(length); // A fit does not wrap.
                if let Some(max_addr) = max_addr.filter(|&max_addr| end > max_addr) {
                    return Err(Refusal::AboveMaxAddr { end, max_addr });
                }
                found
            }
        };
        self.run_insert(start, start.wrapping_add(length), mapping, tell)?;
        Ok(start)
    }
}
