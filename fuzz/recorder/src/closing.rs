//! The end of an address space: what the kernel's last note shows that no call did.

use growstack::{Addr, AddrRange, EntryFlags, Prot};
use growstack_fuzz::op::Op;
use growstack_fuzz::proc_maps::{Difference, Region, Shows, Stretch, differences, stretches};

use super::Style;
use super::call::{Call, Outcome};
use super::events::Made;
use super::space::Space;

/// What a call that was under way may have done: ranges, and how they are mapped after it.
type Effect = Vec<(AddrRange, Option<Prot>)>;

impl Space {
    /// Grows the stacks to what they are in `regions`. Linux reports no growth, so that it is
    /// known from the later size alone, and stands at the end of the trace.
    pub(super) fn grow_stacks(&mut self, regions: &[Region]) {
        let stacks: Vec<AddrRange> = self
            .rows()
            .filter(|row| row.flags.contains(EntryFlags::GROWS_DOWN))
            .map(|row| row.range)
            .collect();
        for stack in stacks {
            let held = regions.iter().find(|region| region.range.contains(stack.start()));
            let Some(region) = held else { continue };
            let addr = match self.style {
                Style::Growing if region.shows == Shows::Anonymous => self.touched(stack, region),
                _ => region.range.start(),
            };
            if addr < stack.start() {
                self.apply(Op::Grow { addr });
            }
        }
    }

    /// The lowest page of a thread's stack that is in memory: stacks are used from the top.
    fn touched(&self, stack: AddrRange, region: &Region) -> Addr {
        let bytes = region.resident.unwrap_or(0);
        let low = Addr::new(region.range.end().get().saturating_sub(bytes));
        let row = self.rows().find(|row| row.range == stack);
        let most = row.map_or(stack.start(), |row| stack.start().wrapping_back(row.avail));
        low.max(most)
    }

    /// Of a call that was under way when the kernel was asked: how it must have ended for the
    /// map to come closer to `regions`, if there is such an end. Calls that unmap are to be asked
    /// about first, since others may have got the addresses.
    pub(super) fn settle(&self, made: &Made, regions: &[Region]) -> Option<Outcome> {
        let kernel = stretches(regions, self.config.max);
        let map = self.stretches();
        let differing = |range: AddrRange, one: &[Stretch]| -> Vec<Difference> {
            differences(&cut(one, range), &cut(&kernel, range))
        };
        let outcome = match (&made.call, made.outcome) {
            (_, Outcome::Failed) => return None,
            // What is gone is gone by this call, whatever is there by now.
            (Call::Unmap { start, length }, _) => {
                let range =
                    AddrRange::new(Addr::new(*start), Addr::new(start.saturating_add(*length)))?;
                let gone = differing(range, &map).iter().any(|d| d.kernel.is_none());
                return gone.then_some(Outcome::Returned(0));
            }
            (Call::Map { length, prot, .. }, Outcome::Unknown) => {
                found(&map, &kernel, *length, *prot)?
            }
            (Call::Remap { old, old_length, length, .. }, Outcome::Unknown) => {
                let old =
                    AddrRange::new(Addr::new(*old), Addr::new(old.saturating_add(*old_length)))?;
                found(&map, &kernel, *length, self.rows_in(old).first()?.prot)?
            }
            (_, Outcome::Unknown) => Outcome::Returned(0),
            (_, known) => known,
        };
        let effect = self.effect(&made.call, outcome);
        let pages = |all: Vec<Difference>| all.iter().map(Difference::pages).sum::<u64>();
        let before: u64 = effect.iter().map(|(range, _)| pages(differing(*range, &map))).sum();
        let after = |(range, prot): &(AddrRange, Option<Prot>)| {
            let mapped: Vec<Stretch> = prot.iter().map(|prot| (*range, *prot)).collect();
            pages(differing(*range, &mapped))
        };
        let after: u64 = effect.iter().map(after).sum();
        (after < before).then_some(outcome)
    }

    fn effect(&self, call: &Call, outcome: Outcome) -> Effect {
        let range = |start: u64, length: u64| {
            AddrRange::new(Addr::new(start), Addr::new(start.saturating_add(length)))
        };
        let (one, other) = match (call, outcome) {
            (Call::Map { length, prot, .. }, Outcome::Returned(at)) => {
                (range(at, *length).map(|range| (range, Some(*prot))), None)
            }
            (Call::Protect { start, length, prot, .. }, _) => {
                (range(*start, *length).map(|range| (range, Some(*prot))), None)
            }
            (Call::Remap { old, old_length, length, .. }, Outcome::Returned(at)) if at != *old => {
                let old = range(*old, *old_length);
                let prot = old.and_then(|old| Some(self.rows_in(old).first()?.prot));
                let new = range(at, *length).map(|range| (range, prot));
                (old.map(|range| (range, None)), new)
            }
            _ => (None, None),
        };
        one.into_iter().chain(other).collect()
    }

    /// Where the map and the kernel differ.
    pub(super) fn differences(&self, regions: &[Region]) -> Vec<Difference> {
        differences(&self.stretches(), &stretches(regions, self.config.max))
    }
}

/// Where the kernel has `length` bytes with `prot` that the map has not. Linux gives out the highest
/// addresses that are free.
fn found(map: &[Stretch], kernel: &[Stretch], length: u64, prot: Prot) -> Option<Outcome> {
    let fits =
        |d: &Difference| d.map.is_none() && d.kernel == Some(prot) && d.range.len().get() >= length;
    let range = differences(map, kernel).into_iter().find(fits)?.range;
    Some(Outcome::Returned(range.end().get() - length))
}

/// What of the stretches is in `range`.
fn cut(stretches: &[Stretch], range: AddrRange) -> Vec<Stretch> {
    let inside = |(stretch, prot): &Stretch| {
        let start = stretch.start().max(range.start());
        Some((AddrRange::new(start, stretch.end().min(range.end()))?, *prot))
    };
    stretches.iter().filter_map(inside).collect()
}
