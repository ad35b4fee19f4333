//! The model: a `BTreeMap` by the ends of the entries, which is asked in the plainest way there is.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Bound::{Excluded, Unbounded};

use super::edit::Edit;
use super::header::Header;
use super::subject::{Answer, Entry, Subject, about};

/// Entries, by end.
pub(super) struct Model {
    entries: BTreeMap<u64, Entry>,
    min: u64,
    max: u64,
    next_value: u64,
}

impl Model {
    pub(super) fn new(header: &Header, filling: &[Entry]) -> Self {
        let entries = filling.iter().map(|&entry| (entry.end, entry)).collect();
        let Header { min, max, entries: next_value, .. } = *header;
        Self { entries, min, max, next_value }
    }

    /// The first entry with an end above `addr`.
    pub(super) fn above(&self, addr: u64) -> Option<Entry> {
        self.entries.range((Excluded(addr), Unbounded)).next().map(|(_, &entry)| entry)
    }

    /// The last entry with an end at or below `addr`.
    fn below(&self, addr: u64) -> Option<Entry> {
        self.entries.range(..=addr).next_back().map(|(_, &entry)| entry)
    }

    /// Its end.
    pub(super) fn end_below(&self, addr: u64) -> Option<u64> {
        self.below(addr).map(|entry| entry.end)
    }

    /// The free range around an address, or else the one above the entry that holds it.
    pub(super) fn free(&self, addr: u64) -> Option<(u64, u64)> {
        let low = match self.above(addr) {
            Some(entry) if entry.start <= addr => entry.end,
            _ => self.end_below(addr).unwrap_or(self.min),
        };
        let high = self.above(low).map_or(self.max, |entry| entry.start);
        (low < high).then_some((low, high))
    }

    /// The lowest address from `addr` on with `length` free, by trying every one there may be.
    fn first_fit(&self, addr: u64, length: u64) -> Option<u64> {
        let from = addr.max(self.min);
        let ends = self.entries.range(from..).map(|(&end, _)| end);
        iter::once(from).chain(ends).find(|&fit| match self.above(fit) {
            Some(entry) => entry.start >= fit && entry.start - fit >= length,
            None => fit <= self.max && self.max - fit >= length,
        })
    }

    /// The facts about the place of an entry, or about the end.
    fn place(&self, here: Option<Entry>, answer: &mut Answer) {
        let last = || self.entries.values().next_back().copied();
        let before = here.map_or_else(last, |here| self.below(here.start));
        let after = here.and_then(|here| self.above(here.end));
        answer.entry(about::HERE, here);
        answer.addr(about::END_BELOW, before.map(|entry| entry.end));
        answer.entry(about::BELOW, before);
        answer.entry(about::ABOVE, after);
        answer.done(about::AHEAD, after.is_some());
        answer.entry(about::ENTRY_AHEAD, after);
        answer.done(about::BACK, before.is_some());
        answer.entry(about::ENTRY_BACK, before.or(here));
        if let Some(before) = before {
            answer.addr(about::END_BACK, self.end_below(before.start));
            answer.entry(about::ABOVE_BACK, here);
        }
    }

    fn insert(&mut self, start: u64, end: u64, answer: &mut Answer) {
        let entry = Entry { start, end, value: self.next_value };
        self.next_value += 1;
        self.entries.insert(end, entry);
        self.place(Some(entry), answer);
    }

    fn remove_run(&mut self, mut addr: u64, count: u8, answer: &mut Answer) {
        for _ in 0..count {
            let gone = self.above(addr);
            answer.entry(about::HERE, gone);
            answer.value(about::REMOVED, gone.map(|entry| entry.value));
            let Some(gone) = gone else { return };
            addr = gone.end;
            self.entries.remove(&addr);
            self.place(self.above(addr), answer);
        }
    }

    fn set_bounds(&mut self, addr: u64, start: Option<u64>, end: u64, answer: &mut Answer) {
        let Some(old) = self.above(addr) else { return };
        let new = Entry { start: start.unwrap_or(old.start), end, value: old.value };
        self.entries.remove(&old.end);
        self.entries.insert(end, new);
        self.place(Some(new), answer);
    }

    fn look(&self, addr: u64, length: u64, answer: &mut Answer) {
        let above = self.above(addr);
        answer.entry(about::HOLDER, above.filter(|entry| entry.start <= addr));
        answer.addr(about::NEIGHBOUR_BELOW, self.end_below(addr));
        answer.addr(about::NEIGHBOUR_START, above.map(|entry| entry.start));
        answer.addr(about::NEIGHBOUR_END, above.map(|entry| entry.end));
        self.place(above, answer);
        answer.addr(about::FIT, self.first_fit(addr, length));
    }
}

impl Subject for Model {
    fn apply(&mut self, edit: &Edit, answer: &mut Answer) {
        match *edit {
            Edit::Insert { start, end } => self.insert(start, end, answer),
            Edit::InsertTwo { first, second } => {
                [first, second].into_iter().for_each(|at| self.insert(at, at + 1, answer));
            }
            Edit::InsertShort { .. } => {}
            Edit::Remove { addr } => self.remove_run(addr, 1, answer),
            Edit::RemoveRun { addr, count } => self.remove_run(addr, count, answer),
            Edit::SetBounds { addr, start, end } => {
                self.set_bounds(addr, Some(start), end, answer);
            }
            Edit::SetEnd { addr, end } => self.set_bounds(addr, None, end, answer),
            Edit::Clear => self.entries.clear(),
            Edit::Look { addr, length } => self.look(addr, length, answer),
        }
    }

    fn len(&self) -> usize {
        self.entries.len()
    }

    fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.entries.values().copied()
    }
}
