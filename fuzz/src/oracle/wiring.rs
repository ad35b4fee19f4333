//! Sections 9 and 10: wire and unwire, each in two passes.

use growstack::{Addr, Change, EntryFlags, Holes, Refusal, Wiring};

use super::Oracle;
use super::branch::Branch;
use super::piece::range;

/// The entries of one operation: those from `first` on, as many as pass one has taken.
struct Taken {
    first: usize,
    wirings: Vec<Wired>,
    outcome: Result<(), Refusal>,
}

/// What pass one of wire did to an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wired {
    /// 9.2a.
    Skipped,
    /// The wire count went up from 0.
    First,
    /// The wire count went up.
    More,
    /// The user's wiring was there before.
    Already,
}

/// What the two operations note, and answer, where they do the same.
pub(super) struct Notes {
    pub(super) start_mapped: Branch,
    pub(super) start_hole: Branch,
    pub(super) start_refused: Branch,
    pub(super) hole: Branch,
    pub(super) hole_last: Branch,
    refused: fn(Addr) -> Refusal,
}

pub(super) const WIRE: Notes = Notes {
    start_mapped: Branch::WireStartMapped,
    start_hole: Branch::WireStartHole,
    start_refused: Branch::WireStartRefused,
    hole: Branch::WireHole,
    hole_last: Branch::WireHoleLast,
    refused: |at| Refusal::Hole { at },
};

pub(super) const UNWIRE: Notes = Notes {
    start_mapped: Branch::UnwireStartMapped,
    start_hole: Branch::UnwireStartHole,
    start_refused: Branch::UnwireStartRefused,
    hole: Branch::UnwireHole,
    hole_last: Branch::UnwireHoleLast,
    refused: |at| Refusal::UnwireHole { at },
};

impl Oracle {
    /// Section 9.
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
        let taken = self.wire_pass_one(first, end, wiring, holes);
        self.wire_pass_two(&taken, wiring, changes);
        taken.outcome
    }

    /// 2.4, the clamp, 15.4 and 9.1. Returns the first entry and the clamped end, or nothing if
    /// there is nothing to do.
    fn begin_wiring(
        &mut self,
        start: u64,
        end: u64,
        holes: Holes,
        notes: &Notes,
    ) -> Result<Option<(usize, u64)>, Refusal> {
        if start == end {
            self.reach(Branch::EmptyAsGiven);
            return Ok(None);
        }
        let (start, end) = self.clamp(start, end);
        let holder = self.holder(start);
        if start == end {
            let inside = holder.is_some_and(|x| self.process.entries[x].start < start);
            self.reach(match (inside, holder) {
                (true, _) => Branch::EmptyWireInside,
                (false, Some(_)) => Branch::EmptyWireStart,
                (false, None) => Branch::EmptyWireFree,
            });
            if inside {
                return Ok(None);
            }
        }
        if holder.is_some() {
            self.reach(notes.start_mapped);
        } else if holes == Holes::Allowed {
            self.reach(notes.start_hole);
        } else {
            self.reach(notes.start_refused);
            return Err(Refusal::StartUnmapped { start: Addr::new(start) });
        }
        Ok(Some((self.begin_walk(start), end)))
    }

    /// 9.2. The front split came before, as it concerns the first entry alone.
    fn wire_pass_one(&mut self, first: usize, end: u64, wiring: Wiring, holes: Holes) -> Taken {
        let mut taken = Taken { first, wirings: Vec::new(), outcome: Ok(()) };
        let mut x = first;
        while taken.outcome.is_ok() && self.in_walk(x, end) {
            self.back_split(x, end);
            self.process.entries[x].pending = true;
            if self.process.entries[x].can_be_wired() {
                taken.wirings.push(self.wire_one(x, wiring));
                taken.outcome = self.no_hole(x, end, holes, &WIRE);
            } else {
                taken.wirings.push(Wired::Skipped);
                taken.outcome = self.skip(x, holes);
            }
            x += 1;
        }
        taken
    }

    /// 9.2a.
    pub(super) fn skip(&mut self, x: usize, holes: Holes) -> Result<(), Refusal> {
        if holes == Holes::Allowed {
            self.reach(Branch::WireSkipped);
            return Ok(());
        }
        self.reach(Branch::WireNoAccess);
        Err(Refusal::NoAccess { entry: self.process.entries[x].range() })
    }

    /// 9.2b and 16.4.
    pub(super) fn wire_one(&mut self, x: usize, wiring: Wiring) -> Wired {
        let entry = &mut self.process.entries[x];
        if wiring == Wiring::User && entry.has(EntryFlags::USER_WIRED) {
            self.reach(Branch::WireAgain);
            return Wired::Already;
        }
        entry.wired += 1;
        let first = entry.wired == 1;
        self.reach_if(wiring == Wiring::System, Branch::SystemWired);
        if first {
            self.add_wired(x);
            self.reach(Branch::WireFirst);
            return Wired::First;
        }
        self.reach_if(wiring == Wiring::User, Branch::WireSecond);
        Wired::More
    }

    /// 9.2c and 10.1.
    pub(super) fn no_hole(
        &mut self,
        x: usize,
        end: u64,
        holes: Holes,
        notes: &Notes,
    ) -> Result<(), Refusal> {
        let at = self.process.entries[x].end;
        if holes == Holes::Allowed || at >= end {
            return Ok(());
        }
        match self.process.entries.get(x + 1) {
            Some(next) if next.start == at => return Ok(()),
            Some(_) => self.reach(notes.hole),
            None => self.reach(notes.hole_last),
        }
        Err((notes.refused)(Addr::new(at)))
    }

    /// 9.3.
    fn wire_pass_two(&mut self, taken: &Taken, wiring: Wiring, changes: &mut Vec<Change>) {
        let before = self.process.entries.len();
        let mut x = taken.first;
        for &wired in &taken.wirings {
            self.process.entries[x].pending = false;
            match (taken.outcome, wired) {
                (_, Wired::Skipped) => {}
                (Ok(()), _) => self.wire_keep(x, wired, wiring, changes),
                (Err(_), Wired::Already) => self.reach(Branch::WireFailedKept),
                (Err(_), Wired::First | Wired::More) => self.wire_back(x, wiring),
            }
            x = self.simplify(x) + 1;
        }
        let merged = self.process.entries.len() < before;
        self.reach_if(taken.outcome.is_err() && merged, Branch::WireMergedBack);
    }

    pub(super) fn wire_keep(
        &mut self,
        x: usize,
        wired: Wired,
        wiring: Wiring,
        changes: &mut Vec<Change>,
    ) {
        let entry = &mut self.process.entries[x];
        if wired == Wired::First {
            changes.push(Change::Wired(range(entry.start, entry.end)));
        }
        if wiring == Wiring::User {
            entry.set(EntryFlags::USER_WIRED);
            self.reach(Branch::WireDone);
        }
    }

    pub(super) fn wire_back(&mut self, x: usize, wiring: Wiring) {
        let last = self.unwire_one(x);
        self.reach(if last { Branch::WireTakenBack } else { Branch::WireTakenBackSome });
        self.reach_if(wiring == Wiring::System, Branch::SystemWireBack);
    }

    /// Takes one wiring off. Was it the last?
    fn unwire_one(&mut self, x: usize) -> bool {
        let entry = &mut self.process.entries[x];
        entry.wired -= 1;
        let last = entry.wired == 0;
        if last {
            let entry = entry.clone();
            self.take_off_wired(&entry);
        }
        last
    }

    /// Section 10.
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
        while outcome.is_ok() && self.in_walk(behind, end) {
            self.back_split(behind, end);
            self.process.entries[behind].pending = true;
            outcome = self.no_hole(behind, end, holes, &UNWIRE);
            if outcome.is_ok() && wiring == Wiring::System {
                outcome = self.system_wired(behind);
            }
            behind += 1;
        }
        let mut x = first;
        for _ in first..behind {
            self.process.entries[x].pending = false;
            if outcome.is_ok() {
                self.unwire_pass_two(x, wiring, changes);
            } else {
                self.reach_if(self.process.entries[x].wired > 0, Branch::UnwireFailedKept);
            }
            x = self.simplify(x) + 1;
        }
        outcome
    }

    /// 10.1.
    pub(super) fn system_wired(&mut self, x: usize) -> Result<(), Refusal> {
        if self.process.entries[x].system_wired() > 0 {
            return Ok(());
        }
        self.reach(Branch::UnwireNotSystem);
        Err(Refusal::NotSystemWired { entry: self.process.entries[x].range() })
    }

    /// 10.2 and 16.4.
    pub(super) fn unwire_pass_two(&mut self, x: usize, wiring: Wiring, changes: &mut Vec<Change>) {
        let by_user = self.process.entries[x].has(EntryFlags::USER_WIRED);
        match (wiring, by_user) {
            (Wiring::User, false) => {
                self.reach(Branch::UnwireNone);
                return;
            }
            (Wiring::User, true) => self.process.entries[x].clear(EntryFlags::USER_WIRED),
            (Wiring::System, _) => self.reach_if(by_user, Branch::SystemUnwired),
        }
        let last = self.unwire_one(x);
        self.reach(if last { Branch::UnwireLast } else { Branch::UnwireSome });
        if last {
            changes.push(Change::Unwired(self.process.entries[x].range()));
        }
    }
}
