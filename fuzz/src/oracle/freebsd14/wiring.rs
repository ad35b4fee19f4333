//! D9 and D10: wire and unwire.

use growstack::{Addr, Change, Holes, Refusal, Wiring};

use super::super::wiring::{Notes, UNWIRE, WIRE, Wired};
use super::{Branch, Oracle14};

impl Oracle14 {
    /// Section 9 with D9.1, D9.2 and D9.5.
    pub(super) fn wire(
        &mut self,
        start: u64,
        end: u64,
        wiring: Wiring,
        holes: Holes,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let Some((first, end)) = self.begin_wiring(start, end, holes, &WIRE)? else {
            return Ok(());
        };
        let (mut wirings, mut outcome) = (Vec::new(), Ok(()));
        let mut x = first;
        while outcome.is_ok() && self.map.in_walk(x, end) {
            self.back_split(x, end);
            if self.map.process.entries[x].can_be_wired() {
                wirings.push(self.map.wire_one(x, wiring));
                outcome = self.map.no_hole(x, end, holes, &WIRE);
            } else {
                wirings.push(Wired::Skipped);
                outcome = self.map.skip(x, holes);
            }
            x += 1;
        }
        let mut x = first;
        for wired in wirings {
            match (outcome, wired) {
                (_, Wired::Skipped) => {}
                (Ok(()), _) => self.map.wire_keep(x, wired, wiring, changes),
                (Err(_), Wired::Already) => self.reach(Branch::WireFailedKept),
                (Err(_), Wired::First | Wired::More) => {
                    self.map.wire_back(x, wiring);
                    self.reach(Branch::WireTakenBack);
                }
            }
            x = self.join_below(x) + 1;
        }
        self.join_below(x);
        outcome
    }

    /// 2.4, the clamp, 9.1 and D9.3. Returns the first entry and the clamped end, or nothing if
    /// there is nothing to do.
    fn begin_wiring(
        &mut self,
        start: u64,
        end: u64,
        holes: Holes,
        notes: &Notes,
    ) -> Result<Option<(usize, u64)>, Refusal> {
        let Some((start, end)) = self.begin_range(start, end) else { return Ok(None) };
        let holder = self.map.holder(start);
        let inside = holder.is_some_and(|x| self.map.process.entries[x].start < start);
        if start == end && inside {
            // DP4: as 15.4.
            self.reach(Branch::EmptyWireInside);
            return Ok(None);
        }
        if holder.is_some() {
            self.map.reach(notes.start_mapped);
        } else if holes == Holes::Allowed {
            self.map.reach(notes.start_hole);
        } else {
            self.map.reach(notes.start_refused);
            return Err(Refusal::StartUnmapped { start: Addr::new(start) });
        }
        Ok(Some((self.begin_walk(start), end)))
    }

    /// Section 10 with D9.2 and D9.4.
    pub(super) fn unwire(
        &mut self,
        start: u64,
        end: u64,
        wiring: Wiring,
        holes: Holes,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let Some((first, end)) = self.begin_wiring(start, end, holes, &UNWIRE)? else {
            return Ok(());
        };
        let mut outcome = Ok(());
        let mut behind = first;
        while outcome.is_ok() && self.map.in_walk(behind, end) {
            self.back_split(behind, end);
            outcome = self.map.no_hole(behind, end, holes, &UNWIRE);
            if outcome.is_ok() && wiring == Wiring::System {
                outcome = self.map.system_wired(behind);
            }
            behind += 1;
        }
        self.reach_if(outcome.is_err(), Branch::UnwireFailed);
        let mut x = first;
        for _ in first..behind {
            if outcome.is_ok() {
                self.map.unwire_pass_two(x, wiring, changes);
            }
            x = self.join_below(x) + 1;
        }
        self.join_below(x);
        outcome
    }
}
