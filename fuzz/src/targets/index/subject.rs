//! What edits apply to: the engine's tree, and a model of it.

use std::fmt;

use super::edit::Edit;

/// A range of addresses with a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) value: u64,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, end, value } = self;
        write!(f, "[{start:#x}, {end:#x}) with {value}")
    }
}

/// Something that a subject says after an edit, and what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fact {
    pub(super) about: &'static str,
    pub(super) says: Says,
}

/// What it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Says {
    Entry(Option<Entry>),
    Addr(Option<u64>),
    Value(Option<u64>),
    Done(bool),
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(Some(entry)) => entry.fmt(f),
            Self::Addr(Some(addr)) => write!(f, "{addr:#x}"),
            Self::Value(Some(value)) => value.fmt(f),
            Self::Entry(None) | Self::Addr(None) | Self::Value(None) => f.write_str("none"),
            Self::Done(done) => f.write_str(if *done { "done" } else { "not done" }),
        }
    }
}

/// The answer to an edit: facts, always the same ones in the same order.
#[derive(Default, Debug)]
pub(super) struct Answer(pub(super) Vec<Fact>);

impl Answer {
    pub(super) fn entry(&mut self, about: &'static str, entry: Option<Entry>) {
        self.0.push(Fact { about, says: Says::Entry(entry) });
    }

    pub(super) fn addr(&mut self, about: &'static str, addr: Option<u64>) {
        self.0.push(Fact { about, says: Says::Addr(addr) });
    }

    pub(super) fn value(&mut self, about: &'static str, value: Option<u64>) {
        self.0.push(Fact { about, says: Says::Value(value) });
    }

    pub(super) fn done(&mut self, about: &'static str, done: bool) {
        self.0.push(Fact { about, says: Says::Done(done) });
    }
}

/// Names of the facts about a place, for both subjects to use.
pub(super) mod about {
    pub(in super::super) const HERE: &str = "the entry at the cursor";
    pub(in super::super) const END_BELOW: &str = "the end below the cursor";
    pub(in super::super) const BELOW: &str = "the entry below the cursor";
    pub(in super::super) const ABOVE: &str = "the entry above the cursor";
    pub(in super::super) const AHEAD: &str = "a step ahead";
    pub(in super::super) const ENTRY_AHEAD: &str = "the entry a step ahead";
    pub(in super::super) const BACK: &str = "a step back";
    pub(in super::super) const ENTRY_BACK: &str = "the entry a step back";
    pub(in super::super) const END_BACK: &str = "the end below the entry a step back";
    pub(in super::super) const ABOVE_BACK: &str = "the entry above the one a step back";
    pub(in super::super) const REMOVED: &str = "the value removed";
    pub(in super::super) const HOLDER: &str = "the entry that holds the address";
    pub(in super::super) const NEIGHBOUR_BELOW: &str = "the end below the address";
    pub(in super::super) const NEIGHBOUR_START: &str = "the start of the entry above the address";
    pub(in super::super) const NEIGHBOUR_END: &str = "the end of the entry above the address";
    pub(in super::super) const FIT: &str = "the first fit";
}

/// A tree, or what stands for one.
pub(super) trait Subject {
    /// Runs an edit and answers it.
    fn apply(&mut self, edit: &Edit, answer: &mut Answer);

    /// The number of entries.
    fn len(&self) -> usize;

    /// All entries in order.
    fn entries(&self) -> impl Iterator<Item = Entry> + '_;

    /// Recomputes what must hold of the subject itself.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}
