//! `mmap` where it chooses the place (L36, L37), and the search bottom up.

use crate::attr::FindSpace;
use crate::change::Change;
use crate::map::{FindRequest, Linux, Mapping, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::refusal::Refusal;

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// Bottom up, as Linux does without a limit on stacks; the gap below a stack is left free, too.
    pub(super) fn run_find_space(&self, start: Addr, length: Size) -> Result<Addr, Refusal> {
        let start = start.max(self.of_map.lowest);
        let found = self.tree.first_fit(start.get(), length.get());
        found.map(Addr::new).ok_or(Refusal::NoGap { start, length })
    }

    /// With [`FindSpace::Any`] the address is a hint. The search goes down from `max_addr`.
    pub(super) fn run_find(
        &mut self,
        state: Option<&StackState<Linux>>,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        let FindRequest { start, length, space, max_addr } = request;
        let at = match space {
            FindSpace::No => start,
            FindSpace::Any => match self.at_hint(start, length) {
                Some(at) => at,
                None => self.find_highest(length, max_addr)?,
            },
        };
        self.insert_within(state, at, at.wrapping_add(length), mapping, tell)?;
        Ok(at)
    }

    /// L36: the hint, if the range is free. What lies below it is not looked at.
    fn at_hint(&self, hint: Addr, length: Size) -> Option<Addr> {
        let hint = O::PAGE.round_down(Size::new(hint.get())).get();
        if hint == 0 || length == Size::ZERO {
            return None;
        }
        let hint = hint.max(self.of_map.lowest.get());
        let end = hint.checked_add(length.get())?;
        // What fits highest below its end is there only if all of it is free.
        (self.tree.last_fit(end, length.get()) == Some(hint)).then_some(Addr::new(hint))
    }

    /// L37: the end of the highest hole that is wide enough.
    fn find_highest(&self, length: Size, max_addr: Option<Addr>) -> Result<Addr, Refusal> {
        let lowest = self.of_map.lowest;
        let to = max_addr.unwrap_or(self.max()).get();
        let found = self.tree.last_fit(to, length.get()).map(Addr::new);
        found.filter(|&found| found >= lowest).ok_or(Refusal::NoGap { start: lowest, length })
    }
}
