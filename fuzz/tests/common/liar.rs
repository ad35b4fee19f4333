//! Maps that are right but for one lie, to see whether it is noticed.
#![allow(dead_code)]

use growstack::{AddrRange, Change, KernReturn, Prot, Refusal, Size};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary};
use growstack_fuzz::keeps::Keeps;
use growstack_fuzz::kernel::Kernel;
use growstack_fuzz::op::{Config, Op};
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::MapFactory;
use growstack_fuzz::settings::Lacks;
use growstack_fuzz::space::AddressSpace;

/// One way to be wrong. Each function may spoil what the map below said, or how it looks.
#[derive(Clone, Copy)]
pub(crate) struct Lie {
    /// The operation that is run instead of the one asked for.
    pub(crate) ask: fn(Op) -> Op,
    pub(crate) answer: fn(&Liar, &mut (Answer, Cause), &mut Vec<Change>),
    pub(crate) rows: fn(&Liar, &mut [Row]),
    pub(crate) summary: fn(&Liar, &mut Summary),
    pub(crate) check: fn(&Liar) -> Result<(), String>,
}

/// No lie at all, to start from.
pub(crate) const HONEST: Lie = Lie {
    ask: |op| op,
    answer: |_, _, _| (),
    rows: |_, _| (),
    summary: |_, _| (),
    check: |_| Ok(()),
};

impl Lie {
    /// Maps like `M` that lie so.
    pub(crate) fn on<M: AddressSpace + 'static>(self, name: &'static str) -> MapFactory {
        let create = move |config: &Config| {
            let liar = Liar { map: Box::new(M::create(config)), op: Op::Dump, lie: self };
            Box::new(liar) as Box<dyn AddressSpace>
        };
        MapFactory { name, create: Box::leak(Box::new(create)) }
    }
}

/// A map that lies.
pub(crate) struct Liar {
    pub(crate) map: Box<dyn AddressSpace>,
    /// The last operation that it was asked for.
    pub(crate) op: Op,
    lie: Lie,
}

impl AddressSpace for Liar {
    /// An honest map: a lie makes others, by [`Lie::on`].
    fn create(config: &Config) -> Self {
        Self { map: Box::new(Oracle::create(config)), op: Op::Dump, lie: HONEST }
    }

    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        self.op = *op;
        let mut said = self.map.apply(&(self.lie.ask)(*op), changes);
        (self.lie.answer)(self, &mut said, changes);
        said
    }

    fn reports_causes(&self) -> bool {
        self.map.reports_causes()
    }

    fn kernel(&self) -> Kernel {
        self.map.kernel()
    }

    fn keeps(&self) -> Keeps {
        self.map.keeps()
    }

    fn lacks(&self) -> Lacks {
        self.map.lacks()
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        self.map.entries(rows);
        (self.lie.rows)(self, rows);
    }

    fn summary(&self) -> Summary {
        let mut summary = self.map.summary();
        (self.lie.summary)(self, &mut summary);
        summary
    }

    fn check(&self) -> Result<(), String> {
        (self.lie.check)(self)
    }
}

/// Addresses at which `grow` makes a [`FAULTY`] map go wrong, provided that something is mapped.
pub(crate) mod fault {
    pub(crate) const ANSWER: u64 = 0x10_0000;
    pub(crate) const CAUSE: u64 = 0x20_0000;
    pub(crate) const CHANGES: u64 = 0x30_0000;
    pub(crate) const ENTRIES: u64 = 0x40_0000;
    pub(crate) const SUMMARY: u64 = 0x50_0000;
    pub(crate) const CHECK: u64 = 0x60_0000;
    pub(crate) const PANIC: u64 = 0x70_0000;
}

/// Goes wrong on demand. What it says in another way all the time, nobody can see.
pub(crate) const FAULTY: Lie = Lie {
    answer: |liar, said, changes| {
        *changes = changes.iter().flat_map(in_halves).collect();
        match fault(liar) {
            fault::ANSWER => said.0 = Answer::Code(KernReturn::NoSpace),
            fault::CAUSE => said.1 = Cause::Refused(Refusal::OutOfNodes),
            fault::CHANGES => changes.push(Change::Wired(rows(liar)[0].range)),
            fault::PANIC => panic!("the map broke"),
            _ => {}
        }
    },
    rows: |liar, rows| {
        for row in rows.iter_mut().filter(|row| !row.is_stack()) {
            row.avail = Size::new(7);
        }
        if fault(liar) == fault::ENTRIES {
            rows[0].prot = Prot::NONE;
        }
    },
    summary: |liar, summary| summary.ssize += u64::from(fault(liar) == fault::SUMMARY),
    check: |liar| match fault(liar) {
        fault::CHECK => Err("the map is cracked".into()),
        _ => Ok(()),
    },
    ..HONEST
};

/// The fault that is asked for, 0 if none.
fn fault(liar: &Liar) -> u64 {
    match liar.op {
        Op::Grow { addr } if !rows(liar).is_empty() => addr.get(),
        _ => 0,
    }
}

fn rows(liar: &Liar) -> Vec<Row> {
    let mut rows = Vec::new();
    liar.map.entries(&mut rows);
    rows
}

/// Reports what was mapped in two parts.
fn in_halves(change: &Change) -> Vec<Change> {
    let Change::Mapped(range, prot) = *change else { return vec![*change] };
    let middle = range.start().wrapping_add(Size::new(range.len().get() / 2));
    let halves = [(range.start(), middle), (middle, range.end())];
    let ranges = halves.into_iter().filter_map(|(start, end)| AddrRange::new(start, end));
    ranges.map(|range| Change::Mapped(range, prot)).collect()
}
