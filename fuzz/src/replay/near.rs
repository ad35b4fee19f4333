//! Which part of a large map is compared after an operation.

use growstack::{Addr, AddrRange};

use crate::answer::Answer;
use crate::op::{Op, Until};

/// Maps of at most this many entries are compared as a whole after every operation.
const SMALL: usize = 512;

/// Decides how much is read, so that all of it together is linear in the operations.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Operations since the last whole look.
    since: usize,
}

impl Pace {
    /// Where to look after `op`, which was answered so by a map that now has `entries`; everywhere,
    /// if none.
    pub(super) fn place(&mut self, op: &Op, answer: Answer, entries: usize) -> Option<AddrRange> {
        self.since += 1;
        if entries <= SMALL || self.since >= entries {
            return self.whole();
        }
        reach(op, answer).or_else(|| self.whole())
    }

    /// The next look is at everything.
    pub(super) fn whole(&mut self) -> Option<AddrRange> {
        self.since = 0;
        None
    }

    /// Is there anything that was not compared as a whole yet?
    pub(super) fn owes_a_whole_look(&self) -> bool {
        self.since != 0
    }
}

/// The addresses at which `op` can have changed something; the entries next to them may have
/// merged, grown or lost their reserve. `None` if it could be anywhere.
pub(super) fn reach(op: &Op, answer: Answer) -> Option<AddrRange> {
    let (start, until) = match (*op, answer) {
        (Op::Exec { .. } | Op::Dump, _) => return None,
        // Another map, or all of this one.
        (Op::Fork | Op::Use { .. } | Op::Exit { .. }, _) => return None,
        (Op::Find { length, .. }, Answer::Found(addr)) => (addr, Some(Until::Length(length))),
        (Op::Find { start, .. } | Op::FindSpace { start, .. }, _) => (start, None),
        _ => op.extent().unwrap_or((Addr::ZERO, None)),
    };
    Some(match until {
        Some(Until::End(end)) => between(start.get(), end.get()),
        Some(Until::Length(length)) => from(start.get(), length.get()),
        None => from(start.get(), 0),
    })
}

/// The addresses from `start` on. A sum that wraps, as the operation may have it, reaches both ends.
fn from(start: u64, length: u64) -> AddrRange {
    match start.checked_add(length) {
        Some(end) => between(start, end),
        None => between(0, u64::MAX),
    }
}

/// From the lower to the upper of two addresses, and at least one.
fn between(a: u64, b: u64) -> AddrRange {
    let (low, high) = (a.min(b).min(u64::MAX - 1), a.max(b));
    let range = AddrRange::new(Addr::new(low), Addr::new(high.max(low + 1)));
    range.expect("the end was put above the start")
}

#[cfg(test)]
mod tests {
    use growstack::{Prot, Size};

    use super::*;
    use crate::op::Mapping;

    #[test]
    fn ranges_are_never_empty() {
        for (a, b) in [(0, 0), (5, 5), (7, 3), (u64::MAX, u64::MAX), (0, u64::MAX)] {
            let range = between(a, b);
            assert!(range.start().get() <= a.min(b) && range.end().get() >= a.max(b));
        }
        assert_eq!(from(u64::MAX, 2), between(0, u64::MAX));
    }

    #[test]
    fn all_looks_together_are_linear() {
        let op = Op::Lookup { addr: Addr::new(0x5000) };
        let mut pace = Pace::default();
        let mut read = 0;
        for _ in 0..100_000 {
            match pace.place(&op, Answer::Holds(None), 10_000) {
                None => read += 10_000,
                Some(_) => read += 3,
            }
        }
        assert_eq!(read, 10 * 10_000 + 3 * 99_990);
        assert!(!pace.owes_a_whole_look());
        assert_eq!(pace.place(&op, Answer::Silent, SMALL), None);
        let dump = pace.place(&Op::Dump, Answer::Silent, 10_000);
        assert_eq!(dump, None, "a dump shows everything");
        let find = |answer| {
            let size = Size::new(0x2000);
            reach(&Op::Fixed { start: Addr::new(1), length: size, mapping: MAPPING }, answer)
        };
        assert_eq!(find(Answer::Silent), Some(between(1, 0x2001)));
    }

    const MAPPING: Mapping = Mapping::anonymous(Prot::RW);
}
