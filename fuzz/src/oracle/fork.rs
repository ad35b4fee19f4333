//! Section 17: fork and exit, and which process is the current one.

use std::mem;

use growstack::{Change, EntryFlags, Inherit, Refusal, Size};

use super::Oracle;
use super::branch::Branch;
use super::objects::Backing;
use super::piece::{PAGE, Piece};
use super::process::Process;
use crate::answer::{Answer, Cause};
use crate::op::{ObjectId, ProcessId};

impl Oracle {
    /// 17.1 to 17.12.
    pub(super) fn fork(&mut self, changes: &mut Vec<Change>) -> Result<ProcessId, Refusal> {
        let (mut entries, mut need) = (Vec::new(), 0);
        for x in 0..self.process.entries.len() {
            match self.process.entries[x].inherit {
                // 17.4; and no entry has what 16.9 refuses.
                Inherit::None | Inherit::Zero => self.reach(Branch::InheritNone),
                Inherit::Share => entries.push(self.share(x)),
                Inherit::Copy => entries.push(self.copy(x, &mut need, changes)),
            }
        }
        let child = self.child(entries);
        if let Err(refusal) = self.reserve_for_fork(need) {
            self.end(child);
            self.reach_if(self.reserved > self.limits.swap.get(), Branch::ForkLeftOver);
            return Err(refusal);
        }
        self.forks += 1;
        self.reach(Branch::Forked);
        let id = child.id;
        self.others.push(child);
        Ok(id)
    }

    /// 17.2 and 17.11.
    pub(super) fn child(&mut self, entries: Vec<Piece>) -> Process {
        let stacks = entries.iter().filter(|e| e.has(EntryFlags::GROWTH));
        let ssize = stacks.map(|e| e.counted_len().div_ceil(PAGE)).sum();
        self.reach_if(ssize != 0, Branch::ChildStackPages);
        self.reach_if(self.process.wire_future, Branch::ChildWireFuture);
        Process {
            id: ProcessId(self.forks + 1),
            size: entries.iter().map(Piece::counted_len).sum(),
            entries,
            wire_future: false,
            wired: 0,
            lag: 0,
            ssize,
            ..self.process.clone()
        }
    }

    /// 17.3, with what is not charged and needs no copy.
    pub(super) fn inherited(&mut self, x: usize) -> Piece {
        let mut child = self.process.entries[x].clone();
        self.reach_if(child.wired > 0, Branch::ChildUnwired);
        child.wired = 0;
        child.clear(EntryFlags::USER_WIRED | EntryFlags::CHARGED);
        child
    }

    /// 17.5 and 17.6.
    pub(super) fn share(&mut self, x: usize) -> Piece {
        if self.process.entries[x].object.is_none() {
            self.give_object(x);
        }
        if self.process.entries[x].has(EntryFlags::NEEDS_COPY) {
            self.shadow(x);
        }
        let child = self.inherited(x);
        if let Some(object) = child.object {
            self.refer_again(object);
        }
        self.reach(Branch::Shared);
        child
    }

    /// 17.5: an object for an entry that has none, which takes its charge.
    fn give_object(&mut self, x: usize) {
        let charged = self.process.entries[x].has(EntryFlags::CHARGED);
        self.name_new_object(x, None);
        self.reach(if charged { Branch::ShareMadeCharged } else { Branch::ShareMade });
    }

    /// 17.5: an object over the one that an entry names.
    fn shadow(&mut self, x: usize) {
        let lower = self.process.entries[x].object;
        let charged = self.process.entries[x].has(EntryFlags::CHARGED);
        let upper = self.name_new_object(x, lower);
        self.process.entries[x].clear(EntryFlags::NEEDS_COPY);
        self.reach(if charged { Branch::ShareShadowCharged } else { Branch::ShareShadow });
        // The reference of the entry to the lower one is the upper one's now.
        if let Some(Backing::Made(lower)) = lower
            && self.objects.get(lower).references == 1
        {
            self.shorten(upper);
            self.reach(Branch::ShareAbsorbed);
        }
    }

    /// Has entry `x` name a new object of its length, which takes its charge.
    fn name_new_object(&mut self, x: usize, below: Option<Backing>) -> ObjectId {
        let entry = &mut self.process.entries[x];
        let charge = entry.has(EntryFlags::CHARGED).then_some(entry.len());
        entry.clear(EntryFlags::CHARGED);
        let made = self.objects.make(entry.len(), charge, below);
        entry.object = Some(Backing::Made(made));
        entry.offset = 0;
        made
    }

    /// 17.8 to 17.10. Adds to `need` what the copy asks for.
    fn copy(&mut self, x: usize, need: &mut u128, changes: &mut Vec<Change>) -> Piece {
        let entry = &self.process.entries[x];
        match (entry.wired, entry.object) {
            (0, None) => self.copy_plain(x, need),
            (0, Some(object)) => self.copy_object(x, object, need, changes),
            _ => self.copy_wired(x, need),
        }
    }

    /// 17.8.
    pub(super) fn copy_plain(&mut self, x: usize, need: &mut u128) -> Piece {
        let charged = self.process.entries[x].has(EntryFlags::CHARGED);
        let mut child = self.inherited(x);
        child.offset = 0;
        if charged {
            child.set(EntryFlags::CHARGED);
            *need += u128::from(child.len());
        }
        self.reach(if charged { Branch::CopyCharged } else { Branch::CopyUncharged });
        child
    }

    /// 17.9.
    fn copy_object(
        &mut self,
        x: usize,
        object: Backing,
        need: &mut u128,
        changes: &mut Vec<Change>,
    ) -> Piece {
        self.prepare_object(x, object);
        let counts = self.counts_as_charged(x);
        self.copy_prepared(x, counts, need, changes)
    }

    /// 17.9a.
    pub(super) fn prepare_object(&mut self, x: usize, object: Backing) {
        let Backing::Made(id) = object else { return };
        self.shorten(id);
        let object = self.objects.get(id);
        if object.one && object.references > 1 {
            self.split_off(x, id);
            self.reach(Branch::CopySplitOff);
        }
    }

    /// 17.9c to 17.9e.
    pub(super) fn copy_prepared(
        &mut self,
        x: usize,
        counts: bool,
        need: &mut u128,
        changes: &mut Vec<Change>,
    ) -> Piece {
        let entry = &mut self.process.entries[x];
        let length = u128::from(entry.len());
        let had = entry.has(EntryFlags::NEEDS_COPY);
        if counts {
            *need += length;
        }
        if counts && !had {
            entry.set(EntryFlags::CHARGED);
            *need += length;
        }
        if !had {
            changes.push(Change::CopyOnWrite(entry.range()));
        }
        entry.set(EntryFlags::COW | EntryFlags::NEEDS_COPY);
        self.reach(match (counts, had) {
            (false, false) => Branch::CopyMadeCow,
            (false, true) => Branch::CopyCow,
            (true, false) => Branch::CopyChargedThrice,
            (true, true) => Branch::CopyCowCharged,
        });
        let mut child = self.inherited(x);
        if counts {
            child.set(EntryFlags::CHARGED);
        }
        if let Some(object) = child.object {
            self.refer_again(object);
        }
        child
    }

    /// 17.9b.
    pub(super) fn counts_as_charged(&self, x: usize) -> bool {
        let entry = &self.process.entries[x];
        let by_object = !entry.has(EntryFlags::NEEDS_COPY) && self.objects.is_charged(entry.object);
        entry.has(EntryFlags::CHARGED) || by_object
    }

    /// 17.10.
    pub(super) fn copy_wired(&mut self, x: usize, need: &mut u128) -> Piece {
        let charged = self.process.entries[x].has(EntryFlags::CHARGED);
        let mut child = self.inherited(x);
        let object = self.objects.make(child.len(), Some(child.len()), None);
        child.object = Some(Backing::Made(object));
        child.offset = 0;
        *need += u128::from(child.len());
        self.reach(if charged { Branch::CopyWired } else { Branch::CopyWiredUncharged });
        child
    }

    /// 17.12, up to where the child is deleted.
    pub(super) fn reserve_for_fork(&mut self, need: u128) -> Result<(), Refusal> {
        let limit = self.limits.swap;
        let payable = u64::try_from(need).is_ok_and(|need| self.reserve(need).is_ok());
        if payable {
            return Ok(());
        }
        let reserved = Size::new(self.reserved);
        let room = u64::MAX - self.reserved;
        let forced = u64::try_from(need).map_or(room, |need| need.min(room));
        self.reserved += forced;
        self.borrowed += need - u128::from(forced);
        self.reach(Branch::ForkRefused);
        let wanted = Size::new(u64::try_from(need).unwrap_or(u64::MAX));
        Err(Refusal::ForkSwap { wanted, reserved, limit })
    }

    /// 17.18: every entry of a process is deleted, and then the references are dropped.
    pub(super) fn end(&mut self, process: Process) {
        let current = mem::replace(&mut self.process, process);
        for gone in mem::take(&mut self.process.entries) {
            self.forget(&gone);
        }
        self.drop_deleted();
        self.process = current;
    }

    /// 17.18.
    pub(super) fn exit(&mut self, id: ProcessId) -> (Answer, Cause) {
        let Some(place) = self.place_of(id) else { return NO_SUCH_PROCESS };
        let process = self.others.remove(place);
        self.end(process);
        self.reach(Branch::Exited);
        (Answer::Silent, Cause::Done)
    }

    /// Makes another process the current one.
    pub(super) fn use_process(&mut self, id: ProcessId) -> (Answer, Cause) {
        if id != self.process.id {
            let Some(place) = self.place_of(id) else { return NO_SUCH_PROCESS };
            mem::swap(&mut self.process, &mut self.others[place]);
        }
        (Answer::Silent, Cause::Done)
    }

    /// Where a process that is not the current one is.
    pub(super) fn place_of(&self, id: ProcessId) -> Option<usize> {
        self.others.iter().position(|process| process.id == id)
    }
}

const NO_SUCH_PROCESS: (Answer, Cause) = (Answer::NO_SUCH_PROCESS, Cause::NotGiven);
