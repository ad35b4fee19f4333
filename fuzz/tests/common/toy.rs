//! A toy map that goes wrong on demand, to see whether that is noticed.
#![allow(dead_code)]

use growstack::{
    Access, Addr, AddrRange, Change, EntryFlags, Growth, Inherit, KernReturn, Prot, Refusal, Size,
};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary};
use growstack_fuzz::op::{Config, Op};
use growstack_fuzz::space::AddressSpace;

/// Addresses at which `grow` makes a faulty toy go wrong, provided that something is mapped.
pub(crate) mod fault {
    pub(crate) const ANSWER: u64 = 0x10_0000;
    pub(crate) const CAUSE: u64 = 0x20_0000;
    pub(crate) const CHANGES: u64 = 0x30_0000;
    pub(crate) const ENTRIES: u64 = 0x40_0000;
    pub(crate) const SUMMARY: u64 = 0x50_0000;
    pub(crate) const CHECK: u64 = 0x60_0000;
    pub(crate) const PANIC: u64 = 0x70_0000;
}

/// A map that knows insert, lookup and grow, the last of which never grows anything.
#[derive(Clone, Debug)]
pub(crate) struct Toy<const FAULTY: bool> {
    rows: Vec<Row>,
    wrong: u64,
}

/// The toy that makes no mistake.
pub(crate) type Sound = Toy<false>;
/// The toy that goes wrong on demand.
pub(crate) type Faulty = Toy<true>;

impl<const FAULTY: bool> Toy<FAULTY> {
    fn insert(&mut self, range: AddrRange, prot: Prot) {
        let row = Row {
            range,
            prot,
            max: Prot::ALL,
            inherit: Inherit::Copy,
            access: Access::Normal,
            wired: 0,
            flags: EntryFlags::NONE,
            object: None,
            offset: 0,
            // Nothing that anybody can see.
            avail: Size::new(if FAULTY { 7 } else { 0 }),
        };
        self.rows.push(row);
        self.rows.sort_by_key(|row| row.range);
    }

    fn grow(&mut self, addr: Addr, changes: &mut Vec<Change>) -> (Answer, Cause) {
        self.wrong = if FAULTY && !self.rows.is_empty() { addr.get() } else { 0 };
        let mut said = (Answer::Code(KernReturn::Success), Cause::Grew(Growth::NoStack));
        match self.wrong {
            fault::ANSWER => said.0 = Answer::Code(KernReturn::NoSpace),
            fault::CAUSE => said.1 = Cause::Refused(Refusal::OutOfNodes),
            fault::CHANGES => changes.push(Change::Wired(self.rows[0].range)),
            fault::ENTRIES => self.rows[0].prot = Prot::NONE,
            fault::PANIC => panic!("the toy broke"),
            _ => {}
        }
        said
    }
}

impl<const FAULTY: bool> AddressSpace for Toy<FAULTY> {
    fn create(_: &Config) -> Self {
        Self { rows: Vec::new(), wrong: 0 }
    }

    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        match *op {
            Op::Insert { start, end, mapping } => {
                let range = AddrRange::new(start, end).expect("toys are treated well");
                self.insert(range, mapping.prot);
                let middle = Addr::new(start.get().midpoint(end.get()));
                // The sound toy tells it in two parts, the other one in one.
                let parts = if FAULTY {
                    vec![Some(range)]
                } else {
                    vec![AddrRange::new(start, middle), AddrRange::new(middle, end)]
                };
                changes
                    .extend(parts.into_iter().flatten().map(|r| Change::Mapped(r, mapping.prot)));
                (Answer::Code(KernReturn::Success), Cause::Done)
            }
            Op::Grow { addr } => self.grow(addr, changes),
            Op::Lookup { addr } => {
                let row = self.rows.iter().find(|row| row.range.contains(addr));
                (Answer::Holds(row.map(|row| row.range)), Cause::Done)
            }
            _ => (Answer::Silent, Cause::Done),
        }
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        rows.clone_from(&self.rows);
    }

    fn summary(&self) -> Summary {
        let size = self.rows.iter().map(|row| row.range.len().get()).sum();
        let ssize = u64::from(self.wrong == fault::SUMMARY);
        Summary::new(Size::new(size), self.rows.len()).with(|summary| summary.ssize = ssize)
    }

    fn check(&self) -> Result<(), String> {
        if self.wrong == fault::CHECK { Err("the toy is cracked".into()) } else { Ok(()) }
    }
}
