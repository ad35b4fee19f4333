//! The mappings of this process, as entries of a map.

use std::num::NonZeroU64;

use anyhow::Context as _;
use growstack::{Addr, AddrRange, Mapping, PAGE_SIZE, Prot, VmMap};
use procfs_core::FromRead as _;
use procfs_core::process::{MMPermissions, MemoryMap, MemoryMaps};

/// The first address past what a program can map on x86-64 with four levels of page tables.
const END: u64 = 1 << 47;

/// The mappings of this process, lowest first, from `/proc/self/maps`.
///
/// # Errors
///
/// If the file cannot be read.
pub fn mappings() -> anyhow::Result<Vec<(AddrRange, Prot)>> {
    Ok(read()?.iter().filter_map(|one| Some((range(one)?, prot(one)))).collect())
}

/// A map of everything that this process has mapped, except in a range, which stays free for the
/// engine. A file's inode stands for its object.
///
/// # Errors
///
/// If `/proc/self/maps` cannot be read or has no sense, or there is no memory.
pub fn map_without(free: AddrRange) -> anyhow::Result<VmMap> {
    let mut map = VmMap::new(Addr::new(PAGE_SIZE), Addr::new(END));
    for one in &read()? {
        let Some(range) = range(one).filter(|range| range.end().get() <= END) else { continue };
        let below = AddrRange::new(range.start(), range.end().min(free.start()));
        let above = AddrRange::new(range.start().max(free.end()), range.end());
        for part in [below, above].into_iter().flatten() {
            let offset = one.offset + part.start().wrapping_sub(range.start()).get();
            let object = NonZeroU64::new(one.inode);
            let mapping = Mapping { object, offset, ..Mapping::anonymous(prot(one)) };
            // The file is read a page at a time, and other threads map meanwhile: a line may overlap
            // one before it, and then it is the newer one.
            map.fixed(part.start(), part.len(), mapping, drop)?;
        }
    }
    Ok(map)
}

fn read() -> anyhow::Result<MemoryMaps> {
    MemoryMaps::from_file("/proc/self/maps").context("cannot read /proc/self/maps")
}

fn range(one: &MemoryMap) -> Option<AddrRange> {
    AddrRange::new(Addr::new(one.address.0), Addr::new(one.address.1))
}

fn prot(one: &MemoryMap) -> Prot {
    [
        (MMPermissions::READ, Prot::READ),
        (MMPermissions::WRITE, Prot::WRITE),
        (MMPermissions::EXECUTE, Prot::EXECUTE),
    ]
    .iter()
    .filter(|(theirs, _)| one.perms.contains(*theirs))
    .fold(Prot::NONE, |prot, (_, ours)| prot | *ours)
}
