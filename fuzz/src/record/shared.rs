//! Segments of System V shared memory, which have sizes of their own.

use growstack::Prot;

use super::call::Backing;

/// How `shmat` maps segment `id`.
pub(super) fn segment(id: u64, read_only: bool, execute: bool) -> (Prot, Backing) {
    let write = if read_only { Prot::NONE } else { Prot::WRITE };
    let execute = if execute { Prot::EXECUTE } else { Prot::NONE };
    (Prot::READ | write | execute, Backing::File(format!("segment {id}")))
}
