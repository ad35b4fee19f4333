//! What is measured.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// An operation of the engine, as one benchmark.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Op {
    /// Which entry holds a mapped address: each address waits for the answer before.
    LookupLatency,
    /// The same, with addresses that wait for nothing.
    LookupThroughput,
    /// What is on either side of an unmapped address: each address waits for the answer before.
    NeighboursLatency,
    /// Growth to a mapped address.
    GrowMapped,
    /// Growth down by a page.
    GrowDown,
    /// Growth up by a page.
    GrowUp,
    /// Insertion of a page, and its removal.
    InsertRemove,
    /// The search for a gap, from a random start.
    Findspace,
    /// Protection of the middle of an entry, which splits it in three, and back, which merges them.
    Protect,
    /// The making of a stack.
    Stack,
}

impl Op {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 10] = [
        Self::LookupLatency,
        Self::LookupThroughput,
        Self::NeighboursLatency,
        Self::GrowMapped,
        Self::GrowDown,
        Self::GrowUp,
        Self::InsertRemove,
        Self::Findspace,
        Self::Protect,
        Self::Stack,
    ];

    /// Its name in reports and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LookupLatency => "lookup_latency",
            Self::LookupThroughput => "lookup_throughput",
            Self::NeighboursLatency => "neighbours_latency",
            Self::GrowMapped => "grow_mapped",
            Self::GrowDown => "grow_down",
            Self::GrowUp => "grow_up",
            Self::InsertRemove => "insert_remove",
            Self::Findspace => "findspace",
            Self::Protect => "protect",
            Self::Stack => "stack",
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_everywhere() {
        for op in Op::ALL {
            assert_eq!(Op::from_str(op.name(), false), Ok(op));
            assert_eq!(serde_json::to_value(op).expect("a name"), op.name());
        }
        assert_eq!(Op::value_variants(), Op::ALL);
    }
}
