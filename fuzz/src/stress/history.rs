//! What threads called at the same time, and what they were answered.

use std::fmt;

use growstack::{Addr, Change, Prot};

use crate::answer::{Answer, Cause, Row, Summary};
use crate::op::Op;
use crate::space::AddressSpace;

/// Something that a thread calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// An operation.
    Operation(Op),
    /// The protection at an address, asked without a lock.
    Protection(Addr),
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Of an operation: the answer, its cause, and the reported changes.
    Operation(Answer, Cause, Vec<Change>),
    /// Of a protection.
    Protection(Option<Prot>),
}

/// A call, from when to when by a clock that all threads share, and what came of it.
#[derive(Clone, Debug)]
pub struct Event {
    /// What was called.
    pub call: Call,
    /// The clock before.
    pub called: u64,
    /// The clock after.
    pub returned: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What each thread did, in its order, and what was there when all were done.
#[derive(Clone, Debug)]
pub struct History {
    /// The events of each thread.
    pub threads: Vec<Vec<Event>>,
    /// The map in the end.
    pub rows: Vec<Row>,
    /// The counters in the end.
    pub summary: Summary,
}

impl Event {
    const fn overlaps(&self, other: &Self) -> bool {
        self.called < other.returned && other.called < self.returned
    }
}

impl History {
    /// What threads did on a map that they are done with.
    pub fn ended(threads: Vec<Vec<Event>>, map: &impl AddressSpace) -> Self {
        let mut rows = Vec::new();
        map.entries(&mut rows);
        rows.iter_mut().for_each(|row: &mut Row| row.avail = row.shown_avail());
        Self { threads, rows, summary: map.summary() }
    }

    /// How many events there are.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.threads.iter().map(|events| events.len() as u64).sum()
    }

    /// How many of them were under way at the same time as one of another thread.
    #[must_use]
    pub fn overlapping(&self) -> u64 {
        let meets = |thread: usize, event: &Event| {
            let others = self.threads.iter().enumerate().filter(|&(other, _)| other != thread);
            others.flat_map(|(_, events)| events).any(|other| other.overlaps(event))
        };
        let threads = self.threads.iter().enumerate();
        let met = threads
            .flat_map(|(thread, events)| events.iter().filter(move |event| meets(thread, event)));
        met.count() as u64
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(op) => op.fmt(f),
            Self::Protection(addr) => write!(f, "protection {addr}"),
        }
    }
}
