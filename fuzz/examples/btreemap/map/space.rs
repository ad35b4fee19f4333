//! What the harness needs: how to run an operation, what there is to compare.

use std::collections::BTreeMap;

use growstack::KernReturn::{self, Success};
use growstack::{Addr, AddrRange, Change, EntryFlags, FindSpace, MapFlags, Size};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary, row};
use growstack_fuzz::keeps::Keeps;
use growstack_fuzz::op::{Config, LimitName, Mapping, Op};
use growstack_fuzz::space::AddressSpace;

use super::{Entry, ListMap, Outcome};

impl AddressSpace for ListMap {
    fn create(config: &Config) -> Self {
        Self { entries: BTreeMap::new(), config: *config, ssize: 0 }
    }

    fn apply(&mut self, op: &Op, _: &mut Vec<Change>) -> (Answer, Cause) {
        (self.answer(op), Cause::NotGiven)
    }

    fn reports_causes(&self) -> bool {
        false
    }

    fn keeps(&self) -> Keeps {
        Keeps::ALL.with(|keeps| (keeps.offset, keeps.reserved) = (false, false))
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        rows.clear();
        rows.extend(self.entries.iter().map(|(&start, entry)| row_of(start, entry)));
    }

    fn summary(&self) -> Summary {
        let summary = Summary::new(Size::new(self.size()), self.entries.len());
        summary.with(|summary| summary.ssize = self.ssize)
    }

    fn check(&self) -> Result<(), String> {
        let ends = self.entries.values().map(|entry| entry.end);
        let disjoint = ends.zip(self.entries.keys().skip(1)).all(|(end, next)| end <= *next);
        if disjoint { Ok(()) } else { Err("entries overlap".into()) }
    }
}

impl ListMap {
    fn answer(&mut self, op: &Op) -> Answer {
        let code = |outcome: Outcome| Answer::Code(outcome.err().unwrap_or(Success));
        let found = |found: Result<u64, KernReturn>| match found {
            Ok(addr) => Answer::Found(Addr::new(addr)),
            Err(code) => Answer::Code(code),
        };
        match *op {
            Op::Insert { start, end, mapping } if is_plain(mapping) => {
                code(self.insert(start.get(), end.get(), mapping.prot, mapping.max, false))
            }
            Op::Find { start, length, max_addr: Addr::ZERO, space, mapping }
                if is_plain(mapping) =>
            {
                let at = match space {
                    FindSpace::No => Ok(start.get()),
                    FindSpace::Any => self.find_space(start.get(), length.get()),
                };
                found(at.and_then(|at| {
                    let end = at.wrapping_add(length.get());
                    self.insert(at, end, mapping.prot, mapping.max, false).map(|()| at)
                }))
            }
            Op::Stack { addrbos, max_ssize, prot, max, flags: MapFlags::GROWS_DOWN } => {
                code(self.stack(addrbos.get(), max_ssize.get(), prot, max))
            }
            Op::Grow { addr } => code(self.grow(addr.get())),
            Op::FindSpace { start, length } => found(self.find_space(start.get(), length.get())),
            Op::Remove { start, end } => {
                self.remove(start.get(), end.get());
                Answer::Code(Success)
            }
            // This is a map of FreeBSD 9.3.
            Op::Protect { what, .. } if what.is_of_14() => Answer::Unsupported,
            Op::Protect { start, end, prot, what } => {
                code(self.protect(start.get(), end.get(), prot, what))
            }
            Op::Check { start, end, prot } => {
                Answer::Truth(self.check_protection(start.get(), end.get(), prot))
            }
            Op::Lookup { addr } => {
                let entry = self.at(addr.get());
                Answer::Holds(entry.map(|(start, entry)| row_of(start, &entry).range))
            }
            // A limit on what this map does not have cannot be reached.
            Op::Limit { name: LimitName::Memlock, .. } | Op::Dump => Answer::Silent,
            Op::Limit { name: LimitName::Vmem | LimitName::Stack, .. }
            | Op::SetGuardPage { .. } => {
                self.config.follow(op, Answer::Silent);
                Answer::Silent
            }
            Op::SetGrowSize { value } if value != Size::ZERO && value <= LARGEST_STEP => {
                self.config.follow(op, Answer::Silent);
                Answer::Silent
            }
            _ => Answer::Unsupported,
        }
    }
}

/// A greater step of growth would need care with sums that wrap.
const LARGEST_STEP: Size = Size::new(1 << 30);

/// Anonymous memory without flags is all that can be mapped.
fn is_plain(mapping: Mapping) -> bool {
    mapping.flags.is_empty() && mapping.object.is_none()
}

/// The entry as others see it.
fn row_of(start: u64, entry: &Entry) -> Row {
    let flags = [(entry.paid, EntryFlags::CHARGED), (entry.stack, EntryFlags::GROWS_DOWN)];
    let range = AddrRange::new(Addr::new(start), Addr::new(entry.end)).expect("no entry is empty");
    Row {
        max: entry.max,
        flags: flags.iter().filter(|(set, _)| *set).fold(EntryFlags::NONE, |all, (_, f)| all | *f),
        avail: Size::new(entry.avail),
        ..row(range, entry.prot)
    }
}
