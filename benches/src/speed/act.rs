//! What is measured.

/// An operation in one of the ways it is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Act {
    /// Which entry holds a mapped address: each address waits for the answer before.
    LookupLatency,
    /// The same, with addresses that wait for nothing.
    LookupThroughput,
    /// The same as the first, the value read too.
    LookupValue,
    /// The same as the first, a fence after each in place of the dependence.
    LookupFenced,
    /// What is on either side of an unmapped address: each address waits for the answer before.
    NeighboursLatency,
    /// The same, with addresses that wait for nothing.
    NeighboursThroughput,
    /// Growth to a mapped address.
    GrowMapped,
    /// The same, with a fence after each.
    GrowMappedFenced,
    /// Growth down by a page; by the peers as a boundary move.
    GrowDown,
    /// Growth down by a page; by the peers as a new entry.
    GrowDownByEntry,
    /// Growth up by a page.
    GrowUp,
    /// Insertion of a page, and its removal.
    InsertRemove,
    /// The search for a gap, from a random start.
    FindSpace,
}

impl Act {
    /// Everything, in the order of the table.
    pub const ALL: [Self; 13] = [
        Self::LookupLatency,
        Self::LookupThroughput,
        Self::LookupValue,
        Self::LookupFenced,
        Self::NeighboursLatency,
        Self::NeighboursThroughput,
        Self::GrowMapped,
        Self::GrowMappedFenced,
        Self::GrowDown,
        Self::GrowDownByEntry,
        Self::GrowUp,
        Self::InsertRemove,
        Self::FindSpace,
    ];

    /// Is it in the table alone, and not among the results to be exchanged?
    #[must_use]
    pub const fn is_beside(self) -> bool {
        matches!(self, Self::LookupValue | Self::LookupFenced | Self::GrowMappedFenced)
    }

    /// The name of the operation in results.
    #[must_use]
    pub const fn op(self) -> &'static str {
        match self {
            Self::LookupLatency => "lookup_latency",
            Self::LookupThroughput => "lookup_throughput",
            Self::LookupValue => "lookup_value",
            Self::LookupFenced => "lookup_fenced",
            Self::NeighboursLatency => "neighbours_latency",
            Self::NeighboursThroughput => "neighbours_throughput",
            Self::GrowMapped => "grow_mapped",
            Self::GrowMappedFenced => "grow_mapped_fenced",
            Self::GrowDown | Self::GrowDownByEntry => "grow_down",
            Self::GrowUp => "grow_up",
            Self::InsertRemove => "insert_remove",
            Self::FindSpace => "findspace",
        }
    }

    /// What the name of a map is followed by, where it does the operation in a second way.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::GrowDownByEntry => " (entry)",
            _ => "",
        }
    }
}
