//! D17: fork and exit, and which process is the current one.

use std::mem;

use growstack::{Change, EntryFlags, Inherit, Prot, Refusal};

use super::super::objects::Backing;
use super::super::piece::Piece;
use super::{Branch, Oracle14};
use crate::answer::{Answer, Cause};
use crate::op::ProcessId;

impl Oracle14 {
    /// 17.1 to 17.12 with D17.1 to D17.12.
    pub(super) fn fork(&mut self, changes: &mut Vec<Change>) -> Result<ProcessId, Refusal> {
        let (mut entries, mut need) = (Vec::new(), 0);
        for x in 0..self.map.process.entries.len() {
            let guard = self.has(x, EntryFlags::GUARD);
            match self.map.process.entries[x].inherit {
                Inherit::None => self.reach(match guard {
                    true => Branch::InheritNoneGuard,
                    false => Branch::InheritNone,
                }),
                _ if guard => entries.push(self.copy_guard(x)),
                Inherit::Share => entries.push(self.map.share(x)),
                Inherit::Copy => entries.push(self.copy(x, &mut need, changes)),
                Inherit::Zero => entries.push(self.copy_zero(x, &mut need)),
            }
        }
        let child = self.map.child(entries);
        if let Err(refusal) = self.map.reserve_for_fork(need) {
            self.map.end(child);
            self.reach(Branch::ForkRefused);
            return Err(refusal);
        }
        self.map.forks += 1;
        let id = child.id;
        // D17.2.
        self.others.insert(id, self.own);
        self.map.others.push(child);
        self.reach(Branch::Forked);
        Ok(id)
    }

    /// D17.4, with what a gap keeps.
    fn copy_guard(&mut self, x: usize) -> Piece {
        let gap = self.has(x, EntryFlags::STACK_GAP);
        self.reach(if gap { Branch::ForkGap } else { Branch::ForkGuard });
        self.map.inherited(x)
    }

    /// 17.8 to 17.10 with D17.8 to D17.10.
    fn copy(&mut self, x: usize, need: &mut u128, changes: &mut Vec<Change>) -> Piece {
        let entry = &self.map.process.entries[x];
        let (wired, writable) = (entry.wired > 0, entry.prot.contains(Prot::WRITE));
        let object = entry.object;
        if wired && writable {
            self.reach(Branch::CopyWired);
            return self.map.copy_wired(x, need);
        }
        self.reach_if(wired, Branch::CopyWiredReadOnly);
        let Some(object) = object else { return self.map.copy_plain(x, need) };
        self.map.prepare_object(x, object);
        // D17.9: of an object that an operation has named, no charge goes along.
        let made = matches!(object, Backing::Made(_));
        let counts = made && self.map.counts_as_charged(x);
        self.reach(if made { Branch::CopyMade } else { Branch::CopyNamed });
        self.map.copy_prepared(x, counts, need, changes)
    }

    /// D17.10a.
    fn copy_zero(&mut self, x: usize, need: &mut u128) -> Piece {
        let mut child = self.map.inherited(x);
        (child.object, child.offset) = (None, 0);
        child.set(EntryFlags::CHARGED);
        *need += u128::from(child.len());
        self.reach(Branch::CopyZero);
        child
    }

    /// 17.18.
    pub(super) fn exit(&mut self, id: ProcessId) -> (Answer, Cause) {
        let result = self.map.exit(id);
        if result.0 == Answer::Silent {
            self.others.remove(&id);
        }
        result
    }

    /// Makes another process the current one, with what it has of its own.
    pub(super) fn use_process(&mut self, id: ProcessId) -> (Answer, Cause) {
        let before = self.map.process.id;
        let result = self.map.use_process(id);
        if let Some(own) = self.others.remove(&id) {
            self.others.insert(before, mem::replace(&mut self.own, own));
        }
        result
    }
}
