//! The operations of the trace format, as one enum.

use growstack::{
    Addr, Advice, CowFlags, FindSpace, Holes, Inherit, Limits, Prot, ProtectWhat, Size,
    StackTunables, Wiring,
};

/// The identity of a backing object in traces: a positive number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ObjectId(pub core::num::NonZeroU64);

impl ObjectId {
    /// The object `id`, unless that is 0.
    #[must_use]
    pub fn new(id: u64) -> Option<Self> {
        core::num::NonZeroU64::new(id).map(Self)
    }
}

/// What a trace starts from: its header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// The map's lowest address.
    pub min: Addr,
    /// The first address past the map.
    pub max: Addr,
    /// `vm_maxsaddr`, `sgrowsiz` and the guard page.
    pub tunables: StackTunables,
    /// The limits.
    pub limits: Limits,
}

/// What an insertion maps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Mapping {
    /// The protection in force.
    pub prot: Prot,
    /// The most protection.
    pub max: Prot,
    /// The other flags.
    pub flags: CowFlags,
    /// The backing object.
    pub object: Option<ObjectId>,
    /// The offset into it.
    pub offset: u64,
}

/// A resource limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum LimitName {
    /// `RLIMIT_STACK`.
    Stack,
    /// `RLIMIT_VMEM`.
    Vmem,
    /// `RLIMIT_MEMLOCK`.
    Memlock,
    /// Swap.
    Swap,
}

/// One operation. Operands are as given: nothing says that `start` is below `end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[allow(missing_docs)] // The fields are named as in the trace format, which is their documentation.
pub enum Op {
    /// `vm_map_insert`.
    Insert { start: Addr, end: Addr, mapping: Mapping },
    /// `vm_map_stack`.
    Stack { addrbos: Addr, max_ssize: Size, prot: Prot, max: Prot, flags: CowFlags },
    /// `vm_map_growstack`.
    Grow { addr: Addr },
    /// `vm_map_findspace`.
    FindSpace { start: Addr, length: Size },
    /// `vm_map_find`. A `max_addr` of 0 is none.
    Find { start: Addr, length: Size, max_addr: Addr, space: FindSpace, mapping: Mapping },
    /// `vm_map_fixed`.
    Fixed { start: Addr, length: Size, mapping: Mapping },
    /// `vm_map_remove`.
    Remove { start: Addr, end: Addr },
    /// `vm_map_protect`.
    Protect { start: Addr, end: Addr, prot: Prot, what: ProtectWhat },
    /// `vm_map_inherit`.
    Inherit { start: Addr, end: Addr, inherit: Inherit },
    /// `vm_map_madvise`.
    Madvise { start: Addr, end: Addr, advice: Advice },
    /// `vm_map_wire`.
    Wire { start: Addr, end: Addr, wiring: Wiring, holes: Holes },
    /// `vm_map_unwire`.
    Unwire { start: Addr, end: Addr, wiring: Wiring, holes: Holes },
    /// `vm_map_check_protection`.
    Check { start: Addr, end: Addr, prot: Prot },
    /// `vm_map_lookup_entry`.
    Lookup { addr: Addr },
    /// `setrlimit`.
    Limit { name: LimitName, value: Size },
    /// `sysctl sgrowsiz`.
    SetGrowSize { value: Size },
    /// `sysctl stack_guard_page`.
    SetGuardPage { on: bool },
    /// `MAP_WIREFUTURE`.
    WireFuture { on: bool },
    /// Print the map.
    Dump,
}
