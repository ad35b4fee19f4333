//! fork and page faults of a process that many threads use.

use std::num::NonZeroU64;

use growstack::shared::{FaultPath, ParkingLot, SharedVmSpace};
use growstack::{
    Addr, Change, FaultError, Limits, MapFlags, Mapping, Prot, Refusal, Size, StackRequest,
    StackTunables, VmMap, VmSpace,
};

const PAGE: u64 = 0x1000;

fn addr(page: u64) -> Addr {
    Addr::new(page * PAGE)
}

/// A private file mapping at page 8, and a stack below page 200.
fn shared(path: FaultPath) -> SharedVmSpace<ParkingLot> {
    let map: VmMap = VmMap::new(addr(1), addr(1000));
    let tunables =
        StackTunables { sgrowsiz: NonZeroU64::new(0x2000).unwrap(), ..StackTunables::default() };
    let mut space = VmSpace::new(map, Limits::default(), tunables);
    let object = NonZeroU64::new(7);
    let file = Mapping { flags: MapFlags::COW, object, ..Mapping::anonymous(Prot::RW) };
    space.map_mut().insert(addr(8), addr(12), file, |_| ()).unwrap();
    let down = MapFlags::GROWS_DOWN;
    space.stack(StackRequest::new(addr(100), Size::pages(100), down), |_| ()).unwrap();
    SharedVmSpace::with_path(space, path).unwrap()
}

const PATHS: [FaultPath; 3] = [FaultPath::Letter, FaultPath::Locked, FaultPath::Optimistic];

#[test]
fn a_fault_is_served_from_the_entry_that_holds_it() {
    for path in PATHS {
        let shared = shared(path);
        let read = shared.fault(addr(9), Prot::READ, |_| ()).unwrap();
        assert_eq!((read.page_prot(), read.grown), (Prot::READ, None));
        let write = shared.fault(addr(9), Prot::WRITE, |_| ()).unwrap();
        assert_eq!((write.page_prot(), write.entry.object), (Prot::RW, NonZeroU64::new(7)));
        let mut added = Vec::new();
        let grown = shared.fault(addr(195), Prot::WRITE, |change| added.push(change)).unwrap();
        assert_eq!(added, [Change::Mapped(grown.grown.unwrap(), Prot::RW)]);
        assert!(grown.entry.range.contains(addr(195)));
        assert_eq!(shared.protection(addr(195)), Some(Prot::RW));
        let unmapped = shared.fault(addr(5), Prot::READ, |_| ());
        assert_eq!(unmapped, Err(FaultError::Unmapped { addr: addr(5) }));
        let refused = shared.fault(addr(99), Prot::READ, |_| ());
        assert!(matches!(refused, Err(FaultError::Growth(Refusal::Avail { .. }))));
        let forbidden = shared.fault(addr(9), Prot::EXECUTE, |_| ());
        assert!(matches!(forbidden, Err(FaultError::NoPermission { .. })));
    }
}

/// Each of many threads faults its way down the stack while another unmaps what they have.
#[test]
fn faults_and_removals_at_once() {
    for path in PATHS {
        let shared = shared(path);
        std::thread::scope(|scope| {
            for first in 0..3 {
                let shared = &shared;
                scope.spawn(move || {
                    for page in (120 + first..199).rev().step_by(3) {
                        match shared.fault(addr(page), Prot::WRITE, |_| ()) {
                            Ok(fault) => assert!(fault.entry.range.contains(addr(page))),
                            Err(FaultError::Unmapped { .. } | FaultError::Growth(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                });
            }
            for page in (130..190).step_by(10) {
                shared.remove(addr(page), addr(page + 1), |_| ()).unwrap();
            }
        });
        shared.read().check_index().unwrap();
    }
}

#[test]
fn a_child_is_as_the_parent_was() {
    let parent = shared(FaultPath::default());
    let mut marked = Vec::new();
    let child = parent.fork(|change| marked.push(change)).unwrap();
    // The file was to be copied on write before.
    assert!(marked.is_empty());
    assert_eq!(child.map().to_string(), parent.read().to_string());
    let _ = parent.grow(addr(190), |_| ()).unwrap();
    assert!(!child.map().contains(addr(190)));
    assert_eq!(child.ssize(), 2);
    let again = parent.lock_process().fork(|_| ()).unwrap();
    assert_eq!(again.map().len(), child.map().len() + 1);
}
