//! How long a mapped fault waits for another thread's operation on many entries.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use growstack::shared::{ParkingLot, SharedVmSpace};
use growstack::{
    Addr, Limits, Mapping, PAGE_SIZE, Prot, ProtectWhat, StackTunables, VmMap, VmSpace,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::{end, start};

/// A protection of all entries, in calls of a number of entries each.
#[derive(Clone, Copy, Debug)]
pub struct Bulk {
    /// How long all calls took together.
    pub taken: Duration,
    /// The longest wait of a fault meanwhile.
    pub longest: Duration,
}

fn shared(entries: u64) -> SharedVmSpace<ParkingLot> {
    let mut map = VmMap::new(Addr::new(PAGE_SIZE), Addr::new(start(entries + 1)));
    for entry in 0..entries {
        let (from, to) = (Addr::new(start(entry)), Addr::new(end(entry)));
        map.insert(from, to, Mapping::anonymous(Prot::RW), drop).expect("the place is free");
    }
    let space = VmSpace::new(map, Limits::UNLIMITED, StackTunables::default());
    SharedVmSpace::new(space).expect("there is memory")
}

/// Protects all entries, `each` with a call, while another thread faults on them.
///
/// # Panics
///
/// If there is no memory for the map.
#[must_use]
pub fn bulk(entries: u64, each: u64) -> Bulk {
    let (map, over) = (shared(entries), AtomicBool::new(false));
    let (map, over) = (&map, &over);
    thread::scope(|scope| {
        let faults = scope.spawn(move || {
            let mut random = SmallRng::seed_from_u64(9);
            let mut longest = Duration::ZERO;
            while !over.load(Ordering::Relaxed) {
                let addr = Addr::new(start(random.random_range(0..entries)));
                let before = Instant::now();
                let growth = map.grow(addr, drop).expect("the address is mapped");
                longest = longest.max(before.elapsed());
                assert!(growth.is_mapped(), "an entry stays mapped");
            }
            longest
        });
        let started = Instant::now();
        for first in (0..entries).step_by(usize::try_from(each).unwrap_or(usize::MAX)) {
            let last = (first + each).min(entries);
            let (from, to) = (Addr::new(start(first)), Addr::new(start(last)));
            map.protect(from, to, Prot::READ, ProtectWhat::Current, drop).expect("no refusal");
        }
        let taken = started.elapsed();
        over.store(true, Ordering::Relaxed);
        Bulk { taken, longest: faults.join().expect("no fault panics") }
    })
}
