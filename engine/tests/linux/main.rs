//! The map by the rules of Linux.
#![allow(clippy::unwrap_used)]

mod growth;
mod lists;
mod search;

use growstack::{
    Addr, EntryFlags, Fault, FaultError, Growth, Limits, Linux, Mapping, Plain, Prot, Refusal,
    Size, StackRequest, VmMap, VmSpace,
};

const PAGE: u64 = 0x1000;
const GAP: u64 = 256 * PAGE;

/// A process with nodes of a width.
type Space<const B: usize = 16> = VmSpace<Plain, Linux, B>;

fn space<const B: usize>() -> Space<B> {
    let (min, max) = (Addr::new(PAGE), Addr::new(0x100_0000));
    let map = VmMap::with_width(min, max, Plain::default());
    VmSpace::new(map, Limits::UNLIMITED, ())
}

/// A process with a stack of two pages.
fn with_stack(start: u64) -> Space {
    let mut space = space();
    stack(&mut space, start, 2);
    space
}

fn stack<const B: usize>(space: &mut Space<B>, start: u64, pages: u64) {
    space.stack(StackRequest::down(Addr::new(start), Size::pages(pages)), |_| ()).unwrap();
}

fn map<const B: usize>(space: &mut Space<B>, start: u64, pages: u64, prot: Prot) {
    put(space, start, pages, Mapping::anonymous(prot));
}

fn put<const B: usize>(space: &mut Space<B>, start: u64, pages: u64, mapping: Mapping) {
    let end = start + pages * PAGE;
    space.map_mut().insert(Addr::new(start), Addr::new(end), mapping, |_| ()).unwrap();
}

fn grow(space: &mut Space, addr: u64) -> Result<Growth, Refusal> {
    let answer = space.grow(Addr::new(addr), |_| ());
    space.map().check_index().unwrap();
    answer
}

fn fault(space: &mut Space, addr: u64, access: Prot) -> Result<Fault<impl Sized>, FaultError> {
    space.fault(Addr::new(addr), access, |_| ())
}

fn store(space: &mut Space, addr: u64) {
    fault(space, addr, Prot::WRITE).map(drop).unwrap();
}

fn anon(space: &Space, addr: u64) -> u64 {
    space.map().anon(Addr::new(addr)).map_or(0, u64::from)
}

/// The entries: start, end, protection, flags.
fn rows<const B: usize>(space: &Space<B>) -> Vec<(u64, u64, Prot, EntryFlags)> {
    let row = |entry: growstack::Entry<_>| {
        (entry.range.start().get(), entry.range.end().get(), entry.prot, entry.flags)
    };
    space.map().entries().map(row).collect()
}

/// Starts and ends alone.
fn ranges(space: &Space) -> Vec<(u64, u64)> {
    rows(space).into_iter().map(|(start, end, ..)| (start, end)).collect()
}
