//! What is measured: the operations, under the names that every benchmark gives them.

use crate::refused::Reason;

/// An operation on a map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// Finds the entry of a mapped address; each address depends on the answer before.
    LookupLatency,
    /// The same with independent addresses.
    LookupThroughput,
    /// Finds the whole entry of a mapped address: bounds, protection, object and offset.
    LookupEntry,
    /// Looks for the entry of an unmapped address.
    LookupMiss,
    /// Finds what lies on either side of an unmapped address; each depends on the answer before.
    NeighboursLatency,
    /// The same with independent addresses.
    NeighboursThroughput,
    /// The same question at a mapped address.
    NeighboursMapped,
    /// Growth to a mapped address.
    GrowMapped,
    /// Growth to an address next to no stack.
    GrowOutside,
    /// Growth down by a page.
    GrowDown,
    /// Growth up by a page.
    GrowUp,
    /// Growth by the rules of Linux, by a page.
    GrowLinux,
    /// Growth that is refused.
    GrowRefused(Reason),
    /// The making of a stack.
    Stack,
    /// Insertion of a page, and its removal.
    InsertRemove,
    /// The search for free space from a random start.
    FindSpace,
    /// Protection of the middle of an entry, which splits it in three, and back, which merges them.
    Protect,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::LookupLatency,
        Self::LookupThroughput,
        Self::LookupEntry,
        Self::LookupMiss,
        Self::NeighboursLatency,
        Self::NeighboursThroughput,
        Self::NeighboursMapped,
        Self::GrowMapped,
        Self::GrowOutside,
        Self::GrowDown,
        Self::GrowUp,
        Self::GrowLinux,
        Self::GrowRefused(Reason::Avail),
        Self::GrowRefused(Reason::Neighbour),
        Self::GrowRefused(Reason::GuardPage),
        Self::GrowRefused(Reason::StackLimit),
        Self::GrowRefused(Reason::Memlock),
        Self::GrowRefused(Reason::Vmem),
        Self::GrowRefused(Reason::Swap),
        Self::GrowRefused(Reason::MapEnd),
        Self::Stack,
        Self::InsertRemove,
        Self::FindSpace,
        Self::Protect,
    ];

    /// Its name in ids, tables and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LookupLatency => "lookup_latency",
            Self::LookupThroughput => "lookup_throughput",
            Self::LookupEntry => "lookup_entry",
            Self::LookupMiss => "lookup_miss",
            Self::NeighboursLatency => "neighbours_latency",
            Self::NeighboursThroughput => "neighbours_throughput",
            Self::NeighboursMapped => "neighbours_mapped",
            Self::GrowMapped => "grow_mapped",
            Self::GrowOutside => "grow_outside",
            Self::GrowDown => "grow_down",
            Self::GrowUp => "grow_up",
            Self::GrowLinux => "grow_linux",
            Self::GrowRefused(reason) => match reason {
                Reason::Avail => "grow_refused_avail",
                Reason::Neighbour => "grow_refused_neighbour",
                Reason::GuardPage => "grow_refused_guard_page",
                Reason::StackLimit => "grow_refused_stack_limit",
                Reason::Memlock => "grow_refused_memlock",
                Reason::Vmem => "grow_refused_vmem",
                Reason::Swap => "grow_refused_swap",
                Reason::MapEnd => "grow_refused_map_end",
            },
            Self::Stack => "stack",
            Self::InsertRemove => "insert_remove",
            Self::FindSpace => "findspace",
            Self::Protect => "protect",
        }
    }

    /// Is the map made for it?
    #[must_use]
    pub const fn has_map_of_its_own(self) -> bool {
        matches!(self, Self::GrowRefused(_) | Self::GrowLinux)
    }

    /// Do maps without rules have it, too?
    #[must_use]
    pub const fn has_peers(self) -> bool {
        matches!(
            self,
            Self::LookupLatency
                | Self::LookupThroughput
                | Self::LookupEntry
                | Self::NeighboursLatency
                | Self::NeighboursThroughput
                | Self::GrowDown
                | Self::GrowUp
                | Self::InsertRemove
                | Self::FindSpace
        )
    }
}
