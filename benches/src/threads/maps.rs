//! Maps that many threads fault on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::{PoisonError, RwLock};

use growstack::shared::{ParkingLot, SharedVmSpace};
use growstack::{
    Addr, Growth, Limits, MapFlags, Mapping, PAGE_SIZE, PageSize, Prot, Size, StackRequest,
    StackTunables, VmMap, VmSpace,
};

use super::{RESERVE, end, is_stack, start};

/// A map that many threads fault on.
pub trait FaultMap {
    /// One with a number of entries.
    fn new(entries: u64) -> Self;

    /// A page fault; grows a stack by a page if the address is not mapped. Was it mapped?
    fn fault(&self, addr: u64) -> bool;

    /// Takes a stack back to its first two pages, an entry each.
    fn renew(&self, entry: u64);

    /// Maps a page and unmaps it.
    fn map_and_unmap(&self, page: u64);
}

fn process(entries: u64) -> VmSpace {
    let map = VmMap::new(Addr::new(PAGE_SIZE), Addr::new(start(entries + 1)));
    let tunables = StackTunables {
        sgrowsiz: PageSize::KIB_4.bytes(),
        maxsaddr: Addr::MAX,
        ..StackTunables::default()
    };
    let mut process = VmSpace::new(map, Limits::UNLIMITED, tunables);
    for entry in 0..entries {
        let (from, to) = (Addr::new(start(entry)), Addr::new(end(entry)));
        if is_stack(entry) {
            let step = NonZeroU64::new(to.wrapping_sub(from).get());
            process.set_sgrowsiz(step.expect("entries are not empty"));
            let (bottom, whole) = reserve(entry);
            process.stack(StackRequest::down(bottom, whole), |_| ()).expect("the place is free");
        } else {
            let mapping = Mapping::anonymous(Prot::RW);
            process.map_mut().insert(from, to, mapping, |_| ()).expect("the place is free");
        }
    }
    process.set_sgrowsiz(PageSize::KIB_4.bytes());
    process
}

/// Where the reserve of a stack begins, and its length.
fn reserve(entry: u64) -> (Addr, Size) {
    let bottom = Addr::new(start(entry)).wrapping_back(Size::pages(RESERVE));
    (bottom, Addr::new(end(entry)).wrapping_sub(bottom))
}

fn whole(entry: u64) -> Size {
    reserve(entry).1
}

/// The engine, shared.
#[derive(Debug)]
pub struct Shared(SharedVmSpace<ParkingLot>);

impl FaultMap for Shared {
    fn new(entries: u64) -> Self {
        Self(SharedVmSpace::new(process(entries)).expect("there is memory"))
    }

    #[inline]
    fn fault(&self, addr: u64) -> bool {
        let growth = self.0.grow(Addr::new(addr), |_| ());
        growth.expect("there is room") == Growth::AlreadyMapped
    }

    fn renew(&self, entry: u64) {
        let (bottom, _) = reserve(entry);
        self.0.remove(bottom, Addr::new(end(entry)), |_| ()).expect("whole entries");
        let flags = MapFlags::GROWS_DOWN;
        let stack = self.0.stack(StackRequest::new(bottom, whole(entry), flags), |_| ());
        stack.expect("the place is free");
        let _ = self.0.grow(Addr::new(start(entry)), |_| ()).expect("there is room");
    }

    fn map_and_unmap(&self, page: u64) {
        let (start, end) = (Addr::new(page), Addr::new(page + PAGE_SIZE));
        self.0.insert(start, end, Mapping::anonymous(Prot::RX), |_| ()).expect("free");
        self.0.remove(start, end, |_| ()).expect("a whole entry");
    }
}

/// The engine for one thread, without any lock.
#[derive(Debug)]
pub struct Bare(RefCell<VmSpace>);

impl FaultMap for Bare {
    fn new(entries: u64) -> Self {
        Self(RefCell::new(process(entries)))
    }

    #[inline]
    fn fault(&self, addr: u64) -> bool {
        let growth = self.0.borrow_mut().grow(Addr::new(addr), |_| ());
        growth.expect("there is room") == Growth::AlreadyMapped
    }

    fn renew(&self, entry: u64) {
        renew(&mut self.0.borrow_mut(), entry);
    }

    fn map_and_unmap(&self, page: u64) {
        map_and_unmap(self.0.borrow_mut().map_mut(), page);
    }
}

fn renew(process: &mut VmSpace, entry: u64) {
    let (bottom, whole) = reserve(entry);
    process.map_mut().remove(bottom, Addr::new(end(entry)), |_| ()).expect("whole entries");
    process.stack(StackRequest::down(bottom, whole), |_| ()).expect("the place is free");
    let _ = process.grow(Addr::new(start(entry)), |_| ()).expect("there is room");
}

fn map_and_unmap(map: &mut VmMap, page: u64) {
    let (start, end) = (Addr::new(page), Addr::new(page + PAGE_SIZE));
    map.insert(start, end, Mapping::anonymous(Prot::RX), |_| ()).expect("free");
    map.remove(start, end, |_| ()).expect("a whole entry");
}

/// A `BTreeMap` from ends to starts and whether it grows, behind a lock: what one writes first. It
/// has no limits, no counters and no rules but that of the nearest entry above.
#[derive(Debug)]
pub struct TreeMap(RwLock<BTreeMap<u64, (u64, bool)>>);

impl FaultMap for TreeMap {
    fn new(entries: u64) -> Self {
        let map = (0..entries).map(|entry| (end(entry), (start(entry), is_stack(entry))));
        Self(RwLock::new(map.collect()))
    }

    #[inline]
    fn fault(&self, addr: u64) -> bool {
        let mapped = {
            let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
            map.range(addr + 1..).next().is_some_and(|(_, &(start, _))| start <= addr)
        };
        if mapped {
            return true;
        }
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let below = map.range(..=addr).next_back().map_or(0, |(&end, _)| end);
        let above = map.range_mut(addr + 1..).next().map(|(_, entry)| entry);
        let piece = above.filter(|entry| entry.0 > addr && entry.1).map(|entry| {
            entry.1 = false;
            (entry.0, (addr / PAGE_SIZE * PAGE_SIZE).max(below))
        });
        if let Some((end, start)) = piece {
            map.insert(end, (start, true));
        }
        false
    }

    fn renew(&self, entry: u64) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let bottom = reserve(entry).0.get();
        let gone: Vec<u64> = map.range(bottom + 1..=end(entry)).map(|(&end, _)| end).collect();
        gone.iter().for_each(|end| {
            map.remove(end);
        });
        map.insert(end(entry), (start(entry), true));
    }

    fn map_and_unmap(&self, page: u64) {
        let map = || self.0.write().unwrap_or_else(PoisonError::into_inner);
        map().insert(page + PAGE_SIZE, (page, false));
        map().remove(&(page + PAGE_SIZE));
    }
}
